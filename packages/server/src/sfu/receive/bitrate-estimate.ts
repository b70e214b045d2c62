/**
 * The bit rate that a publisher is told it may send (REMB). It starts at the cap: Chromium takes it as the ceiling of its own estimate, and
 * needs a good 2 Mbit/s to get to 720p. Loss lowers it, as in libwebrtc's own loss-based control.
 */
import { BitrateCap } from './bitrate-cap.ts';
import { LossWindow } from './loss-window.ts';

const HIGH_LOSS = 0.1;
const LOW_LOSS = 0.02;
const RISE = 1.08;
/** Enough for sound and a small picture. */
const FLOOR_BITS_PER_SECOND = 150_000;

/** What came in the last second or so. */
export type ReceivedInterval = {
  /** Of all streams together. */
  bitsPerSecond: number;
  /** Packets of video that were sent, and how many of them the network lost. */
  expected: number;
  lost: number;
};

export class BitrateEstimate {
  readonly #cap = new BitrateCap();
  readonly #loss = new LossWindow();
  #bitsPerSecond = this.#cap.bitsPerSecond;

  /** Of all streams together; never over the cap. */
  get bitsPerSecond(): number {
    return this.#bitsPerSecond;
  }

  /** At each key frame. */
  handlePictureSize(width: number, height: number, nowMs: number): void {
    const before = this.#cap.bitsPerSecond;
    this.#cap.handlePictureSize(width, height, nowMs);
    // Who was held by nothing but the cap may use the new one at once.
    if (this.#bitsPerSecond >= before) this.#bitsPerSecond = this.#cap.bitsPerSecond;
  }

  /** Every second. */
  update(received: ReceivedInterval, nowMs: number): void {
    this.#cap.update(received.bitsPerSecond, this.#bitsPerSecond, nowMs);
    this.#loss.add(received);
    const adjusted = this.#adjusted(received.bitsPerSecond);
    this.#bitsPerSecond = Math.max(FLOOR_BITS_PER_SECOND, Math.min(this.#cap.bitsPerSecond, adjusted));
  }

  #adjusted(receivedBitsPerSecond: number): number {
    const lossShare = this.#loss.share;
    if (lossShare === undefined) return this.#bitsPerSecond;
    if (lossShare < LOW_LOSS) return this.#bitsPerSecond * RISE;
    if (lossShare <= HIGH_LOSS) return this.#bitsPerSecond;
    this.#loss.clear();
    // What was sent, at most: an allowance that nobody used would take many seconds to come down to where it bites.
    const sent = receivedBitsPerSecond / (1 - Math.min(lossShare, 0.9));
    return Math.min(this.#bitsPerSecond, sent) * (1 - lossShare / 2);
  }
}
