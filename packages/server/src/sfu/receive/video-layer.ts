/** One stream of a publication's video, as its sender must be told of it: its key frames, its size, whether it lives. */
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import { KeyFrameRequests } from './key-frame-requests.ts';
import type { KeyFrameStart, PictureSize } from './key-frame-start.ts';
import type { LayerState } from './layer-choice.ts';
import { LayerPulse } from './layer-pulse.ts';
import type { MediaSource } from './media-source.ts';

export class VideoLayer {
  readonly source: MediaSource;
  readonly requests = new KeyFrameRequests();
  readonly #pulse = new LayerPulse();
  #keyFrameTimestamp: number | undefined;
  pictureSize: PictureSize | undefined;

  constructor(source: MediaSource) {
    this.source = source;
  }

  get bitsPerSecond(): number {
    return this.#pulse.bitsPerSecond;
  }

  /** Not for old packets that are sent again to probe the path: those come of a layer that is turned off too, and so does padding. */
  handleSign({ timestamp, payload }: RtpPacket, nowMs: number): void {
    if (payload.length > 0) this.#pulse.handlePacket(timestamp, payload.length, nowMs);
  }

  /** Whether it is a new one: parameter sets and slices of one picture each look like a beginning. */
  handleKeyFrameStart({ timestamp }: RtpPacket, { size }: KeyFrameStart, nowMs: number): boolean {
    const isNew = timestamp !== this.#keyFrameTimestamp;
    this.#keyFrameTimestamp = timestamp;
    this.requests.handleKeyFrame(nowMs);
    this.pictureSize = size ?? this.pictureSize;
    return isNew;
  }

  isAlive(nowMs: number): boolean {
    return !this.source.saidGoodbye && this.#pulse.isAlive(nowMs);
  }

  state(nowMs: number): LayerState {
    const { width, height } = this.pictureSize ?? { width: 0, height: 0 };
    return {
      ssrc: this.source.ssrc,
      pixels: width * height,
      bitsPerSecond: this.bitsPerSecond,
      // A millisecond at least: the very first packet is a sign of life.
      aliveForMs: this.isAlive(nowMs) ? Math.max(1, this.#pulse.aliveForMs(nowMs)) : 0,
      silenceMs: this.source.saidGoodbye ? 0 : this.#pulse.silenceMs,
    };
  }
}
