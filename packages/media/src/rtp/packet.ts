/**
 * RTP packets (RFC 3550 section 5.1): bytes to values, without copying.
 */

/** A parsed packet; `payload` is a view into the bytes it was parsed from, padding removed. */
export type RtpPacket = {
  payloadType: number;
  marker: boolean;
  /** 16 bits, as on the wire. */
  sequenceNumber: number;
  /** 32 bits, as on the wire. */
  timestamp: number;
  ssrc: number;
  /** Empty for a packet of padding alone. */
  payload: Uint8Array;
  /** The header extension's profile (0xBEDE, 0x100X) and its bytes, where there is one. */
  extension: { profile: number; data: Uint8Array } | undefined;
};

const FIXED_HEADER_BYTES = 12;

/** Whether these bytes are RTCP rather than RTP, when both share a port (RFC 5761 section 4). */
export const isRtcp = (bytes: Uint8Array): boolean => {
  const second = bytes[1];
  return second !== undefined && second >= 192 && second <= 223;
};

// Read by hand: a DataView a packet costs as much as all of its fields.
const byteAt = (bytes: Uint8Array, offset: number): number => bytes[offset] as number;
const wordAt = (bytes: Uint8Array, offset: number): number => (byteAt(bytes, offset) << 8) | byteAt(bytes, offset + 1);
const longAt = (bytes: Uint8Array, offset: number): number =>
  ((wordAt(bytes, offset) << 16) | wordAt(bytes, offset + 2)) >>> 0;

/** Parses one packet; undefined where the bytes are not a whole RTP packet of version 2. */
export const parseRtp = (bytes: Uint8Array): RtpPacket | undefined => {
  if (bytes.length < FIXED_HEADER_BYTES) return undefined;
  const first = byteAt(bytes, 0);
  if (first >> 6 !== 2) return undefined;
  let offset = FIXED_HEADER_BYTES + 4 * (first & 0x0f);
  let extension: RtpPacket['extension'];
  if (first & 0x10) {
    if (offset + 4 > bytes.length) return undefined;
    const start = offset + 4;
    const end = start + 4 * wordAt(bytes, offset + 2);
    if (end > bytes.length) return undefined;
    extension = { profile: wordAt(bytes, offset), data: bytes.subarray(start, end) };
    offset = end;
  }
  let end = bytes.length;
  if (first & 0x20) {
    const padding = byteAt(bytes, end - 1);
    if (padding === 0) return undefined;
    end -= padding;
  }
  if (offset > end) return undefined;
  const second = byteAt(bytes, 1);
  return {
    payloadType: second & 0x7f,
    marker: (second & 0x80) !== 0,
    sequenceNumber: wordAt(bytes, 2),
    timestamp: longAt(bytes, 4),
    ssrc: longAt(bytes, 8),
    payload: bytes.subarray(offset, end),
    extension,
  };
};
