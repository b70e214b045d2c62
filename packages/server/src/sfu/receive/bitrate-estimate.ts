/** The bit rate that a publisher is told it may send (REMB): as much as the network carries, and never over the cap. */
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import { ArrivalGroups } from './bitrate-arrival-groups.ts';
import { BitrateCap } from './bitrate-cap.ts';
import { RateControl } from './bitrate-rate-control.ts';
import { ReceivedBitrate } from './bitrate-received.ts';
import { SendClock, type SendTimes } from './bitrate-send-clock.ts';
import { Trendline } from './bitrate-trendline.ts';
import { LossWindow } from './loss-window.ts';

const HIGH_LOSS = 0.1;
const LOW_LOSS = 0.02;

/** What came in the last second or so. */
export type ReceivedInterval = {
  /** Of sound and the pictures that are recorded. */
  bitsPerSecond: number;
  /** Packets of video that were sent, and how many of them the network lost. */
  expected: number;
  lost: number;
};

export class BitrateEstimate {
  readonly #cap = new BitrateCap();
  readonly #loss = new LossWindow();
  readonly #clock: SendClock;
  readonly #groups = new ArrivalGroups();
  readonly #trendline = new Trendline();
  readonly #received = new ReceivedBitrate();
  readonly #control: RateControl;
  readonly #besides: () => number;

  /** `besidesBitsPerSecond`: what else is sent, which the cap is not for. */
  constructor(times: SendTimes, startBitsPerSecond: number, besidesBitsPerSecond: () => number = () => 0) {
    this.#besides = besidesBitsPerSecond;
    this.#clock = new SendClock(times);
    this.#control = new RateControl(Math.min(startBitsPerSecond, this.#cap.bitsPerSecond));
  }

  /** Of all streams together; never over the cap. */
  get bitsPerSecond(): number {
    return this.#control.bitsPerSecond;
  }

  /** What the picture may have, however little the network carries. */
  get capBitsPerSecond(): number {
    return this.#cap.bitsPerSecond;
  }

  /** Of all streams together. */
  get limitBitsPerSecond(): number {
    return this.#cap.bitsPerSecond + this.#besides();
  }

  /** Every packet of the connection. */
  handlePacket(packet: RtpPacket, sizeBytes: number, arrivalMs: number): void {
    this.#received.add(sizeBytes, arrivalMs);
    const sentMs = this.#clock.read(packet);
    const delta = sentMs === undefined ? undefined : this.#groups.push(sentMs, arrivalMs);
    const received = this.#received.valueAt(arrivalMs);
    if (delta === undefined || received === undefined) return;
    this.#control.handleUsage(this.#trendline.update(delta), received, arrivalMs);
    this.#control.limit(this.limitBitsPerSecond);
  }

  /** At each key frame. */
  handlePictureSize(width: number, height: number, nowMs: number): void {
    const before = this.limitBitsPerSecond;
    this.#cap.handlePictureSize(width, height, nowMs);
    // Who was held by nothing but the cap may use the new one at once.
    if (this.#control.bitsPerSecond >= before) this.#control.start(this.limitBitsPerSecond);
  }

  /** Every second. */
  update(received: ReceivedInterval, nowMs: number): void {
    const besides = this.#besides();
    this.#cap.update(received.bitsPerSecond, this.#control.bitsPerSecond - besides, nowMs);
    this.#loss.add(received);
    const lossShare = this.#loss.share;
    if (lossShare !== undefined) this.#control.holds = lossShare >= LOW_LOSS;
    if (lossShare !== undefined && lossShare > HIGH_LOSS) {
      this.#loss.clear();
      this.#control.handleLoss(lossShare, received.bitsPerSecond + besides, nowMs);
    }
    this.#control.limit(this.limitBitsPerSecond);
  }
}
