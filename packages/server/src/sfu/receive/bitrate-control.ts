/**
 * How one sender's bit rate is kept within what the network carries and what its picture may have. Either we estimate the network, and
 * tell the sender the result; or it does, from our transport-wide feedback. Whether it keeps to its cap is seen in any case.
 */
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import type { ChosenVideo } from '@callreel/media/sdp/choose-media.ts';
import { type CongestionControl, congestionControlOf } from '@callreel/media/sdp/congestion-control.ts';
import { CapWatch } from './bitrate-cap-watch.ts';
import { BitrateEstimate, type ReceivedInterval } from './bitrate-estimate.ts';
import type { SendTimes } from './bitrate-send-clock.ts';
import type { Feedback } from './feedback.ts';
import { TransportFeedbackSender } from './transport-feedback-sender.ts';

/**
 * Where a sender begins, in REMB and in the answer. Chromium takes it at once: with 1500 a link of 300 kbit/s lost 100 packets before the
 * first number could come down; from 500 an open link is at the cap after little more than 2 s.
 */
export const START_KBPS = 500;
/** A change that is worth a packet of its own, and how often. */
const WORTH_TELLING = 0.03;
const TELL_INTERVAL_MS = 200;

const sendTimesOf = (control: CongestionControl, { codec }: ChosenVideo): SendTimes =>
  control.kind === 'receiver' && control.sendTimeExtensionId !== undefined
    ? { kind: 'absolute', extensionId: control.sendTimeExtensionId }
    : { kind: 'timestamps', payloadType: codec.payloadType };

export class BitrateControl {
  readonly #feedback: Feedback;
  readonly #control: CongestionControl;
  readonly #estimate: BitrateEstimate;
  readonly #transport: TransportFeedbackSender | undefined;
  readonly #capWatch = new CapWatch();
  /** The sender takes REMB. */
  readonly takesAllowance: boolean;
  #told: { bitsPerSecond: number; atMs: number };

  /** `besidesBitsPerSecond`: of layers that are not recorded, which the cap is not for. */
  constructor(video: ChosenVideo, feedback: Feedback, besidesBitsPerSecond: () => number) {
    this.#feedback = feedback;
    this.#control = congestionControlOf({ video });
    this.takesAllowance = video.codec.feedback.has('goog-remb');
    this.#estimate = new BitrateEstimate(sendTimesOf(this.#control, video), 1000 * START_KBPS, besidesBitsPerSecond);
    if (this.#control.kind === 'sender') {
      this.#transport = new TransportFeedbackSender(this.#control.sequenceExtensionId, feedback);
    }
    // With the connection's opening.
    this.#told = { bitsPerSecond: this.allowedBitsPerSecond, atMs: Number.NEGATIVE_INFINITY };
  }

  /** Of all streams of the publication together. */
  get allowedBitsPerSecond(): number {
    return this.#control.kind === 'receiver' ? this.#estimate.bitsPerSecond : this.#estimate.limitBitsPerSecond;
  }

  /** It sent more than it may have for many seconds, whatever it was told. */
  get capIgnored(): boolean {
    return this.#capWatch.ignored;
  }

  /** Every packet of the connection. */
  handlePacket(packet: RtpPacket, sizeBytes: number, arrivalMs: number): void {
    this.#transport?.handlePacket(packet, sizeBytes, arrivalMs);
    if (this.#control.kind === 'receiver') this.#estimate.handlePacket(packet, sizeBytes, arrivalMs);
  }

  /** At each key frame. */
  handlePictureSize(width: number, height: number, nowMs: number): void {
    this.#estimate.handlePictureSize(width, height, nowMs);
  }

  /** Every second, what came of the streams that are recorded; what is allowed then is told with the report. */
  update(received: ReceivedInterval, nowMs: number): void {
    this.#estimate.update(received, nowMs);
    this.#capWatch.update(received.bitsPerSecond, this.#estimate.capBitsPerSecond);
    this.#told = { bitsPerSecond: this.allowedBitsPerSecond, atMs: nowMs };
  }

  /** Call it every 10 ms or so: sends what is due. */
  tick(videoSsrcs: readonly number[], nowMs: number): void {
    this.#transport?.tick(nowMs);
    if (videoSsrcs.length === 0 || !this.takesAllowance || nowMs - this.#told.atMs < TELL_INTERVAL_MS) return;
    const allowed = this.allowedBitsPerSecond;
    if (Math.abs(allowed - this.#told.bitsPerSecond) <= WORTH_TELLING * this.#told.bitsPerSecond) return;
    this.#feedback.allow(allowed, videoSsrcs);
    this.#told = { bitsPerSecond: allowed, atMs: nowMs };
  }
}
