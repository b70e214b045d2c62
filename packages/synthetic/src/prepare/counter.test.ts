import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bitsToCounter, COUNTER_BITS, COUNTER_MODULUS, counterToBits } from './counter.ts';

const counters = fc.nat(COUNTER_MODULUS - 1);
const position = fc.nat(COUNTER_BITS - 1);

const flip = (bits: readonly boolean[], at: readonly number[]): boolean[] =>
  bits.map((bit, index) => (at.includes(index) ? !bit : bit));

test('every counter reads back as itself', () => {
  for (let counter = 0; counter < COUNTER_MODULUS; counter++) {
    assert.equal(bitsToCounter(counterToBits(counter)), counter);
  }
});

test('counters past 2047 begin again at 0', () => {
  assert.deepEqual(counterToBits(COUNTER_MODULUS + 5), counterToBits(5));
});

test('one or two bits read wrongly are noticed', () => {
  fc.assert(
    fc.property(counters, position, position, (counter, first, second) => {
      assert.equal(bitsToCounter(flip(counterToBits(counter), [first, second])), undefined);
    }),
  );
});

test('an area that is all black or all white is no counter', () => {
  assert.equal(bitsToCounter(Array(COUNTER_BITS).fill(false)), undefined);
  assert.equal(bitsToCounter(Array(COUNTER_BITS).fill(true)), undefined);
});
