/** RTP packets to send (RFC 3550 section 5.1), with the MID that BUNDLE tells tracks apart by (RFC 9143 section 15.1). */
export type RtpHeader = {
  payloadType: number;
  marker: boolean;
  sequenceNumber: number;
  timestamp: number;
  ssrc: number;
  /** The header extension's number in the answer, and the value; absent where the answer took none. */
  mid: { extensionId: number; value: string } | undefined;
};

const FIXED_HEADER_BYTES = 12;
const ONE_BYTE_PROFILE = 0xbede;

/** One-byte header extensions (RFC 8285 section 4.2), padded to whole words. */
const midExtension = ({ extensionId, value }: { extensionId: number; value: string }): Buffer => {
  const length = 1 + value.length;
  const words = Math.ceil(length / 4);
  const bytes = Buffer.alloc(4 + 4 * words);
  bytes.writeUInt16BE(ONE_BYTE_PROFILE, 0);
  bytes.writeUInt16BE(words, 2);
  bytes.writeUInt8((extensionId << 4) | (value.length - 1), 4);
  bytes.write(value, 5, 'latin1');
  return bytes;
};

/** One packet as bytes. */
export const writeRtp = (header: RtpHeader, payload: Uint8Array): Buffer => {
  const fixed = Buffer.alloc(FIXED_HEADER_BYTES);
  fixed.writeUInt8(header.mid ? 0x90 : 0x80, 0);
  fixed.writeUInt8(header.payloadType | (header.marker ? 0x80 : 0), 1);
  fixed.writeUInt16BE(header.sequenceNumber, 2);
  fixed.writeUInt32BE(header.timestamp, 4);
  fixed.writeUInt32BE(header.ssrc, 8);
  return Buffer.concat([fixed, header.mid ? midExtension(header.mid) : new Uint8Array(), payload]);
};
