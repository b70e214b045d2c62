/** The Range header of RFC 9110, section 14.2: one range of bytes, or the last so many. */
import type { ByteRange } from '../storage/object-store.ts';

export type RangeRequest =
  /** No range, several, another unit or a malformed one: the whole is answered, as section 14.2 lets a server do. */
  { kind: 'whole' } | { kind: 'part'; range: ByteRange } | { kind: 'unsatisfiable' };

const WHOLE: RangeRequest = { kind: 'whole' };
const UNSATISFIABLE: RangeRequest = { kind: 'unsatisfiable' };

const SINGLE_RANGE = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i;

export const readRange = (header: string | undefined, sizeBytes: number): RangeRequest => {
  const [, first, last] = SINGLE_RANGE.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return WHOLE;
  if (first === '') return suffixOf(Number(last), sizeBytes);
  const start = Number(first);
  const end = last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (last !== '' && Number(last) < start) return WHOLE;
  return start < sizeBytes ? { kind: 'part', range: { start, end } } : UNSATISFIABLE;
};

const suffixOf = (lengthBytes: number, sizeBytes: number): RangeRequest => {
  if (lengthBytes === 0 || sizeBytes === 0) return UNSATISFIABLE;
  return { kind: 'part', range: { start: Math.max(0, sizeBytes - lengthBytes), end: sizeBytes - 1 } };
};
