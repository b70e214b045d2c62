/** BYE (RFC 3550 section 6.6): sources that will send no more. */
import { makeRtcpPacket, type RtcpPacket, viewOf } from './compound.ts';
import { GOODBYE } from './packet-types.ts';

/** The sources that leave; undefined where it is no BYE or is shorter than it says. */
export const parseGoodbye = (packet: RtcpPacket): number[] | undefined => {
  if (packet.packetType !== GOODBYE || packet.body.length < 4 * packet.count) return undefined;
  const view = viewOf(packet.body);
  return Array.from({ length: packet.count }, (_, index) => view.getUint32(4 * index));
};

/** For senders. */
export const buildGoodbye = (ssrcs: readonly number[]): Uint8Array => {
  const { bytes, body } = makeRtcpPacket(GOODBYE, ssrcs.length, 4 * ssrcs.length);
  ssrcs.forEach((ssrc, index) => {
    body.setUint32(4 * index, ssrc);
  });
  return bytes;
};
