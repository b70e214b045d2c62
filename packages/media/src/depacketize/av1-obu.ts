/** AV1's open bitstream units (AV1 specification section 5.3). */
import { concatBytes } from '../matroska/ebml.ts';

export const OBU_TYPE = {
  sequenceHeader: 1,
  temporalDelimiter: 2,
  frameHeader: 3,
  frame: 6,
  tileList: 8,
  padding: 15,
} as const;

export type Obu = { type: number; header: Uint8Array; payload: Uint8Array };

const FORBIDDEN = 0x80;
const HAS_EXTENSION = 0x04;
const HAS_SIZE = 0x02;
/** leb128() is at most eight bytes; no size of ours takes more than five. */
const MAX_LEB128_BYTES = 5;

export type Leb128 = { value: number; sizeBytes: number };

/** Undefined where it does not end in these bytes, or is larger than any size may be. */
export const readLeb128 = (bytes: Uint8Array, offset: number): Leb128 | undefined => {
  let value = 0;
  for (let index = 0; index < MAX_LEB128_BYTES; index++) {
    const byte = bytes[offset + index];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, sizeBytes: index + 1 };
  }
  return undefined;
};

export const writeLeb128 = (value: number): number[] => {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push(0x80 | (rest % 128));
  }
};

/** One OBU, which these bytes hold alone; it may or may not tell its size. */
export const parseObu = (bytes: Uint8Array): Obu | undefined => {
  const first = bytes[0];
  if (first === undefined || first & FORBIDDEN) return undefined;
  const headerBytes = first & HAS_EXTENSION ? 2 : 1;
  if (bytes.length < headerBytes) return undefined;
  const obu = { type: (first >> 3) & 15, header: bytes.subarray(0, headerBytes) };
  if ((first & HAS_SIZE) === 0) return { ...obu, payload: bytes.subarray(headerBytes) };
  const size = readLeb128(bytes, headerBytes);
  if (size === undefined) return undefined;
  const start = headerBytes + size.sizeBytes;
  if (start + size.value > bytes.length) return undefined;
  return { ...obu, payload: bytes.subarray(start, start + size.value) };
};

/** As it stands in files: with its size. */
export const encodeObu = ({ header, payload }: Obu): Uint8Array => {
  const [first = 0, ...extension] = header;
  return concatBytes([Uint8Array.of(first | HAS_SIZE, ...extension, ...writeLeb128(payload.length)), payload]);
};
