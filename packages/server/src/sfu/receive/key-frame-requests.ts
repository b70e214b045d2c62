/** When to ask a stream's sender for a key frame on behalf of all who need one. Those who got none ask again by themselves. */

const MIN_INTERVAL_MS = 500;
/** The recorder looks at packets so much later than they come: what it misses by then, a key frame that is younger mends. */
const RECORDER_HOLD_MS = 400;

export class KeyFrameRequests {
  #wanted = false;
  #askedMs = Number.NEGATIVE_INFINITY;
  #keyFrameMs = Number.NEGATIVE_INFINITY;

  request(nowMs: number): void {
    if (nowMs - this.#keyFrameMs >= RECORDER_HOLD_MS) this.#wanted = true;
  }

  /** A key frame has begun to come: it serves all who asked. */
  handleKeyFrame(nowMs: number): void {
    this.#wanted = false;
    this.#keyFrameMs = nowMs;
  }

  /** Whether to ask now; the caller then does. Never more often than twice a second. */
  due(nowMs: number): boolean {
    if (!this.#wanted || nowMs - this.#askedMs < MIN_INTERVAL_MS) return false;
    this.#wanted = false;
    this.#askedMs = nowMs;
    return true;
  }
}
