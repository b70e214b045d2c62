/**
 * Which stream a packet is of, when all share one connection (RFC 9143 section 9.2): by its SSRC, at first by its payload type, mid and
 * rid. A track is one stream, or with simulcast one for each layer.
 */
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import type { MediaChoice } from '@callreel/media/sdp/choose-media.ts';
import { type Expectation, expectationsOf, isOfSection, layerOf, repairedLayerOf } from './expectation.ts';
import { MediaSource, type TrackKind } from './media-source.ts';
import { SourceSlot } from './source-slot.ts';

/** Where packets of one SSRC go. */
export type Route = {
  payloadType: number;
  source: MediaSource;
  /** They are retransmissions (RFC 4588). */
  repairs: boolean;
};

export class Demultiplexer {
  readonly #expectations: ReadonlyMap<number, Expectation>;
  /** At most one of media and one of repairs for each layer, whatever a sender makes up. */
  readonly #routes = new Map<number, Route>();
  readonly #slots = new Map<string, SourceSlot>();
  #sources: readonly MediaSource[] = [];

  constructor(choice: MediaChoice) {
    this.#expectations = expectationsOf(choice);
  }

  /** The streams that now make up the tracks. */
  get sources(): readonly MediaSource[] {
    return this.#sources;
  }

  sourcesOf(track: TrackKind): readonly MediaSource[] {
    return this.#sources.filter((source) => source.track === track);
  }

  bySsrc(ssrc: number): MediaSource | undefined {
    const route = this.#routes.get(ssrc);
    return route === undefined || route.repairs ? undefined : route.source;
  }

  /** Undefined for what was not negotiated. */
  route(packet: RtpPacket, nowMs: number): Route | undefined {
    const known = this.#routes.get(packet.ssrc);
    if (known === undefined) return this.#admit(packet, nowMs);
    return known.payloadType === packet.payloadType ? known : undefined;
  }

  #admit(packet: RtpPacket, nowMs: number): Route | undefined {
    const expectation = this.#expectations.get(packet.payloadType);
    if (expectation === undefined || !isOfSection(packet, expectation)) return undefined;
    if (expectation.repairs) return this.#admitRepairs(packet, expectation);
    const layer = layerOf(packet, expectation);
    return layer === undefined ? undefined : this.#admitMedia(packet, expectation, layer, nowMs);
  }

  #admitRepairs(packet: RtpPacket, expectation: Expectation): Route | undefined {
    const source = this.#repairedSource(packet, expectation);
    if (source === undefined) return undefined;
    this.#forgetRoutes((route) => route.repairs && route.source === source);
    return this.#addRoute(packet, source, true);
  }

  #repairedSource(packet: RtpPacket, expectation: Expectation): MediaSource | undefined {
    const repaired = expectation.repairedBy.get(packet.ssrc);
    if (repaired !== undefined) return this.bySsrc(repaired);
    const layer = repairedLayerOf(packet, expectation);
    return layer === undefined ? undefined : this.#slots.get(`${expectation.track}/${layer}`)?.current;
  }

  #admitMedia(
    packet: RtpPacket,
    { track, canRepair, clockRateHz }: Expectation,
    layer: string,
    nowMs: number,
  ): Route | undefined {
    const slot = this.#slots.get(`${track}/${layer}`) ?? new SourceSlot();
    if (!slot.admits(packet, nowMs)) return undefined;
    this.#slots.set(`${track}/${layer}`, slot);
    const { ssrc, payloadType } = packet;
    const source = new MediaSource({ track, layer, ssrc, payloadType, canRepair, clockRateHz });
    const replaced = slot.replace(source, nowMs);
    this.#forgetRoutes((route) => route.source === replaced);
    this.#sources = [...this.#sources.filter((other) => other !== replaced), source];
    return this.#addRoute(packet, source, false);
  }

  #addRoute({ ssrc, payloadType }: RtpPacket, source: MediaSource, repairs: boolean): Route {
    const route = { payloadType, source, repairs };
    this.#routes.set(ssrc, route);
    return route;
  }

  #forgetRoutes(matches: (route: Route) => boolean): void {
    for (const [ssrc, route] of this.#routes) if (matches(route)) this.#routes.delete(ssrc);
  }
}
