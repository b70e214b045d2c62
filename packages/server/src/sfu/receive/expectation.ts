/** What was negotiated, by payload type: of which track its packets are, and how its streams are told apart. */
import { MID_URI, REPAIRED_RID_URI, RID_URI, readTextExtension } from '@callreel/media/rtp/header-extension.ts';
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import type { MediaChoice } from '@callreel/media/sdp/choose-media.ts';
import type { OfferedCodec } from '@callreel/media/sdp/codec.ts';
import type { OfferedSection } from '@callreel/media/sdp/offer.ts';
import { chooseRids } from '@callreel/media/sdp/simulcast.ts';
import type { TrackKind } from './media-source.ts';

/** What one payload type means. */
export type Expectation = {
  track: TrackKind;
  /** Retransmissions (RFC 4588). */
  repairs: boolean;
  canRepair: boolean;
  clockRateHz: number;
  mid: string | undefined;
  /** Simulcast layers, by rid or by SSRC; both empty where the track is one stream. */
  rids: ReadonlySet<string>;
  ssrcs: ReadonlySet<number>;
  extensionIds: { mid: number | undefined; rid: number | undefined; repairedRid: number | undefined };
  /** From a retransmission's SSRC to that of the stream it repairs. */
  repairedBy: ReadonlyMap<number, number>;
};

/** Of a track that is one stream. */
export const ONLY_LAYER = '';

const extensionIdsOf = ({ extensions }: OfferedSection): Expectation['extensionIds'] => {
  const idOf = (wanted: string): number | undefined => extensions.find(({ uri }) => uri === wanted)?.id;
  return { mid: idOf(MID_URI), rid: idOf(RID_URI), repairedRid: idOf(REPAIRED_RID_URI) };
};

const expectationOf = (offered: OfferedSection, track: TrackKind, codec: OfferedCodec): Expectation => {
  const rids = chooseRids(offered.simulcast, codec.payloadType).map(({ id }) => id);
  return {
    track,
    repairs: false,
    canRepair: false,
    clockRateHz: codec.clockRateHz,
    mid: offered.mid,
    rids: new Set(rids),
    ssrcs: new Set(rids.length > 0 ? [] : offered.simulcast.ssrcs),
    extensionIds: extensionIdsOf(offered),
    repairedBy: offered.repairs,
  };
};

export const expectationsOf = ({ audio, video }: MediaChoice): Map<number, Expectation> => {
  const expectations = new Map<number, Expectation>();
  if (audio) {
    const { payloadType } = audio.codec;
    expectations.set(payloadType, { ...expectationOf(audio.offered, 'audio', audio.codec), ssrcs: new Set() });
  }
  if (video) {
    const { payloadType, feedback } = video.codec;
    const expectation = { ...expectationOf(video.offered, 'video', video.codec), canRepair: feedback.has('nack') };
    expectations.set(payloadType, expectation);
    if (video.rtx) expectations.set(video.rtx.payloadType, { ...expectation, repairs: true });
  }
  return expectations;
};

const textOf = (packet: RtpPacket, id: number | undefined): string | undefined =>
  id === undefined ? undefined : readTextExtension(packet, id);

/** False where the packet says that it is of another m-line. */
export const isOfSection = (packet: RtpPacket, { mid, extensionIds }: Expectation): boolean => {
  const told = textOf(packet, extensionIds.mid);
  return told === undefined || told === mid;
};

/** Which layer a packet of media is of; undefined where that cannot be told, or was not negotiated. */
export const layerOf = (packet: RtpPacket, { rids, ssrcs, extensionIds }: Expectation): string | undefined => {
  if (rids.size > 0) {
    const rid = textOf(packet, extensionIds.rid);
    return rid !== undefined && rids.has(rid) ? rid : undefined;
  }
  if (ssrcs.size === 0) return ONLY_LAYER;
  return ssrcs.has(packet.ssrc) ? String(packet.ssrc) : undefined;
};

/** The layer that a packet of retransmissions says it repairs; undefined where it says none. */
export const repairedLayerOf = (packet: RtpPacket, { rids, ssrcs, extensionIds }: Expectation): string | undefined => {
  if (rids.size > 0) return textOf(packet, extensionIds.repairedRid);
  return ssrcs.size === 0 ? ONLY_LAYER : undefined;
};
