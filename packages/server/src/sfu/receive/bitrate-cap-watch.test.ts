import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CapWatch } from './bitrate-cap-watch.ts';

const CAP = 2_343_000;

const watch = (...bitsPerSecond: number[]): boolean => {
  const watched = new CapWatch();
  for (const bits of bitsPerSecond) watched.update(bits, CAP);
  return watched.ignored;
};

test('a moment over the cap is no offence, many seconds are', () => {
  assert.equal(watch(...Array(9).fill(3 * CAP)), false);
  assert.equal(watch(...Array(30).fill(1.05 * CAP)), false);
  assert.equal(watch(...Array(30).fill(0.8 * CAP), 3 * CAP, ...Array(30).fill(0.8 * CAP)), false);
  assert.equal(watch(...Array(30).fill(0.8 * CAP), ...Array(10).fill(1.3 * CAP)), true);
});

test('who ignored it once is not forgiven: his file stays as large', () => {
  assert.equal(watch(...Array(10).fill(2 * CAP), ...Array(60).fill(0)), true);
});
