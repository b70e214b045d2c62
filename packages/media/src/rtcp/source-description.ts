/** Source descriptions (RFC 3550 section 6.5): of their items, the CNAME, which tells that several streams share one clock. */
import { makeRtcpPacket, type RtcpPacket, viewOf } from './compound.ts';
import { SOURCE_DESCRIPTION } from './packet-types.ts';

export type CanonicalName = { ssrc: number; cname: string };

const ITEM_END = 0;
const ITEM_CNAME = 1;

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Where the chunk that starts at `offset` ends (a multiple of four), and its CNAME. */
const readChunk = (body: Uint8Array, offset: number): { cname: string | undefined; end: number } | undefined => {
  let cname: string | undefined;
  let at = offset + 4;
  for (;;) {
    const item = body[at];
    if (item === undefined) return undefined;
    if (item === ITEM_END) return { cname, end: (at + 4) & ~3 };
    const length = body[at + 1];
    if (length === undefined || at + 2 + length > body.length) return undefined;
    if (item === ITEM_CNAME) cname = decoder.decode(body.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
};

/** The CNAMEs of the sources described, up to the first chunk that is malformed. */
export const parseCanonicalNames = (packet: RtcpPacket): CanonicalName[] => {
  if (packet.packetType !== SOURCE_DESCRIPTION) return [];
  const view = viewOf(packet.body);
  const names: CanonicalName[] = [];
  let offset = 0;
  for (let left = packet.count; left > 0 && offset + 4 <= packet.body.length; left -= 1) {
    const chunk = readChunk(packet.body, offset);
    if (chunk === undefined) break;
    if (chunk.cname !== undefined) names.push({ ssrc: view.getUint32(offset), cname: chunk.cname });
    offset = chunk.end;
  }
  return names;
};

/** One source's CNAME (at most 255 bytes of UTF-8; longer ones are cut). */
export const buildSourceDescription = (ssrc: number, cname: string): Uint8Array => {
  const text = encoder.encode(cname).subarray(0, 255);
  // SSRC, item type, length, text and at least one zero, rounded up to four.
  const bodyBytes = (4 + 2 + text.length + 4) & ~3;
  const { bytes, body } = makeRtcpPacket(SOURCE_DESCRIPTION, 1, bodyBytes);
  body.setUint32(0, ssrc);
  body.setUint8(4, ITEM_CNAME);
  body.setUint8(5, text.length);
  bytes.set(text, 4 + 6);
  return bytes;
};
