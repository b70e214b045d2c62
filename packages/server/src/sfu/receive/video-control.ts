/** What the sender of a publication's video is told: when a key frame is needed, and how many bits it may send. */
import type { VideoCodecName } from '@callreel/contract/conference.ts';
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import type { ChosenVideo } from '@callreel/media/sdp/choose-media.ts';
import { BitrateEstimate, type ReceivedInterval } from './bitrate-estimate.ts';
import type { Feedback } from './feedback.ts';
import { KeyFrameRequests } from './key-frame-requests.ts';
import { type PictureSize, readKeyFrameStart } from './key-frame-start.ts';

export class VideoControl {
  readonly #codec: VideoCodecName;
  /** FIR only for a sender that took it and not PLI. */
  readonly #usesFir: boolean;
  readonly #feedback: Feedback;
  readonly #requests = new KeyFrameRequests();
  readonly #estimate = new BitrateEstimate();
  readonly takesRemb: boolean;
  /** Those of the offer that send video, retransmissions aside; none where it names none. */
  readonly announcedSsrcs: readonly number[];
  #keyFrameTimestamp: number | undefined;
  pictureSize: PictureSize | undefined;
  keyFrames = 0;
  requestsSent = 0;

  constructor({ name, codec, offered }: ChosenVideo, feedback: Feedback) {
    this.#codec = name;
    this.#usesFir = codec.feedback.has('ccm fir') && !codec.feedback.has('nack pli');
    this.#feedback = feedback;
    this.takesRemb = codec.feedback.has('goog-remb');
    this.announcedSsrcs = [...new Set(offered.repairs.values())];
  }

  /** Of all streams of the publication together. */
  get allowedBitsPerSecond(): number {
    return this.#estimate.bitsPerSecond;
  }

  /** A packet of video came, or came again. */
  handlePacket({ payload, timestamp }: RtpPacket, nowMs: number): void {
    const start = readKeyFrameStart(this.#codec, payload);
    if (start === undefined) return;
    // Parameter sets and slices of one picture each look like a beginning.
    if (timestamp !== this.#keyFrameTimestamp) this.keyFrames += 1;
    this.#keyFrameTimestamp = timestamp;
    this.#requests.handleKeyFrame(nowMs);
    if (start.size === undefined) return;
    this.pictureSize = start.size;
    this.#estimate.handlePictureSize(start.size.width, start.size.height, nowMs);
  }

  requestKeyFrame(nowMs: number): void {
    this.#requests.request(nowMs);
  }

  /** Sends the request that is due, if one is. */
  tick(ssrc: number, nowMs: number): void {
    if (!this.#requests.due(nowMs)) return;
    this.requestsSent += 1;
    if (this.#usesFir) this.#feedback.fir(ssrc);
    else this.#feedback.pli(ssrc);
  }

  /** Every second. */
  updateBitrate(received: ReceivedInterval, nowMs: number): void {
    this.#estimate.update(received, nowMs);
  }
}
