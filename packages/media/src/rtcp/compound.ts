/** Compound RTCP packets (RFC 3550 section 6.1): several packets in one datagram. */

const VERSION = 2;
const HEADER_BYTES = 4;

/** One packet of a compound. */
export type RtcpPacket = {
  packetType: number;
  /** The five bits after version and padding: a count of report blocks, chunks or sources, or a feedback format. */
  count: number;
  /** What follows the header's four bytes, padding removed; a view into the datagram. */
  body: Uint8Array;
};

const parseOne = (bytes: Uint8Array, offset: number): { packet: RtcpPacket; end: number } | undefined => {
  const first = bytes[offset] as number;
  if (first >> 6 !== VERSION) return undefined;
  const words = ((bytes[offset + 2] as number) << 8) | (bytes[offset + 3] as number);
  const end = offset + HEADER_BYTES + 4 * words;
  if (end > bytes.length) return undefined;
  const paddingBytes = first & 0x20 ? (bytes[end - 1] as number) : 0;
  const bodyEnd = end - paddingBytes;
  if (bodyEnd < offset + HEADER_BYTES) return undefined;
  const body = bytes.subarray(offset + HEADER_BYTES, bodyEnd);
  return { packet: { packetType: bytes[offset + 1] as number, count: first & 0x1f, body }, end };
};

/** The packets of a datagram, up to the first that is malformed. */
export function* rtcpPackets(bytes: Uint8Array): Generator<RtcpPacket> {
  let offset = 0;
  while (offset + HEADER_BYTES <= bytes.length) {
    const parsed = parseOne(bytes, offset);
    if (parsed === undefined) return;
    yield parsed.packet;
    offset = parsed.end;
  }
}

/** A packet of `bodyBytes` (a multiple of four) with its header written; the body is zero. */
export const makeRtcpPacket = (
  packetType: number,
  count: number,
  bodyBytes: number,
): { bytes: Uint8Array; body: DataView } => {
  const bytes = new Uint8Array(HEADER_BYTES + bodyBytes);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, (VERSION << 6) | count);
  view.setUint8(1, packetType);
  view.setUint16(2, bodyBytes / 4);
  return { bytes, body: new DataView(bytes.buffer, HEADER_BYTES) };
};

/** Several packets as one datagram. */
export const joinRtcp = (packets: readonly Uint8Array[]): Uint8Array => {
  const joined = new Uint8Array(packets.reduce((sum, packet) => sum + packet.length, 0));
  let offset = 0;
  for (const packet of packets) {
    joined.set(packet, offset);
    offset += packet.length;
  }
  return joined;
};

/** A view of a body's bytes. */
export const viewOf = (body: Uint8Array): DataView => new DataView(body.buffer, body.byteOffset, body.byteLength);
