/** For tests: a plain reader of EBML, written from RFC 8794 and sharing nothing with the writer. */

export type ReadElement = { id: number; offset: number; dataOffset: number; end: number; children: ReadElement[] };

const MASTERS = new Set([
  0x1a45dfa3, 0x18538067, 0x114d9b74, 0x4dbb, 0x1549a966, 0x1654ae6b, 0xae, 0xe0, 0xe1, 0x1f43b675, 0x1c53bb6b, 0xbb,
  0xb7,
]);
const CLUSTER = 0x1f43b675;
const LEVEL_ONE = new Set([0x114d9b74, 0x1549a966, 0x1654ae6b, CLUSTER, 0x1c53bb6b]);

const widthOf = (first: number): number => Math.clz32(first) - 23;

const readNumber = (bytes: Uint8Array, offset: number, width: number): number => {
  let value = 0;
  for (let index = 0; index < width; index++) value = value * 256 + (bytes[offset + index] ?? 0);
  return value;
};

/** Undefined for "unknown", which is all ones behind the marker. */
const readSize = (bytes: Uint8Array, offset: number): { size: number | undefined; width: number } => {
  const width = widthOf(bytes[offset] ?? 0);
  const high = (bytes[offset] ?? 0) & (0xff >> width);
  const isUnknown = high === 0xff >> width && bytes.subarray(offset + 1, offset + width).every((byte) => byte === 0xff);
  const size = high * 256 ** (width - 1) + readNumber(bytes, offset + 1, width - 1);
  return { size: isUnknown ? undefined : size, width };
};

/** A cluster of unknown size ends where something of its own level starts. */
const endOfUnknown = (bytes: Uint8Array, start: number, end: number, id: number): number => {
  if (id !== CLUSTER) return end;
  let offset = start;
  while (offset < end) {
    const idWidth = widthOf(bytes[offset] ?? 0);
    if (LEVEL_ONE.has(readNumber(bytes, offset, idWidth))) return offset;
    const { size, width } = readSize(bytes, offset + idWidth);
    offset += idWidth + width + (size ?? 0);
  }
  return end;
};

/** All elements from `offset` to `end`, with their children. */
export const readElements = (bytes: Uint8Array, offset = 0, end = bytes.length): ReadElement[] => {
  const elements: ReadElement[] = [];
  let next = offset;
  while (next < end) {
    const idWidth = widthOf(bytes[next] ?? 0);
    const id = readNumber(bytes, next, idWidth);
    const { size, width } = readSize(bytes, next + idWidth);
    const dataOffset = next + idWidth + width;
    const elementEnd = size === undefined ? endOfUnknown(bytes, dataOffset, end, id) : dataOffset + size;
    if (elementEnd > end)
      throw new RangeError(`element ${id.toString(16)} at ${next} ends at ${elementEnd}, beyond ${end}`);
    const children = MASTERS.has(id) ? readElements(bytes, dataOffset, elementEnd) : [];
    elements.push({ id, offset: next, dataOffset, end: elementEnd, children });
    next = elementEnd;
  }
  return elements;
};

/** The elements with this ID anywhere below. */
export const findAll = (elements: readonly ReadElement[], id: number): ReadElement[] =>
  elements.flatMap((element) => [...(element.id === id ? [element] : []), ...findAll(element.children, id)]);

export const unsignedOf = (bytes: Uint8Array, element: ReadElement): number =>
  readNumber(bytes, element.dataOffset, element.end - element.dataOffset);

export const dataOf = (bytes: Uint8Array, element: ReadElement): Uint8Array =>
  bytes.subarray(element.dataOffset, element.end);

export type ReadBlock = { track: number; timeMs: number; keyFrame: boolean; data: Uint8Array; offset: number };

/** All SimpleBlocks, at their absolute times. */
export const readBlocks = (bytes: Uint8Array, elements: readonly ReadElement[]): ReadBlock[] =>
  findAll(elements, CLUSTER).flatMap((cluster) => {
    const time = findAll(cluster.children, 0xe7)[0];
    const clusterMs = time ? unsignedOf(bytes, time) : Number.NaN;
    return findAll(cluster.children, 0xa3).map((block) => {
      const data = dataOf(bytes, block);
      const relativeMs = new DataView(data.buffer, data.byteOffset).getInt16(1);
      return {
        track: (data[0] ?? 0) & 0x7f,
        timeMs: clusterMs + relativeMs,
        keyFrame: ((data[3] ?? 0) & 0x80) !== 0,
        data: data.slice(4),
        offset: block.offset,
      };
    });
  });
