/** Generic NACK (RFC 4585 section 6.2.1): asking for lost packets again. */
import { makeRtcpPacket, type RtcpPacket, viewOf } from './compound.ts';
import { FORMAT_NACK, TRANSPORT_FEEDBACK } from './packet-types.ts';

/** One entry names a packet and, by a bit mask, which of the 16 after it are missing too. */
const MASK_BITS = 16;
const SSRC_BYTES = 8;

const toEntries = (sequenceNumbers: readonly number[]): { first: number; mask: number }[] => {
  const entries: { first: number; mask: number }[] = [];
  let last: { first: number; mask: number } | undefined;
  for (const sequenceNumber of sequenceNumbers) {
    const ahead = last === undefined ? 0 : (sequenceNumber - last.first) & 0xffff;
    if (last !== undefined && ahead >= 1 && ahead <= MASK_BITS) {
      last.mask |= 1 << (ahead - 1);
    } else {
      last = { first: sequenceNumber, mask: 0 };
      entries.push(last);
    }
  }
  return entries;
};

/** `sequenceNumbers` are 16 bits each, best in rising order, so that up to 17 share an entry. */
export const buildNack = (senderSsrc: number, mediaSsrc: number, sequenceNumbers: readonly number[]): Uint8Array => {
  const entries = toEntries(sequenceNumbers);
  const { bytes, body } = makeRtcpPacket(TRANSPORT_FEEDBACK, FORMAT_NACK, SSRC_BYTES + 4 * entries.length);
  body.setUint32(0, senderSsrc);
  body.setUint32(4, mediaSsrc);
  entries.forEach((entry, index) => {
    body.setUint16(SSRC_BYTES + 4 * index, entry.first);
    body.setUint16(SSRC_BYTES + 4 * index + 2, entry.mask);
  });
  return bytes;
};

/** What a NACK asks for; undefined where the packet is none. For senders: the service itself sends no media. */
export const parseNack = (packet: RtcpPacket): { mediaSsrc: number; sequenceNumbers: number[] } | undefined => {
  if (packet.packetType !== TRANSPORT_FEEDBACK || packet.count !== FORMAT_NACK) return undefined;
  if (packet.body.length < SSRC_BYTES) return undefined;
  const view = viewOf(packet.body);
  const sequenceNumbers: number[] = [];
  for (let offset = SSRC_BYTES; offset + 4 <= packet.body.length; offset += 4) {
    const first = view.getUint16(offset);
    const mask = view.getUint16(offset + 2);
    sequenceNumbers.push(first);
    for (let bit = 0; bit < MASK_BITS; bit += 1) {
      if (mask & (1 << bit)) sequenceNumbers.push((first + bit + 1) & 0xffff);
    }
  }
  return { mediaSsrc: view.getUint32(4), sequenceNumbers };
};
