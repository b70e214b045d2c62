/**
 * How long packets wait in the fullest queue on the way: their delay beyond the least of the last 5 to 10 s, when it was empty. And whether
 * it is full and stays so: it grows no more, so that no trend shows, and drops what does not fit. A sender that begins with far too much
 * fills it before a trend can be told.
 */

/** No queue is so long without reason, and no interactive call wants it. */
const LONG_MS = 200;
const BUCKET_MS = 5000;
/** The sender's answer needs a round trip, and the queue some time to drain. */
const REPEAT_MS = 700;
/** Lowered so often and still as long: it is the way that became longer. */
const MAX_REPEATS = 3;

export class QueueDelay {
  #bucketSinceMs: number | undefined;
  #leastMs = Number.POSITIVE_INFINITY;
  #previousLeastMs = Number.POSITIVE_INFINITY;
  #lengthMs = 0;
  #judgedMs = Number.NEGATIVE_INFINITY;
  #judgedLengthMs = 0;
  #repeats = 0;

  /** At the last packet. */
  get lengthMs(): number {
    return this.#lengthMs;
  }

  /** `delayMs` from a zero of its own; true where it is long and does not drain. */
  handleDelay(delayMs: number, nowMs: number): boolean {
    this.#learn(delayMs, nowMs);
    this.#lengthMs = delayMs - Math.min(this.#leastMs, this.#previousLeastMs);
    if (this.#lengthMs < LONG_MS) {
      this.#repeats = 0;
      return false;
    }
    return nowMs - this.#judgedMs >= REPEAT_MS && this.#judge(delayMs, nowMs);
  }

  #judge(delayMs: number, nowMs: number): boolean {
    const drains = this.#repeats > 0 && this.#lengthMs < this.#judgedLengthMs - LONG_MS / 4;
    this.#judgedMs = nowMs;
    this.#judgedLengthMs = this.#lengthMs;
    if (drains) return false;
    this.#repeats += 1;
    if (this.#repeats <= MAX_REPEATS) return true;
    this.#repeats = 0;
    this.#bucketSinceMs = nowMs;
    this.#leastMs = delayMs;
    this.#previousLeastMs = Number.POSITIVE_INFINITY;
    return false;
  }

  #learn(delayMs: number, nowMs: number): void {
    this.#bucketSinceMs ??= nowMs;
    if (nowMs - this.#bucketSinceMs >= BUCKET_MS) {
      this.#bucketSinceMs = nowMs;
      this.#previousLeastMs = this.#leastMs;
      this.#leastMs = Number.POSITIVE_INFINITY;
    }
    this.#leastMs = Math.min(this.#leastMs, delayMs);
  }
}
