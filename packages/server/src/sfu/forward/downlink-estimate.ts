/** What one subscriber's downlink can take: the estimate that it tells (REMB), and what its losses say. */

/** Where nothing is known yet: a small picture with sound, and most of a middle one. */
const START_BITS_PER_SECOND = 1_000_000;
/** A receiver tells its estimate every second as long as packets come. */
const TOLD_LASTS_MS = 5000;
const HIGH_LOSS = 0.1;
const LOW_LOSS = 0.02;
const RISE_A_SECOND = 1.08;
const FLOOR_BITS_PER_SECOND = 50_000;

export class DownlinkEstimate {
  #told: { bitsPerSecond: number; atMs: number } | undefined;
  #lossBound = Number.POSITIVE_INFINITY;
  #lossMs = Number.NEGATIVE_INFINITY;
  #lossShare = 0;

  /** Of the last report. */
  get lossShare(): number {
    return this.#lossShare;
  }

  bitsPerSecond(nowMs: number): number {
    const told =
      this.#told !== undefined && nowMs - this.#told.atMs <= TOLD_LASTS_MS ? this.#told.bitsPerSecond : undefined;
    if (told === undefined && this.#lossMs === Number.NEGATIVE_INFINITY) return START_BITS_PER_SECOND;
    return Math.max(FLOOR_BITS_PER_SECOND, Math.min(told ?? Number.POSITIVE_INFINITY, this.#lossBound));
  }

  handleRemb(bitsPerSecond: number, nowMs: number): void {
    this.#told = { bitsPerSecond, atMs: nowMs };
  }

  /** `share`: 0…1 lost since the last report; `sentBitsPerSecond`: what went out meanwhile. */
  handleLoss(share: number, sentBitsPerSecond: number, nowMs: number): void {
    const sinceMs = Math.min(1000, nowMs - this.#lossMs);
    this.#lossMs = nowMs;
    this.#lossShare = share;
    if (share > HIGH_LOSS) this.#lossBound = Math.min(this.#lossBound, sentBitsPerSecond) * (1 - share / 2);
    else if (share < LOW_LOSS) this.#lossBound *= RISE_A_SECOND ** (sinceMs / 1000);
    this.#lossBound = Math.max(FLOOR_BITS_PER_SECOND, this.#lossBound);
  }
}
