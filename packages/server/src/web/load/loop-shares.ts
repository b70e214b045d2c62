/**
 * How much of the event loop each has had. All work is one thread's: a call may be quick for who makes it, and yet a hundred of them a
 * second leave no time for others.
 */

export type Share = {
  /** Of the loop's time. */
  part: number;
  /** What may be used at once, after a pause. */
  burstMs: number;
};

export type LoopClocks = {
  /** Monotonic milliseconds. */
  nowMs: () => number;
  /** Milliseconds that the event loop was busy, since whenever. */
  busyMs: () => number;
};

/** Whose calls are being worked on, and how many. */
export type Worker = { key: string; share: Share; running: number };

/** Those heard of longest ago are forgotten first. */
const MOST_KEYS = 10_000;

export class LoopShares {
  readonly #clocks: LoopClocks;
  /** When what each has had will have become his share of the time. */
  readonly #evenAtMs = new Map<string, number>();
  readonly #over = new Set<string>();
  #lastBusyMs: number;

  constructor(clocks: LoopClocks) {
    this.#clocks = clocks;
    this.#lastBusyMs = clocks.busyMs();
  }

  /** Charges the time since the last call to those who were worked for, each by the number of his calls. */
  charge(workers: Iterable<Worker>): void {
    const busyMs = this.#clocks.busyMs();
    const spentMs = busyMs - this.#lastBusyMs;
    this.#lastBusyMs = busyMs;
    const charged = [...workers];
    const calls = charged.reduce((sum, { running }) => sum + running, 0);
    for (const worker of charged) this.#add(worker, (spentMs * worker.running) / calls);
  }

  /**
   * How long he has to wait; 0 where he is within his share. Once over it, it is until he is even: then he may use a burst again. That
   * leaves the loop to others for most of the time, where a little now and then would meet each of their calls.
   */
  waitMs({ key, share }: Pick<Worker, 'key' | 'share'>): number {
    const aheadMs = (this.#evenAtMs.get(key) ?? 0) - this.#clocks.nowMs();
    if (aheadMs > share.burstMs / share.part) this.#over.add(key);
    if (aheadMs <= 0) this.#over.delete(key);
    return this.#over.has(key) ? aheadMs : 0;
  }

  #forget(key: string): void {
    this.#evenAtMs.delete(key);
    this.#over.delete(key);
  }

  #add({ key, share }: Worker, spentMs: number): void {
    const evenAt = Math.max(this.#evenAtMs.get(key) ?? 0, this.#clocks.nowMs()) + spentMs / share.part;
    this.#evenAtMs.delete(key);
    this.#evenAtMs.set(key, evenAt);
    if (this.#evenAtMs.size <= MOST_KEYS) return;
    const [longestSilent] = this.#evenAtMs.keys();
    if (longestSilent !== undefined) this.#forget(longestSilent);
  }
}
