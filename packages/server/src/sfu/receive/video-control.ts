/** What the sender of a publication's video is told: when a key frame is needed, and how many bits it may send. */
import type { VideoCodecName } from '@callreel/contract/conference.ts';
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import type { ChosenVideo } from '@callreel/media/sdp/choose-media.ts';
import { BitrateControl } from './bitrate-control.ts';
import type { ReceivedInterval } from './bitrate-estimate.ts';
import type { Feedback } from './feedback.ts';
import { type PictureSize, readKeyFrameStart } from './key-frame-start.ts';
import { chooseLayer } from './layer-choice.ts';
import type { MediaSource } from './media-source.ts';
import { VideoLayer } from './video-layer.ts';

export class VideoControl {
  readonly #codec: VideoCodecName;
  /** FIR only for a sender that took it and not PLI. */
  readonly #usesFir: boolean;
  readonly #feedback: Feedback;
  readonly bitrate: BitrateControl;
  /** Those of the offer that send video, retransmissions aside; none where it names none. */
  readonly announcedSsrcs: readonly number[];
  #layers: readonly VideoLayer[] = [];
  #ssrcs: readonly number[] = [];
  #recorded: VideoLayer | undefined;
  #firstPacketMs: number | undefined;
  /** Somebody asked before there was anyone to ask. */
  #wanted = false;
  keyFrames = 0;
  requestsSent = 0;

  constructor(chosen: ChosenVideo, feedback: Feedback) {
    const { name, codec, offered } = chosen;
    this.#codec = name;
    this.#usesFir = codec.feedback.has('ccm fir') && !codec.feedback.has('nack pli');
    this.#feedback = feedback;
    this.bitrate = new BitrateControl(chosen, feedback, () => this.#unrecordedBitsPerSecond);
    this.announcedSsrcs = [...new Set(offered.repairs.values())];
  }

  /** The stream that is recorded, or is to be from its next key frame on. */
  get recorded(): MediaSource | undefined {
    return this.#recorded?.source;
  }

  get pictureSize(): PictureSize | undefined {
    return this.#recorded?.pictureSize;
  }

  /** Layers that are not recorded are no part of the file that the cap is for. */
  get #unrecordedBitsPerSecond(): number {
    const others = this.#layers.filter((layer) => layer !== this.#recorded);
    return others.reduce((sum, layer) => sum + layer.bitsPerSecond, 0);
  }

  /** Streams begin and are replaced: these are the ones there are. */
  setSources(sources: readonly MediaSource[]): void {
    const known = new Map(this.#layers.map((layer) => [layer.source, layer]));
    this.#layers = sources.map((source) => known.get(source) ?? new VideoLayer(source));
    this.#ssrcs = sources.map(({ ssrc }) => ssrc);
  }

  /** A packet of video came, or (`repaired`) came again. */
  handlePacket(source: MediaSource, packet: RtpPacket, repaired: boolean, nowMs: number): void {
    const layer = this.#layers.find((each) => each.source === source);
    if (layer === undefined) return;
    this.#firstPacketMs ??= nowMs;
    if (!repaired) layer.handleSign(packet, nowMs);
    const start = readKeyFrameStart(this.#codec, packet.payload);
    if (start === undefined) return;
    if (layer.handleKeyFrameStart(packet, start, nowMs)) this.keyFrames += 1;
    if (layer === this.#recorded) this.#noteSize(nowMs);
  }

  /** The layer to record where that is another than before. Its key frame is asked for. */
  chooseRecorded(nowMs: number): MediaSource | undefined {
    const layer = this.#layers.length < 2 ? this.#layers[0] : this.#best(nowMs);
    if (layer === undefined || layer === this.#recorded) return undefined;
    const first = this.#recorded === undefined;
    this.#recorded = layer;
    if (this.#wanted || !first) layer.requests.request(nowMs);
    this.#wanted = false;
    this.#noteSize(nowMs);
    return layer.source;
  }

  /** Of this stream; where it is unknown, of that which is recorded, or is to be. */
  requestKeyFrame(nowMs: number, ssrc?: number, sinceMs?: number): void {
    const layer = this.#layers.find(({ source }) => source.ssrc === ssrc) ?? this.#recorded;
    if (layer === undefined) this.#wanted = true;
    else layer.requests.request(nowMs, sinceMs);
  }

  /** Sends the requests that are due. */
  tick(nowMs: number): void {
    for (const layer of this.#layers) {
      // Layers are compared by their size.
      if (this.#layers.length > 1 && layer.pictureSize === undefined) layer.requests.request(nowMs);
      if (layer.requests.due(nowMs)) this.#ask(layer.source.ssrc);
    }
    this.bitrate.tick(this.#ssrcs, nowMs);
  }

  /** Every second. */
  updateBitrate(received: ReceivedInterval, nowMs: number): void {
    const bitsPerSecond = Math.max(0, received.bitsPerSecond - this.#unrecordedBitsPerSecond);
    this.bitrate.update({ ...received, bitsPerSecond }, nowMs);
  }

  #best(nowMs: number): VideoLayer | undefined {
    const states = this.#layers.map((layer) => layer.state(nowMs));
    const chosen = chooseLayer(states, this.recorded?.ssrc, nowMs - (this.#firstPacketMs ?? nowMs));
    return this.#layers.find(({ source }) => source.ssrc === chosen);
  }

  #noteSize(nowMs: number): void {
    const size = this.pictureSize;
    if (size !== undefined) this.bitrate.handlePictureSize(size.width, size.height, nowMs);
  }

  #ask(ssrc: number): void {
    this.requestsSent += 1;
    if (this.#usesFir) this.#feedback.fir(ssrc);
    else this.#feedback.pli(ssrc);
  }
}
