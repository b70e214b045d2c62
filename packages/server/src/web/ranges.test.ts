import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readRange } from './ranges.ts';

test('one range, open or closed, and a suffix', () => {
  assert.deepEqual(readRange('bytes=0-0', 10), { kind: 'part', range: { start: 0, end: 0 } });
  assert.deepEqual(readRange('bytes=2-5', 10), { kind: 'part', range: { start: 2, end: 5 } });
  assert.deepEqual(readRange('bytes=4-', 10), { kind: 'part', range: { start: 4, end: 9 } });
  assert.deepEqual(readRange('bytes=4-999', 10), { kind: 'part', range: { start: 4, end: 9 } });
  assert.deepEqual(readRange('bytes=-3', 10), { kind: 'part', range: { start: 7, end: 9 } });
  assert.deepEqual(readRange('bytes=-999', 10), { kind: 'part', range: { start: 0, end: 9 } });
  assert.deepEqual(readRange('Bytes= 2-5 ', 10), { kind: 'part', range: { start: 2, end: 5 } });
});

test('a range after the end, and any range of nothing, cannot be satisfied', () => {
  for (const header of ['bytes=10-', 'bytes=10-20', 'bytes=-0', `bytes=${'9'.repeat(400)}-`]) {
    assert.deepEqual(readRange(header, 10), { kind: 'unsatisfiable' }, header);
  }
  assert.deepEqual(readRange('bytes=-1', 0), { kind: 'unsatisfiable' });
  assert.deepEqual(readRange('bytes=0-', 0), { kind: 'unsatisfiable' });
});

test('none, several, another unit or a malformed one: the whole file', () => {
  const whole = [
    undefined,
    '',
    'bytes=',
    'bytes=-',
    'bytes=5-2',
    'bytes=0-1,4-5',
    'items=0-1',
    'bytes 0-1',
    'bytes=a-b',
    'bytes=1--2',
  ];
  for (const header of whole) assert.deepEqual(readRange(header, 10), { kind: 'whole' }, header);
});

test('a part is always within the file, whatever is asked', () => {
  const headers = fc.oneof(
    fc.string(),
    fc.tuple(fc.nat(), fc.nat()).map(([a, b]) => `bytes=${a}-${b}`),
    fc.nat().map((n) => `bytes=-${n}`),
  );
  fc.assert(
    fc.property(headers, fc.nat({ max: 5000 }), (header, size) => {
      const read = readRange(header, size);
      if (read.kind !== 'part') return;
      assert.ok(read.range.start >= 0 && read.range.start <= read.range.end && read.range.end < size);
    }),
  );
});
