/** How often packets are sent again to one subscriber: whoever asks without end gets no more than a bad path needs. */

/** 5 % of 1080p, three times over, is 75. */
const RESENDS_PER_SECOND = 500;
/** Before a round trip was measured; and no packet comes back sooner than this. */
const LEAST_INTERVAL_MS = 15;
/** One that asks again within this part of a round trip cannot have got the last answer yet. */
const ROUND_TRIP_SHARE = 0.8;
const REMEMBERED = 1024;

export class ResendBudget {
  readonly #resentMs = new Float64Array(REMEMBERED).fill(Number.NEGATIVE_INFINITY);
  #left = RESENDS_PER_SECOND;
  #refilledMs = 0;

  /** Whether the packet of this number (extended) is to be sent again now; the caller then does. */
  take(out: number, roundTripMs: number | undefined, nowMs: number): boolean {
    const intervalMs = Math.max(LEAST_INTERVAL_MS, ROUND_TRIP_SHARE * (roundTripMs ?? 0));
    const slot = out & (REMEMBERED - 1);
    if (nowMs - (this.#resentMs[slot] as number) < intervalMs) return false;
    this.#refill(nowMs);
    if (this.#left < 1) return false;
    this.#left -= 1;
    this.#resentMs[slot] = nowMs;
    return true;
  }

  #refill(nowMs: number): void {
    const refilled = this.#left + ((nowMs - this.#refilledMs) / 1000) * RESENDS_PER_SECOND;
    this.#left = Math.min(RESENDS_PER_SECOND, refilled);
    this.#refilledMs = nowMs;
  }
}
