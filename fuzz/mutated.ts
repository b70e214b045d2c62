/** Inputs near to real ones: taken from a corpus and damaged in a few places. They shrink to fewer and smaller damages. */
import fc from 'fast-check';

type Damage =
  | { kind: 'set'; at: number; value: number }
  | { kind: 'insert'; at: number; bytes: Uint8Array }
  | { kind: 'remove'; at: number; length: number }
  | { kind: 'repeat'; at: number; length: number; times: number }
  | { kind: 'cut'; at: number };

/** Where parsers go wrong: ends of ranges, and sizes just around them. */
const TELLING_BYTES = [0, 1, 0x0a, 0x0d, 0x20, 0x2f, 0x3a, 0x7f, 0x80, 0xbe, 0xde, 0xfe, 0xff];

const value = fc.oneof(fc.constantFrom(...TELLING_BYTES), fc.integer({ min: 0, max: 255 }));
const at = fc.nat({ max: 0xffff });
const length = fc.integer({ min: 1, max: 40 });

const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), at, value }),
  fc.record({ kind: fc.constant('insert' as const), at, bytes: fc.uint8Array({ minLength: 1, maxLength: 16 }) }),
  fc.record({ kind: fc.constant('remove' as const), at, length }),
  fc.record({ kind: fc.constant('repeat' as const), at, length, times: fc.integer({ min: 1, max: 50 }) }),
  fc.record({ kind: fc.constant('cut' as const), at }),
);

const splice = (bytes: Uint8Array, start: number, removed: number, added: Uint8Array): Uint8Array => {
  const result = new Uint8Array(bytes.length - removed + added.length);
  result.set(bytes.subarray(0, start));
  result.set(added, start);
  result.set(bytes.subarray(start + removed), start + added.length);
  return result;
};

const NOTHING = new Uint8Array(0);

const applyDamage = (bytes: Uint8Array, one: Damage): Uint8Array => {
  const start = bytes.length === 0 ? 0 : one.at % bytes.length;
  const upTo = (length: number): number => Math.min(length, bytes.length - start);
  switch (one.kind) {
    case 'set':
      return splice(bytes, start, upTo(1), Uint8Array.of(one.value));
    case 'insert':
      return splice(bytes, start, 0, one.bytes);
    case 'remove':
      return splice(bytes, start, upTo(one.length), NOTHING);
    case 'cut':
      return bytes.slice(0, start);
    case 'repeat': {
      const piece = bytes.slice(start, start + one.length);
      const copies = new Uint8Array(piece.length * one.times);
      for (let copy = 0; copy < one.times; copy += 1) copies.set(piece, copy * piece.length);
      return splice(bytes, start, 0, copies);
    }
  }
};

/** A real one, whole or damaged, or anything of up to `maxLength` bytes. */
export const bytesLike = (corpus: readonly Uint8Array[], maxLength = 200): fc.Arbitrary<Uint8Array> =>
  fc.oneof({ weight: 5, arbitrary: damaged(corpus) }, { weight: 1, arbitrary: fc.uint8Array({ maxLength }) });

const damaged = (corpus: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(fc.constantFrom(...corpus), fc.array(damage, { maxLength: 6 }))
    .map(([bytes, damages]) => damages.reduce(applyDamage, bytes));

const pieceOf = (texts: readonly string[]): fc.Arbitrary<string> => {
  const pieces = [...new Set(texts.flatMap((text) => text.split(/(\r?\n|[ /:;=,&-])/)))].filter(
    (piece) => piece !== '',
  );
  return fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((some) => some.join(''));
};

/** Likewise; also the pieces of the real ones in any order, and what looks like them but is not (full-width digits and the like). */
export const textLike = (corpus: readonly string[], maxLength = 200): fc.Arbitrary<string> => {
  const latin1 = damaged(corpus.map((text) => Buffer.from(text, 'utf8')));
  return fc.oneof(
    { weight: 4, arbitrary: latin1.map((bytes) => Buffer.from(bytes).toString('utf8')) },
    { weight: 2, arbitrary: pieceOf(corpus) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength }) },
    { weight: 1, arbitrary: fc.constantFrom(...corpus).map((text) => text.replace(/\d/g, fullWidth)) },
  );
};

const fullWidth = (digit: string): string => String.fromCharCode(digit.charCodeAt(0) - 0x30 + 0xff10);

/** One from each line or value in turn. */
export const anyOf = <Value>(values: readonly Value[]): fc.Arbitrary<Value> => fc.constantFrom(...values);
