import { type RtcpPacket, rtcpPackets } from '@callreel/media/rtcp/compound.ts';
import { parseKeyFrameRequest } from '@callreel/media/rtcp/key-frame-request.ts';
import { parseNack } from '@callreel/media/rtcp/negative-acknowledgement.ts';
import { RECEIVER_REPORT } from '@callreel/media/rtcp/packet-types.ts';
import { parseSenderReportRequest } from '@callreel/media/rtcp/sender-report-request.ts';

/** What a receiver asks of a sender, or tells it. */
export type Feedback =
  | { kind: 'nack'; ssrc: number; sequenceNumbers: number[] }
  | { kind: 'keyFrameRequest' }
  | { kind: 'senderReportRequest'; ssrc: number }
  | { kind: 'receiverReport' };

const readOne = (packet: RtcpPacket): Feedback | undefined => {
  if (packet.packetType === RECEIVER_REPORT) return { kind: 'receiverReport' };
  const nack = parseNack(packet);
  if (nack) return { kind: 'nack', ssrc: nack.mediaSsrc, sequenceNumbers: nack.sequenceNumbers };
  const request = parseSenderReportRequest(packet);
  if (request) return { kind: 'senderReportRequest', ssrc: request.mediaSsrc };
  return parseKeyFrameRequest(packet) && { kind: 'keyFrameRequest' };
};

/** The requests in a compound RTCP packet; what else is in it is passed over. */
export const readFeedback = (compound: Uint8Array): Feedback[] =>
  [...rtcpPackets(compound)].flatMap((packet) => readOne(packet) ?? []);
