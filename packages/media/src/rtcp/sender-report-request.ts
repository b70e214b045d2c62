/** RTCP-SR-REQ (RFC 6051 section 7): asking for a sender report now rather than at its turn, up to several seconds later. */
import { makeRtcpPacket, type RtcpPacket, viewOf } from './compound.ts';
import { FORMAT_SENDER_REPORT_REQUEST, TRANSPORT_FEEDBACK } from './packet-types.ts';

const BODY_BYTES = 8;

export const buildSenderReportRequest = (senderSsrc: number, mediaSsrc: number): Uint8Array => {
  const { bytes, body } = makeRtcpPacket(TRANSPORT_FEEDBACK, FORMAT_SENDER_REPORT_REQUEST, BODY_BYTES);
  body.setUint32(0, senderSsrc);
  body.setUint32(4, mediaSsrc);
  return bytes;
};

/** The stream whose report is asked for; undefined where the packet asks for none. For senders. */
export const parseSenderReportRequest = (packet: RtcpPacket): { mediaSsrc: number } | undefined =>
  packet.packetType === TRANSPORT_FEEDBACK &&
  packet.count === FORMAT_SENDER_REPORT_REQUEST &&
  packet.body.length >= BODY_BYTES
    ? { mediaSsrc: viewOf(packet.body).getUint32(4) }
    : undefined;
