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

/** A process that answers nothing for so many intervals hangs; counted, so that a machine put to sleep is no reason. */
const PING_INTERVAL_MS = 2000;
const UNANSWERED_LIMIT = 5;

export class MediaProcess {
  readonly #host: ChildHost<MediaRequest, MediaReply, MediaEvent>;
  readonly #log: Logger;
  readonly #pings: NodeJS.Timeout;
  #unanswered = 0;

  constructor({ log, onEvent, onExit, ...settings }: MediaProcessOptions) {
    this.#log = log;
    this.#pings = setInterval(() => this.#ping(), PING_INTERVAL_MS);
    this.#host = new ChildHost({
      modulePath: fileURLToPath(new URL('./worker.ts', import.meta.url)),
      args: [JSON.stringify(settings)],
      nodeOptions: NODE_OPTIONS,
      name: 'media',
      log,
      onEvent,
      onExit: (why) => {
        clearInterval(this.#pings);
        onExit(why);
      },
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
    clearInterval(this.#pings);
    return this.#host.close(graceMs);
  }

  /** One that hangs is ended as if it had died: its publications are freed, and another is started. */
  #ping(): void {
    if (this.#unanswered >= UNANSWERED_LIMIT && this.#host.pid !== undefined) {
      this.#log.error({ pid: this.#host.pid }, 'a media process does not answer: killed');
      process.kill(this.#host.pid, 'SIGKILL');
      return;
    }
    this.#unanswered += 1;
    const answered = (): void => {
      this.#unanswered = 0;
    };
    this.#host.request({ kind: 'stats' }).then(answered, answered);
  }
}
