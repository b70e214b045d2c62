/**
 * Looks for tokens that were revoked, wherever: by another node, or by the command line. What they had open must end within a second.
 * Asking takes one read of an index of the latest revocations; a notification could be lost with its connection.
 */
import type { Logger } from '../base/log.ts';
import type { Cancel, Timers } from '../base/timers.ts';

export type RevocationWatchOptions = {
  timers: Timers;
  /** Milliseconds on the monotonic clock. */
  nowMs: () => number;
  /** Ends what tokens had open that were revoked within this time. */
  end(withinMs: number): Promise<void>;
  log: Logger;
};

const INTERVAL_MS = 400;
/** A revocation that was begun so long ago may become visible only now. */
export const OVERLAP_MS = 10_000;

export class RevocationWatch {
  readonly #options: RevocationWatchOptions;
  #cancel: Cancel | undefined;
  #lookedMs: number;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: RevocationWatchOptions) {
    this.#options = options;
    this.#lookedMs = options.nowMs();
  }

  start(): void {
    this.#later();
  }

  /** Resolves when nothing is being looked up. */
  idle(): Promise<void> {
    return this.#looking;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#looking;
  }

  #later(): void {
    if (this.#stopped) return;
    this.#cancel = this.#options.timers.after(INTERVAL_MS, () => {
      this.#looking = this.#look().finally(() => this.#later());
    });
  }

  /** Where the database was away, the next look goes back as far as the last one that succeeded. */
  async #look(): Promise<void> {
    const { nowMs, end, log } = this.#options;
    const begun = nowMs();
    try {
      await end(begun - this.#lookedMs + OVERLAP_MS);
      this.#lookedMs = begun;
    } catch (error) {
      log.warn({ err: error }, 'revoked tokens could not be looked up; tried again');
    }
  }
}
