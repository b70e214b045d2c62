/** One source (SSRC) of a publication as it is forwarded: its latest packets, where its last key frame began, and how fast it comes. */
import type { VideoCodecName } from '@callreel/contract/conference.ts';
import { Unwrapper } from '@callreel/media/reorder/unwrap.ts';
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import { readKeyFrameStart } from '../receive/key-frame-start.ts';
import { LayerPulse } from '../receive/layer-pulse.ts';
import type { TrackKind } from '../receive/media-source.ts';
import { type CachedPacket, PacketCache } from './packet-cache.ts';
import { type PicturePlace, PicturePlaces } from './picture-place.ts';
import { TemporalRates } from './temporal-rates.ts';

/** A packet on its way to all subscribers. */
export type FedPacket = CachedPacket & {
  startsKeyFrame: boolean;
  /** Of a picture whose codec says so. */
  place: PicturePlace | undefined;
  /** As on the wire (RFC 6464): the voice flag and the level below it. */
  audioLevel: number | undefined;
};

/** The sender's count went back by more than any packet is late: it began anew. */
const MAX_STEP_BACK = 1000;

export class Feed {
  readonly track: TrackKind;
  readonly ssrc: number;
  readonly #codec: VideoCodecName | undefined;
  readonly #cache: PacketCache | undefined;
  readonly #pulse = new LayerPulse();
  readonly #places: PicturePlaces;
  readonly #temporalRates = new TemporalRates();
  readonly #unwrapper = new Unwrapper(16);
  #newest: number | undefined;
  #keyFrame: { index: number; timestamp: number; atMs: number } | undefined;
  /** Width × height; 0 until a key frame told it. */
  pixels = 0;
  lastArrivalMs = 0;

  /** `codec`: of a picture. Only pictures are kept: senders repair no sound, and nobody asks for it. */
  constructor(track: TrackKind, ssrc: number, codec: VideoCodecName | undefined) {
    this.track = track;
    this.ssrc = ssrc;
    this.#codec = codec;
    this.#cache = codec && new PacketCache();
    this.#places = new PicturePlaces(codec);
  }

  get bitsPerSecond(): number {
    return this.#pulse.bitsPerSecond;
  }

  /** Of each temporal layer with those below it; one or none where there are no layers. */
  get temporalBitsPerSecond(): readonly number[] {
    return this.#temporalRates.bitsPerSecond;
  }

  isAlive(nowMs: number): boolean {
    return this.#pulse.isAlive(nowMs);
  }

  /** Undefined for one that was here already. */
  take(packet: RtpPacket, audioLevel: number | undefined, arrivalMs: number): FedPacket | undefined {
    const index = this.#unwrapper.next(packet.sequenceNumber);
    if (this.#newest !== undefined && index < this.#newest - MAX_STEP_BACK) this.#beginAnew();
    const fed: FedPacket = { index, packet, startsKeyFrame: false, place: undefined, audioLevel };
    if (this.#cache?.add(fed) === false) return undefined;
    this.lastArrivalMs = arrivalMs;
    if (this.#newest === undefined || index > this.#newest) this.#newest = index;
    if (this.#codec === undefined) return fed;
    if (packet.payload.length > 0) this.#pulse.handlePacket(packet.timestamp, packet.payload.length, arrivalMs);
    return this.#look(fed, this.#codec, arrivalMs);
  }

  cached(index: number): FedPacket | undefined {
    return this.#cache?.get(index) as FedPacket | undefined;
  }

  /** What came since the last key frame began, where that is not long ago. */
  *sinceKeyFrame(withinMs: number, nowMs: number): Generator<FedPacket> {
    const keyFrame = this.#keyFrame;
    if (keyFrame === undefined || this.#newest === undefined || nowMs - keyFrame.atMs > withinMs) return;
    for (let index = keyFrame.index; index <= this.#newest; index += 1) {
      const fed = this.cached(index);
      if (fed !== undefined) yield fed;
    }
  }

  #look(fed: FedPacket, codec: VideoCodecName, arrivalMs: number): FedPacket {
    const { payload, timestamp } = fed.packet;
    fed.place = this.#places.read(payload);
    this.#temporalRates.add(fed.place?.temporalLayer ?? 0, payload.length, arrivalMs);
    const start = readKeyFrameStart(codec, payload);
    if (start === undefined) return fed;
    if (start.size !== undefined) this.pixels = start.size.width * start.size.height;
    // Parameter sets and the slices of one picture each look like a beginning: the first of them is it.
    const known = this.#keyFrame;
    if (known?.timestamp === timestamp && known.index <= fed.index) return fed;
    this.#keyFrame = { index: fed.index, timestamp, atMs: known?.timestamp === timestamp ? known.atMs : arrivalMs };
    fed.startsKeyFrame = true;
    return fed;
  }

  #beginAnew(): void {
    this.#cache?.clear();
    this.#newest = undefined;
    this.#keyFrame = undefined;
  }
}
