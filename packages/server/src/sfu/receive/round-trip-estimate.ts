/** How long a lost packet takes to come again: the least time from a NACK to its retransmission, over the last 10 to 20 s. */

/** Before anything was measured. */
const INITIAL_MS = 100;
/** Two windows, so that the estimate rises again when the path became longer. */
const WINDOW_MS = 10_000;

export class RoundTripEstimate {
  #windowStartMs = 0;
  #leastMs = Number.POSITIVE_INFINITY;
  #previousLeastMs = Number.POSITIVE_INFINITY;

  measure(roundTripMs: number, nowMs: number): void {
    this.#turnWindow(nowMs);
    this.#leastMs = Math.min(this.#leastMs, roundTripMs);
  }

  valueMs(nowMs: number): number {
    this.#turnWindow(nowMs);
    const leastMs = Math.min(this.#leastMs, this.#previousLeastMs);
    return leastMs === Number.POSITIVE_INFINITY ? INITIAL_MS : leastMs;
  }

  #turnWindow(nowMs: number): void {
    if (nowMs - this.#windowStartMs < WINDOW_MS) return;
    const skipped = nowMs - this.#windowStartMs >= 2 * WINDOW_MS;
    this.#previousLeastMs = skipped ? Number.POSITIVE_INFINITY : this.#leastMs;
    this.#leastMs = Number.POSITIVE_INFINITY;
    this.#windowStartMs = nowMs;
  }
}
