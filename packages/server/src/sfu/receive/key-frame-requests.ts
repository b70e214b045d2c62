/**
 * When to ask a stream's sender for a key frame on behalf of all who need one: at once, but not more often than twice a second, and less and less
 * where it does not answer. Whoever got none asks again by himself; a request that has to wait is not forgotten.
 */

const MIN_INTERVAL_MS = 500;
/** An encoder that is asked in vain is not helped by being asked more; one that wakes up is asked within so long. */
const MAX_INTERVAL_MS = 4000;
/** The recorder looks at packets so much later than they come: what it misses by then, a key frame that is younger mends. */
const RECORDER_HOLD_MS = 400;

export class KeyFrameRequests {
  #wanted = false;
  #answered = true;
  #intervalMs = MIN_INTERVAL_MS;
  #askedMs = Number.NEGATIVE_INFINITY;
  #keyFrameMs = Number.NEGATIVE_INFINITY;

  /** One that began to come before `sinceMs` is of no use. */
  request(nowMs: number, sinceMs = Number.NEGATIVE_INFINITY): void {
    if (this.#keyFrameMs <= Math.max(nowMs - RECORDER_HOLD_MS, sinceMs)) this.#wanted = true;
  }

  /** A key frame has begun to come: it serves all who asked. */
  handleKeyFrame(nowMs: number): void {
    this.#wanted = false;
    this.#answered = true;
    this.#intervalMs = MIN_INTERVAL_MS;
    this.#keyFrameMs = nowMs;
  }

  /** Whether to ask now; the caller then does. */
  due(nowMs: number): boolean {
    if (!this.#wanted || nowMs - this.#askedMs < this.#intervalMs) return false;
    this.#wanted = false;
    // The first one may have been lost on its way: only from the second on is silence an answer.
    if (!this.#answered) this.#intervalMs = Math.min(2 * this.#intervalMs, MAX_INTERVAL_MS);
    this.#answered = false;
    this.#askedMs = nowMs;
    return true;
  }
}
