/** A clock that stands until it is moved, and timers that go by it. */
import type { Cancel, Timers } from './timers.ts';

type Due = { atMs: number; run: () => void };

export class VirtualTime {
  #nowMs: number;
  readonly #due = new Set<Due>();

  constructor(nowMs = Date.now()) {
    this.#nowMs = nowMs;
  }

  readonly nowMs = (): number => this.#nowMs;

  /** How many things wait. */
  get waiting(): number {
    return this.#due.size;
  }

  /** Timers of one process: `kill` takes all of them along. */
  timers(): Timers & { kill(): void } {
    const own = new Set<Due>();
    return {
      after: (delayMs, run) => this.#after(delayMs, run, own),
      kill: () => {
        for (const due of own) this.#due.delete(due);
      },
    };
  }

  /**
   * The clock leaps, and what was due by then happens late, in the order in which it was due, as on a machine that was asleep. What one
   * sets off is over, as `settled` says, before the next has its turn.
   */
  async leap(byMs: number, settled: () => Promise<void>): Promise<void> {
    this.#nowMs += byMs;
    for (let due = this.#next(); due !== undefined; due = this.#next()) {
      this.#due.delete(due);
      due.run();
      await settled();
    }
  }

  #after(delayMs: number, run: () => void, own: Set<Due>): Cancel {
    const due = { atMs: this.#nowMs + delayMs, run };
    own.add(due);
    this.#due.add(due);
    return () => this.#due.delete(due);
  }

  #next(): Due | undefined {
    const due = [...this.#due].filter(({ atMs }) => atMs <= this.#nowMs);
    return due.sort((one, other) => one.atMs - other.atMs)[0];
  }
}
