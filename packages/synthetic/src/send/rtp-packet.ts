/** RTP packets to send (RFC 3550 section 5.1), with the MID that BUNDLE tells tracks apart by (RFC 9143 section 15.1). */
export type RtpHeader = {
  payloadType: number;
  marker: boolean;
  sequenceNumber: number;
  timestamp: number;
  ssrc: number;
  /** The header extension's number in the answer, and the value; absent where the answer took none. */
  mid: { extensionId: number; value: string } | undefined;
  /** Likewise; from 0, as loud as can be, to -127. */
  audioLevel?: { extensionId: number; levelDbov: number } | undefined;
};

const FIXED_HEADER_BYTES = 12;
const ONE_BYTE_PROFILE = 0xbede;

/** One-byte header extensions (RFC 8285 section 4.2), padded to whole words; nothing where there are none. */
const extensionsOf = ({ mid, audioLevel }: RtpHeader): Buffer => {
  const elements = [
    ...(mid ? [elementOf(mid.extensionId, Buffer.from(mid.value, 'latin1'))] : []),
    ...(audioLevel ? [elementOf(audioLevel.extensionId, Buffer.of(-audioLevel.levelDbov))] : []),
  ];
  if (elements.length === 0) return Buffer.alloc(0);
  const data = Buffer.concat(elements);
  const words = Math.ceil(data.length / 4);
  const bytes = Buffer.alloc(4 + 4 * words);
  bytes.writeUInt16BE(ONE_BYTE_PROFILE, 0);
  bytes.writeUInt16BE(words, 2);
  data.copy(bytes, 4);
  return bytes;
};

const elementOf = (id: number, value: Buffer): Buffer =>
  Buffer.concat([Buffer.of((id << 4) | (value.length - 1)), value]);

/** One packet as bytes. */
export const writeRtp = (header: RtpHeader, payload: Uint8Array): Buffer => {
  const fixed = Buffer.alloc(FIXED_HEADER_BYTES);
  const extensions = extensionsOf(header);
  fixed.writeUInt8(extensions.length > 0 ? 0x90 : 0x80, 0);
  fixed.writeUInt8(header.payloadType | (header.marker ? 0x80 : 0), 1);
  fixed.writeUInt16BE(header.sequenceNumber, 2);
  fixed.writeUInt32BE(header.timestamp, 4);
  fixed.writeUInt32BE(header.ssrc, 8);
  return Buffer.concat([fixed, extensions, payload]);
};
