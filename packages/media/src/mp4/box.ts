/** Boxes of the ISO base media file format (ISO/IEC 14496-12). */

const BOX_HEADER_BYTES = 8;

/** Big-endian numbers of the given widths, one behind the other: `fields([2, 640], [4, 0])`. */
export const fields = (...values: readonly (readonly [width: 1 | 2 | 4 | 8, value: number])[]): Uint8Array => {
  const bytes = new Uint8Array(values.reduce((sum, [width]) => sum + width, 0));
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const [width, value] of values) {
    if (width === 1) view.setUint8(offset, value);
    else if (width === 2) view.setUint16(offset, value);
    else if (width === 4) view.setUint32(offset, value);
    else view.setBigUint64(offset, BigInt(value));
    offset += width;
  }
  return bytes;
};

/** Many numbers of 32 bits: the tables of a long recording. */
export const table = (values: ArrayLike<number>): Uint8Array => {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (let index = 0; index < values.length; index++) view.setUint32(4 * index, values[index] ?? 0);
  return new Uint8Array(view.buffer);
};

/** Many numbers of 64 bits, each a whole number below 2^53. */
export const longTable = (values: ArrayLike<number>): Uint8Array => {
  const view = new DataView(new ArrayBuffer(8 * values.length));
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? 0;
    view.setUint32(8 * index, Math.floor(value / 2 ** 32));
    view.setUint32(8 * index + 4, value % 2 ** 32);
  }
  return new Uint8Array(view.buffer);
};

/** ASCII to bytes. */
export const ascii = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

/** A box of this four-letter type around the parts. */
export const box = (type: string, ...parts: Uint8Array[]): Uint8Array => {
  const size = parts.reduce((sum, part) => sum + part.length, BOX_HEADER_BYTES);
  const bytes = new Uint8Array(size);
  bytes.set(fields([4, size]));
  bytes.set(ascii(type), 4);
  let offset = BOX_HEADER_BYTES;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
};

/** A box that begins with a version and 24 bits of flags. */
export const fullBox = (type: string, version: number, flags: number, ...parts: Uint8Array[]): Uint8Array =>
  box(type, fields([4, version * 2 ** 24 + flags]), ...parts);
