/** Asking a sender for a key frame: PLI (RFC 4585 section 6.3.1) and FIR (RFC 5104 section 4.3.1). */
import { makeRtcpPacket, type RtcpPacket, viewOf } from './compound.ts';
import { FORMAT_FIR, FORMAT_PLI, PAYLOAD_FEEDBACK } from './packet-types.ts';

const PLI_BODY_BYTES = 8;
const FIR_BODY_BYTES = 16;

export const buildPli = (senderSsrc: number, mediaSsrc: number): Uint8Array => {
  const { bytes, body } = makeRtcpPacket(PAYLOAD_FEEDBACK, FORMAT_PLI, PLI_BODY_BYTES);
  body.setUint32(0, senderSsrc);
  body.setUint32(4, mediaSsrc);
  return bytes;
};

/** `commandNumber` (8 bits) goes up by one with every new request and stays for a repeated one. */
export const buildFir = (senderSsrc: number, mediaSsrc: number, commandNumber: number): Uint8Array => {
  const { bytes, body } = makeRtcpPacket(PAYLOAD_FEEDBACK, FORMAT_FIR, FIR_BODY_BYTES);
  body.setUint32(0, senderSsrc);
  body.setUint32(8, mediaSsrc);
  body.setUint8(12, commandNumber & 0xff);
  return bytes;
};

/** The stream that a PLI or FIR asks a key frame of; undefined where the packet is neither. For senders. */
export const parseKeyFrameRequest = (packet: RtcpPacket): { mediaSsrc: number } | undefined => {
  if (packet.packetType !== PAYLOAD_FEEDBACK) return undefined;
  if (packet.count === FORMAT_PLI && packet.body.length >= PLI_BODY_BYTES) {
    return { mediaSsrc: viewOf(packet.body).getUint32(4) };
  }
  if (packet.count === FORMAT_FIR && packet.body.length >= FIR_BODY_BYTES) {
    return { mediaSsrc: viewOf(packet.body).getUint32(8) };
  }
  return undefined;
};
