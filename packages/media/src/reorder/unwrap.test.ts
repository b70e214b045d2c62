import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { stepBetween, Unwrapper } from './unwrap.ts';

test('a sequence number goes on past 65535, and disorder around the wrap steps back', () => {
  const unwrapper = new Unwrapper(16);
  const extended = [65534, 65535, 1, 0, 65533, 2].map((value) => unwrapper.next(value));
  assert.deepEqual(extended, [65534, 65535, 65537, 65536, 65533, 65538]);
});

test('a step back from the first value gives a negative number', () => {
  const unwrapper = new Unwrapper(32);
  unwrapper.next(0);
  assert.equal(unwrapper.next(0xffffffff), -1);
});

test('peeking does not move', () => {
  const unwrapper = new Unwrapper(16);
  assert.equal(unwrapper.peek(7), 7);
  unwrapper.next(65000);
  assert.equal(unwrapper.peek(100), 65636);
  assert.equal(unwrapper.next(65001), 65001);
});

test('widths that no bit operator can hold are refused', () => {
  for (const bits of [0, 33, 1.5, Number.NaN]) assert.throws(() => new Unwrapper(bits), TypeError);
});

test('any walk of steps under half the range is followed exactly, by wire values and by extended ones', () => {
  const walk = fc
    .integer({ min: 2, max: 32 })
    .chain((bits) =>
      fc.tuple(
        fc.constant(bits),
        fc.integer({ min: 0, max: 2 ** bits - 1 }),
        fc.array(fc.integer({ min: -(2 ** (bits - 1)) + 1, max: 2 ** (bits - 1) - 1 }), { maxLength: 50 }),
        fc.boolean(),
      ),
    );
  fc.assert(
    fc.property(walk, ([bits, start, steps, onWire]) => {
      const unwrapper = new Unwrapper(bits);
      unwrapper.next(start);
      let truth = start;
      for (const step of steps) {
        truth += step;
        const modulus = 2 ** bits;
        assert.equal(unwrapper.next(onWire ? ((truth % modulus) + modulus) % modulus : truth), truth);
      }
    }),
  );
});

test('the step between two values goes the shorter way', () => {
  assert.equal(stepBetween(127, 0, 7), 1);
  assert.equal(stepBetween(0, 127, 7), -1);
  assert.equal(stepBetween(0, 64, 7), -64);
  assert.equal(stepBetween(0xffffffff, 3, 32), 4);
});
