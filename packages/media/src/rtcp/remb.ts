/** REMB (draft-alvestrand-rmcat-remb-03): the bit rate that the receiver allows all streams of a connection together. */
import { makeRtcpPacket, type RtcpPacket, viewOf } from './compound.ts';
import { FORMAT_APPLICATION, PAYLOAD_FEEDBACK } from './packet-types.ts';

/** "REMB" in ASCII. */
const IDENTIFIER = 0x52454d42;
const FIXED_BODY_BYTES = 16;
const MANTISSA_BITS = 18;
const MAX_SSRCS = 255;

export const buildRemb = (senderSsrc: number, bitsPerSecond: number, mediaSsrcs: readonly number[]): Uint8Array => {
  const ssrcs = mediaSsrcs.slice(0, MAX_SSRCS);
  const { bytes, body } = makeRtcpPacket(PAYLOAD_FEEDBACK, FORMAT_APPLICATION, FIXED_BODY_BYTES + 4 * ssrcs.length);
  const exponent = Math.max(0, Math.floor(Math.log2(Math.max(1, bitsPerSecond))) + 1 - MANTISSA_BITS);
  const mantissa = Math.floor(bitsPerSecond / 2 ** exponent);
  body.setUint32(0, senderSsrc);
  body.setUint32(8, IDENTIFIER);
  body.setUint32(12, ((ssrcs.length << 24) | (exponent << MANTISSA_BITS) | mantissa) >>> 0);
  ssrcs.forEach((ssrc, index) => {
    body.setUint32(FIXED_BODY_BYTES + 4 * index, ssrc);
  });
  return bytes;
};

/** For senders: the service itself sends no media. */
export const parseRemb = (packet: RtcpPacket): { bitsPerSecond: number; mediaSsrcs: number[] } | undefined => {
  if (packet.packetType !== PAYLOAD_FEEDBACK || packet.count !== FORMAT_APPLICATION) return undefined;
  if (packet.body.length < FIXED_BODY_BYTES) return undefined;
  const view = viewOf(packet.body);
  const ssrcCount = view.getUint8(12);
  if (view.getUint32(8) !== IDENTIFIER || packet.body.length < FIXED_BODY_BYTES + 4 * ssrcCount) return undefined;
  const word = view.getUint32(12) & 0xffffff;
  return {
    bitsPerSecond: (word & (2 ** MANTISSA_BITS - 1)) * 2 ** (word >> MANTISSA_BITS),
    mediaSsrcs: Array.from({ length: ssrcCount }, (_, index) => view.getUint32(FIXED_BODY_BYTES + 4 * index)),
  };
};
