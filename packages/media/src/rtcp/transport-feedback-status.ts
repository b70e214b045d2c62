/** The chunks of transport-wide feedback that say which packets came (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1.1 to 3.1.4). */

/** Not received, or with a delta of so many bytes: the draft's symbols are the deltas' sizes. */
export type Status = 0 | 1 | 2;
export const SMALL_DELTA = 1;
export const LARGE_DELTA = 2;

const MAX_RUN = 0x1fff;
/** So that a chunk never exceeds the packet by itself. */
const MAX_RECEIVED_RUN = 256;
const ONE_BIT_SYMBOLS = 14;
const TWO_BIT_SYMBOLS = 7;
const VECTOR = 0x8000;
const TWO_BIT = 0x4000;
/** Of chunks and deltas together: a packet stays well below a path's MTU. */
const MAX_BYTES = 1000;

type Chunk = { word: number; symbols: number };

const runLength = (statuses: readonly Status[], start: number): number => {
  const status = statuses[start];
  const limit = Math.min(statuses.length, start + (status === 0 ? MAX_RUN : MAX_RECEIVED_RUN));
  let end = start + 1;
  while (end < limit && statuses[end] === status) end += 1;
  return end - start;
};

const packed = (statuses: readonly Status[], bitsEach: 1 | 2): number =>
  statuses.reduce<number>((word, status, index) => word | (status << (14 - bitsEach * (index + 1))), 0);

/** The chunk that says most, from here on. A vector may go beyond the last status: readers stop at their count. */
const chunkAt = (statuses: readonly Status[], start: number): Chunk => {
  const run = runLength(statuses, start);
  const many = statuses.slice(start, start + ONE_BIT_SYMBOLS);
  const oneBit = !many.includes(LARGE_DELTA);
  if (run >= (oneBit ? many.length : Math.min(many.length, TWO_BIT_SYMBOLS))) {
    return { word: ((statuses[start] ?? 0) << 13) | run, symbols: run };
  }
  if (oneBit) return { word: VECTOR | packed(many, 1), symbols: many.length };
  const few = many.slice(0, TWO_BIT_SYMBOLS);
  return { word: VECTOR | TWO_BIT | packed(few, 2), symbols: few.length };
};

const sizeOf = (statuses: readonly Status[]): number => statuses.reduce<number>((sum, status) => sum + status, 0);

/** Chunks for as many statuses as a packet holds; `deltaBytes` is what their deltas take. */
export const encodeStatuses = (
  statuses: readonly Status[],
): { chunks: number[]; covered: number; deltaBytes: number } => {
  const chunks: number[] = [];
  let [covered, deltaBytes] = [0, 0];
  while (covered < statuses.length) {
    const { word, symbols } = chunkAt(statuses, covered);
    const size = sizeOf(statuses.slice(covered, covered + symbols));
    if (2 * (chunks.length + 1) + deltaBytes + size > MAX_BYTES) break;
    chunks.push(word);
    covered += symbols;
    deltaBytes += size;
  }
  return { chunks, covered, deltaBytes };
};

const symbolsOf = (word: number, limit: number): Status[] => {
  if ((word & VECTOR) === 0) {
    const status = ((word >> 13) & 3) as 0 | 1 | 2 | 3;
    return Array<Status>(Math.min(word & MAX_RUN, limit)).fill(status === 3 ? 0 : status);
  }
  const bitsEach = word & TWO_BIT ? 2 : 1;
  return Array.from({ length: Math.min(14 / bitsEach, limit) }, (_, index) => {
    const symbol = (word >> (14 - bitsEach * (index + 1))) & (bitsEach === 2 ? 3 : 1);
    // 3 is reserved: nothing is known of its packet, and it has no delta.
    return symbol === 3 ? 0 : (symbol as Status);
  });
};

/** So many statuses; undefined where the chunks end before, or say nothing. */
export const readStatuses = (
  view: DataView,
  start: number,
  count: number,
): { statuses: Status[]; end: number } | undefined => {
  const statuses: Status[] = [];
  let offset = start;
  while (statuses.length < count) {
    if (offset + 2 > view.byteLength) return undefined;
    for (const status of symbolsOf(view.getUint16(offset), count - statuses.length)) statuses.push(status);
    offset += 2;
  }
  return { statuses, end: offset };
};
