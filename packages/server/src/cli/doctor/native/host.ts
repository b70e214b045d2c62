import { fileURLToPath } from 'node:url';
import { ChildHost } from '../../../base/child-port.ts';
import type { Logger } from '../../../base/log.ts';
import type { NativeReply, NativeRequest } from './protocol.ts';

const WORKER_PATH = fileURLToPath(new URL('./worker.ts', import.meta.url));
const CLOSE_GRACE_MS = 5_000;

/** Asks a child made for this one question. Throws a ChildError: 'failed' where the library does not load, 'crashed' where it ends the child. */
export const askNative = async (request: NativeRequest, log: Logger): Promise<NativeReply> => {
  const child = new ChildHost<NativeRequest, NativeReply, never>({
    modulePath: WORKER_PATH,
    name: `the check of ${request.kind}`,
    log,
    onEvent: () => {},
    onExit: () => {},
  });
  try {
    return await child.request(request);
  } finally {
    await child.close(CLOSE_GRACE_MS);
  }
};
