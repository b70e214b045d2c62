import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RoundTripEstimate } from './round-trip-estimate.ts';

test('100 ms until something was measured, then the least', () => {
  const estimate = new RoundTripEstimate();
  assert.equal(estimate.valueMs(0), 100);
  estimate.measure(80, 1000);
  estimate.measure(120, 2000);
  assert.equal(estimate.valueMs(2000), 80);
});

test('a path that became longer is believed after 20 s at most', () => {
  const estimate = new RoundTripEstimate();
  estimate.measure(20, 0);
  estimate.measure(200, 11_000);
  assert.equal(estimate.valueMs(11_000), 20);
  estimate.measure(200, 22_000);
  assert.equal(estimate.valueMs(22_000), 200);
});

test('after a long pause it begins anew', () => {
  const estimate = new RoundTripEstimate();
  estimate.measure(20, 0);
  assert.equal(estimate.valueMs(60_000), 100);
});
