/** The server's side of a media process. */
import { fileURLToPath } from 'node:url';
import { type ChildExit, ChildHost } from '../base/child-port.ts';
import type { Logger } from '../base/log.ts';
import type { MediaEvent, MediaProcessSettings, MediaReply, MediaRequest } from './protocol.ts';

export type MediaProcessOptions = MediaProcessSettings & {
  log: Logger;
  onEvent: (event: MediaEvent) => void;
  /** Once; its publications are gone with it, what they recorded is on disk. */
  onExit: (why: ChildExit) => void;
};

/**
 * Packets live for half a second: until they are ordered and written. In V8's default young generation many outlive it and are
 * collected with the old one; with 8 MiB its helper threads cost 0.21 CPU-s per 100k packets instead of 0.45 (2, 4, 32 and 64: no gain).
 */
const NODE_OPTIONS = ['--max-semi-space-size=8'];

export class MediaProcess {
  readonly #host: ChildHost<MediaRequest, MediaReply, MediaEvent>;

  constructor({ log, onEvent, onExit, ...settings }: MediaProcessOptions) {
    this.#host = new ChildHost({
      modulePath: fileURLToPath(new URL('./worker.ts', import.meta.url)),
      args: [JSON.stringify(settings)],
      nodeOptions: NODE_OPTIONS,
      name: 'media',
      log,
      onEvent,
      onExit,
    });
  }

  get pid(): number | undefined {
    return this.#host.pid;
  }

  /** Rejects with a ChildError; with `remote.reason` 'portTaken' where the process could not have its UDP port. */
  request(request: MediaRequest): Promise<MediaReply> {
    return this.#host.request(request);
  }

  /** Ends its recordings properly; what is not written after `graceMs` is repaired later. */
  close(graceMs: number): Promise<void> {
    return this.#host.close(graceMs);
  }
}
