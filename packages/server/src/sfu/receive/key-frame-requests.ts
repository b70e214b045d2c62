/** When to ask a stream's sender for a key frame: on behalf of whoever needs one, merged, never more often than twice a second. */

const MIN_INTERVAL_MS = 500;
/** Unanswered requests double their distance up to this. */
const MAX_INTERVAL_MS = 4000;

export class KeyFrameRequests {
  readonly #maxKeyFrameIntervalMs: number;
  #wanted = false;
  #askedMs = Number.NEGATIVE_INFINITY;
  #intervalMs = MIN_INTERVAL_MS;
  #lastKeyFrameMs: number | undefined;

  /** `maxKeyFrameIntervalMs`: one is asked for where none came for so long, for seeking's sake. */
  constructor(maxKeyFrameIntervalMs: number) {
    this.#maxKeyFrameIntervalMs = maxKeyFrameIntervalMs;
  }

  /** Somebody cannot go on without one. */
  request(): void {
    this.#wanted = true;
  }

  /** A key frame has begun to come: it serves all who asked. */
  handleKeyFrame(nowMs: number): void {
    this.#wanted = false;
    this.#intervalMs = MIN_INTERVAL_MS;
    this.#lastKeyFrameMs = nowMs;
  }

  /** Whether to ask now; the caller then does. */
  due(nowMs: number): boolean {
    if (!this.#wanted && !this.#isOverdue(nowMs)) return false;
    if (nowMs - this.#askedMs < this.#intervalMs) return false;
    const unanswered = this.#wanted && this.#askedMs > (this.#lastKeyFrameMs ?? Number.NEGATIVE_INFINITY);
    if (unanswered) this.#intervalMs = Math.min(MAX_INTERVAL_MS, this.#intervalMs * 2);
    this.#wanted = true;
    this.#askedMs = nowMs;
    return true;
  }

  #isOverdue(nowMs: number): boolean {
    return this.#lastKeyFrameMs !== undefined && nowMs - this.#lastKeyFrameMs >= this.#maxKeyFrameIntervalMs;
  }
}
