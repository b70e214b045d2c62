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

export class MediaProcess {
  readonly #host: ChildHost<MediaRequest, MediaReply, MediaEvent>;

  constructor({ log, onEvent, onExit, ...settings }: MediaProcessOptions) {
    this.#host = new ChildHost({
      modulePath: fileURLToPath(new URL('./worker.ts', import.meta.url)),
      args: [JSON.stringify(settings)],
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
