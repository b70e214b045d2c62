import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GAP_CAUSES } from '@callreel/contract/gap-cause.ts';
import fc from 'fast-check';
import { formatIndexLine, type IndexLine, parseIndexLine } from './index-line.ts';
import { IndexReader } from './index-reader.ts';

const whole = fc.integer({ min: 0, max: 2 ** 49 });
const positive = fc.integer({ min: 1, max: 2 ** 30 });

const anyLine: fc.Arbitrary<IndexLine> = fc
  .oneof(
    fc.record({ kind: fc.constant('start' as const), startMs: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }) }),
    fc.record({ kind: fc.constant('cluster' as const), offset: whole, timeMs: whole }),
    fc.record({
      kind: fc.constant('picture' as const),
      width: positive,
      height: positive,
      codecPrivate: fc.option(fc.uint8Array({ minLength: 1, maxLength: 60 }), { nil: undefined }),
    }),
    fc.record({
      kind: fc.constant('video' as const),
      offset: whole,
      length: positive,
      timeMs: whole,
      keyFrame: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant('audio' as const),
      offset: whole,
      length: positive,
      timeMs: whole,
      durationMs: fc.constantFrom(2.5, 5, 10, 20, 40, 60, 120),
    }),
    fc.record({
      kind: fc.constant('gap' as const),
      track: fc.constantFrom('audio' as const, 'video' as const),
      cause: fc.constantFrom(...GAP_CAUSES),
      startMs: whole,
      lengthMs: positive,
    }),
    fc.record({ kind: fc.constant('end' as const), timeMs: whole }),
  )
  // Plain objects, as the parser makes them.
  .map((line) => ({ ...line }));

const toBytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (lines: readonly IndexLine[]): string => lines.map(formatIndexLine).join('');

test('every line is read back as it was written', () => {
  fc.assert(
    fc.property(anyLine, (line) => {
      assert.deepEqual(parseIndexLine(formatIndexLine(line).slice(0, -1)), line);
    }),
  );
});

test('what nobody of us wrote is no line', () => {
  const hostile = [
    '',
    ' ',
    'v',
    'v 1 2 3',
    'v 1 2 3 k k',
    'v 1 2 3 K',
    'v -1 2 3 k',
    'v 1 0 3 k',
    'v 01 2 3 k',
    'v 1e3 2 3 k',
    'v 1 2 3  k',
    'v 1 2 0x3 k',
    'v 1234567890123456 2 3 k',
    'v NaN 2 3 -',
    'a 1 2 3 0',
    'a 1 2 3 -20',
    'c 1',
    'c 1 2 3',
    'p 0 1 -',
    'p 1 1 abc',
    'p 1 1 ABCD',
    'p 1 1 ',
    'e',
    'e -1',
    'callreel-index 2 0',
    'callreel-index 1 -0',
    'callreel-index 1 0.5',
    '__proto__ 1',
    'constructor 1 2',
    'v 1 2 3 k\r',
    '\0\0\0\0',
  ];
  for (const text of hostile) assert.equal(parseIndexLine(text), undefined, JSON.stringify(text));
});

test('any text is taken without a fault, and only what we would write is taken for a line', () => {
  const pieces = fc.constantFrom(
    'v',
    'a',
    'c',
    'p',
    'e',
    'callreel-index',
    ' ',
    '1',
    '0',
    '-',
    'k',
    '99',
    'ff',
    '\0',
    '9007199254740993',
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 10 }).map((all) => all.join('')),
  );
  fc.assert(
    fc.property(text, (candidate) => {
      const line = parseIndexLine(candidate);
      if (line !== undefined) assert.equal(formatIndexLine(line), `${candidate}\n`);
    }),
  );
});

test('an index in pieces of any size is the same index', () => {
  fc.assert(
    fc.property(fc.array(anyLine, { maxLength: 20 }), fc.integer({ min: 1, max: 50 }), (lines, pieceBytes) => {
      const bytes = toBytes(textOf(lines));
      const reader = new IndexReader();
      const read = [];
      for (let start = 0; start < bytes.length; start += pieceBytes)
        read.push(...reader.push(bytes.subarray(start, start + pieceBytes)));
      assert.deepEqual(
        read.map(({ line }) => line),
        lines,
      );
      assert.equal(read.at(-1)?.endOffset ?? 0, bytes.length);
    }),
  );
});

test('an index cut at any byte gives the lines that are whole', () => {
  fc.assert(
    fc.property(fc.array(anyLine, { minLength: 1, maxLength: 8 }), fc.nat(), (lines, chance) => {
      const bytes = toBytes(textOf(lines));
      const cut = bytes.subarray(0, chance % (bytes.length + 1));
      const read = new IndexReader().push(cut);
      assert.deepEqual(
        read.map(({ line }) => line),
        lines.slice(0, read.length),
      );
      const rest = cut.subarray(read.at(-1)?.endOffset ?? 0);
      assert.ok(!rest.includes(10));
    }),
  );
});

test('behind damage nothing is believed', () => {
  const reader = new IndexReader();
  const good = formatIndexLine({ kind: 'end', timeMs: 5 });
  assert.equal(reader.push(toBytes(`${good}\0\0\0\0\n${good}`)).length, 1);
  assert.deepEqual(reader.push(toBytes(good)), []);
});

test('a line without end is not waited for', () => {
  const reader = new IndexReader();
  reader.push(new Uint8Array(20_000).fill(0x76));
  assert.deepEqual(reader.push(toBytes(`\n${formatIndexLine({ kind: 'end', timeMs: 5 })}`)), []);
});

test('bytes that are no text do no harm', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      new IndexReader().push(bytes);
    }),
  );
});
