/** EBML (RFC 8794): element IDs, sizes and values, to bytes. */

const VOID_ID = 0xec;

/** A size that is not known yet, in eight bytes: the element goes on until something of its own level follows. */
export const UNKNOWN_SIZE = Uint8Array.of(0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);

const bigEndian = (value: number, width: number): Uint8Array => {
  const bytes = new Uint8Array(width);
  let rest = value;
  for (let index = width - 1; index >= 0; index--) {
    bytes[index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return bytes;
};

/** An ID as it stands in the file: its marker bits are part of the number (0x1a45dfa3). */
export const encodeId = (id: number): Uint8Array => {
  const width = id > 0xffffff ? 4 : id > 0xffff ? 3 : id > 0xff ? 2 : 1;
  return bigEndian(id, width);
};

/** A size in exactly `width` bytes (1 to 8), so that it can be patched in place. */
export const encodeSize = (size: number, width: number): Uint8Array => {
  // All ones means "unknown", hence the -1.
  if (size < 0 || size >= 2 ** (7 * width) - 1) throw new RangeError(`size ${size} does not fit ${width} bytes`);
  const bytes = bigEndian(size, width);
  bytes[0] = (bytes[0] ?? 0) | (1 << (8 - width));
  return bytes;
};

const shortestSize = (size: number): Uint8Array => {
  let width = 1;
  while (size >= 2 ** (7 * width) - 1) width++;
  return encodeSize(size, width);
};

/** Several runs of bytes as one. */
export const concatBytes = (parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
};

/** An element with its ID and shortest size; a master element where the parts are elements. */
export const element = (id: number, ...parts: Uint8Array[]): Uint8Array => {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return concatBytes([encodeId(id), shortestSize(length), ...parts]);
};

/** An unsigned integer in exactly `width` bytes; by default the fewest that hold it. */
export const unsignedElement = (id: number, value: number, width?: number): Uint8Array => {
  let least = 1;
  while (value >= 256 ** least) least++;
  return element(id, bigEndian(value, width ?? least));
};

/** A 64-bit float. */
export const floatElement = (id: number, value: number): Uint8Array => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value);
  return element(id, bytes);
};

/** ASCII text, padded with NULs to `paddedBytes` (readers stop at the first NUL, RFC 8794 section 7.4). */
export const stringElement = (id: number, text: string, paddedBytes = text.length): Uint8Array => {
  const bytes = new Uint8Array(paddedBytes);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return element(id, bytes);
};

/** Exactly `totalBytes` (2 or more) that every reader skips. */
export const voidElement = (totalBytes: number): Uint8Array => {
  const sizeWidth = totalBytes > 2 + 126 ? 8 : 1;
  const contents = totalBytes - 1 - sizeWidth;
  return concatBytes([encodeId(VOID_ID), encodeSize(contents, sizeWidth), new Uint8Array(contents)]);
};

/** `contents` and then a Void, `slotBytes` long in all: room that can be written anew with something of another length. */
export const slot = (slotBytes: number, ...contents: Uint8Array[]): Uint8Array => {
  const used = contents.reduce((sum, part) => sum + part.length, 0);
  const left = slotBytes - used;
  if (left === 0) return concatBytes(contents);
  if (left < 2) throw new RangeError(`${used} bytes do not fit a slot of ${slotBytes}`);
  return concatBytes([...contents, voidElement(left)]);
};
