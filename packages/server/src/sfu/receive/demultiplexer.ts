/** Which track a packet is of, when all share one connection (RFC 9143 section 9.2): by its SSRC, at first by its payload type and mid. */

import { MID_URI, readTextExtension } from '@callreel/media/rtp/header-extension.ts';
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import type { MediaChoice } from '@callreel/media/sdp/choose-media.ts';
import type { OfferedSection } from '@callreel/media/sdp/offer.ts';
import { MediaSource, type TrackKind } from './media-source.ts';

/** Where packets of one SSRC go. */
export type Route = {
  payloadType: number;
  source: MediaSource;
  /** They are retransmissions (RFC 4588). */
  repairs: boolean;
};

/** What one payload type means. */
type Expectation = {
  track: TrackKind;
  repairs: boolean;
  canRepair: boolean;
  mid: string | undefined;
  midExtensionId: number | undefined;
  repairedBy: ReadonlyMap<number, number>;
};

/** Another SSRC may take over a track whose own was silent for so long. */
const IDLE_MS = 2000;

const expectationOf = (offered: OfferedSection, track: TrackKind, canRepair: boolean): Expectation => ({
  track,
  repairs: false,
  canRepair,
  mid: offered.mid,
  midExtensionId: offered.extensions.find(({ uri }) => uri === MID_URI)?.id,
  repairedBy: offered.repairs,
});

const expectationsOf = ({ audio, video }: MediaChoice): Map<number, Expectation> => {
  const expectations = new Map<number, Expectation>();
  if (audio) expectations.set(audio.codec.payloadType, expectationOf(audio.offered, 'audio', false));
  if (video) {
    const expectation = expectationOf(video.offered, 'video', video.codec.feedback.has('nack'));
    expectations.set(video.codec.payloadType, expectation);
    if (video.rtx) expectations.set(video.rtx.payloadType, { ...expectation, repairs: true });
  }
  return expectations;
};

export class Demultiplexer {
  readonly #expectations: ReadonlyMap<number, Expectation>;
  /** At most one of media and a few of repairs for each track, whatever a sender makes up. */
  readonly #routes = new Map<number, Route>();
  readonly #active = new Map<TrackKind, MediaSource>();

  constructor(choice: MediaChoice) {
    this.#expectations = expectationsOf(choice);
  }

  /** The streams that now make up the tracks. */
  get active(): ReadonlyMap<TrackKind, MediaSource> {
    return this.#active;
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
    if (expectation === undefined || !this.#hasOwnMid(packet, expectation)) return undefined;
    const current = this.#active.get(expectation.track);
    if (expectation.repairs) return this.#admitRepairs(packet, expectation, current);
    if (current && !current.saidGoodbye && nowMs - current.lastArrivalMs < IDLE_MS) return undefined;
    return this.#admitMedia(packet, expectation);
  }

  #hasOwnMid(packet: RtpPacket, { mid, midExtensionId }: Expectation): boolean {
    const told = midExtensionId === undefined ? undefined : readTextExtension(packet, midExtensionId);
    return told === undefined || told === mid;
  }

  #admitRepairs(packet: RtpPacket, { repairedBy }: Expectation, source: MediaSource | undefined): Route | undefined {
    if (source === undefined || (repairedBy.get(packet.ssrc) ?? source.ssrc) !== source.ssrc) return undefined;
    this.#forgetRoutes((route) => route.repairs && route.source === source);
    return this.#addRoute(packet, source, true);
  }

  #admitMedia(packet: RtpPacket, { track, canRepair }: Expectation): Route {
    this.#forgetRoutes((route) => route.source.track === track);
    const { ssrc, payloadType } = packet;
    const source = new MediaSource({ track, ssrc, payloadType, canRepair });
    this.#active.set(track, source);
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
