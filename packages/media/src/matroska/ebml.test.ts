import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { element, encodeSize, slot, stringElement, unsignedElement, voidElement } from './ebml.ts';
import { dataOf, findAll, readElements, unsignedOf } from './element-reader-fixture.ts';

const numbers = fc.integer({ min: 0, max: 2 ** 45 });

test('a number is read back as it was written, at any width', () => {
  fc.assert(
    fc.property(numbers, fc.integer({ min: 6, max: 8 }), (value, width) => {
      for (const bytes of [unsignedElement(0xd7, value), unsignedElement(0xd7, value, width)]) {
        const [read] = readElements(bytes);
        assert.ok(read);
        assert.equal(unsignedOf(bytes, read), value);
      }
    }),
  );
});

test('contents of every length keep their size', () => {
  for (const length of [0, 1, 126, 127, 128, 16_382, 16_383, 16_384, 2_097_151, 2_097_152]) {
    const bytes = element(0x63a2, new Uint8Array(length));
    const [read] = readElements(bytes);
    assert.ok(read);
    assert.equal(read.end - read.dataOffset, length);
    assert.equal(read.end, bytes.length);
  }
});

test('a size that does not fit its width is refused, and so is the one that would mean unknown', () => {
  assert.throws(() => encodeSize(127, 1), RangeError);
  assert.throws(() => encodeSize(-1, 1), RangeError);
  assert.deepEqual([...encodeSize(126, 1)], [0xfe]);
});

test('a Void takes exactly the room it is given', () => {
  for (let total = 2; total < 400; total++) {
    const bytes = voidElement(total);
    const read = readElements(bytes);
    assert.equal(bytes.length, total);
    assert.deepEqual(
      read.map(({ id, end }) => ({ id, end })),
      [{ id: 0xec, end: total }],
    );
  }
});

test('a slot is as long with one thing in it as with another', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 296 }), (length) => {
      const contents = element(0x63a2, new Uint8Array(length));
      fc.pre(contents.length <= 298);
      const bytes = slot(300, contents);
      assert.equal(bytes.length, 300);
      assert.equal(findAll(readElements(bytes), 0x63a2).length, 1);
    }),
  );
  assert.throws(() => slot(4, new Uint8Array(3)), RangeError);
});

test('padded text ends at its first NUL', () => {
  const bytes = stringElement(0x4282, 'webm', 8);
  const [read] = readElements(bytes);
  assert.ok(read);
  assert.equal(new TextDecoder().decode(dataOf(bytes, read)), 'webm\0\0\0\0');
});
