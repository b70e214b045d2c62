/** The two native libraries, each tried in a child. */
import { ChildError } from '../../base/child-port.ts';
import { silentLog } from '../database.ts';
import { ok, problem, type Seen } from './finding.ts';
import { askNative } from './native/host.ts';
import type { NativeReply, NativeRequest } from './native/protocol.ts';

const REINSTALL = 'run: npm ci, with scripts allowed, on Linux with glibc (x64 or arm64), macOS or Windows';

const whyNot = (error: unknown): string => {
  if (error instanceof ChildError && error.remote) return error.remote.message;
  return error instanceof Error ? error.message : String(error);
};

const ask = async (request: NativeRequest, what: string, judge: (reply: NativeReply) => Seen): Promise<Seen[]> => {
  try {
    return [judge(await askNative(request, silentLog()))];
  } catch (error) {
    return [problem(`${what}: ${whyNot(error)}`, REINSTALL)];
  }
};

export const checkCodecs = (): Promise<Seen[]> =>
  ask({ kind: 'codecs' }, 'node-av, which merges, does not work', (reply) => {
    if (reply.kind !== 'codecs' || reply.missing.length === 0)
      return ok('VP8, H264 and Opus are decoded, H264 and AAC encoded');
    return problem(`node-av cannot do: ${reply.missing.join(', ')}`, REINSTALL);
  });

export const checkWebrtc = (): Promise<Seen[]> =>
  ask({ kind: 'webrtc' }, 'node-datachannel, which receives calls, does not work', (reply) =>
    ok(`libdatachannel ${reply.kind === 'webrtc' ? reply.version : ''} works`),
  );
