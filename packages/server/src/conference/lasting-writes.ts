/** Writes that must reach the store sooner or later: what they say has happened, whether or not the database is there. */
import type { Logger } from '../base/log.ts';
import type { Cancel, Timers } from '../base/timers.ts';
import { StoreError } from '../store/store-error.ts';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

const willPass = (error: unknown): boolean =>
  error instanceof StoreError && (error.reason === 'unavailable' || error.reason === 'timeout');

export class LastingWrites {
  readonly #timers: Timers;
  readonly #log: Logger;
  readonly #waiting = new Set<Cancel>();
  readonly #running = new Set<Promise<void>>();
  #closed = false;

  constructor({ timers, log }: { timers: Timers; log: Logger }) {
    this.#timers = timers;
    this.#log = log;
  }

  /**
   * Resolves when it is written, or when the database was found away: then it is tried again until it is written. Doing it twice
   * must be harmless. @throws StoreError for any other reason
   */
  async write(run: () => Promise<void>): Promise<void> {
    await this.#attempt(run, FIRST_PAUSE_MS);
  }

  /** Resolves when none is being tried. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  /** What is not written by now is not: the next start makes it up. */
  close(): void {
    this.#closed = true;
    for (const cancel of this.#waiting) cancel();
    this.#waiting.clear();
  }

  async #attempt(run: () => Promise<void>, pauseMs: number): Promise<void> {
    try {
      await run();
    } catch (error) {
      if (!willPass(error)) throw error;
      this.#log.warn({ err: error, pauseMs }, 'the end of something could not be written; tried again');
      if (!this.#closed) this.#later(run, pauseMs);
    }
  }

  #later(run: () => Promise<void>, pauseMs: number): void {
    const cancel = this.#timers.after(pauseMs, () => {
      this.#waiting.delete(cancel);
      const attempt = this.#attempt(run, Math.min(2 * pauseMs, LONGEST_PAUSE_MS)).catch((error: unknown) =>
        this.#log.error({ err: error }, 'the end of something was refused by the database'),
      );
      this.#running.add(attempt);
      void attempt.finally(() => this.#running.delete(attempt));
    });
    this.#waiting.add(cancel);
  }
}
