import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNeedlesslySmall, type SentPicture } from './full-size-picture.ts';

const picture = (some: Partial<SentPicture>): SentPicture => ({
  height: 360,
  trackHeight: 720,
  targetBitsPerSecond: 1_700_000,
  limitation: 'bandwidth',
  ...some,
});

test('a small picture with bits enough for the whole is given another look', () => {
  assert.equal(isNeedlesslySmall(picture({})), true);
  assert.equal(isNeedlesslySmall(picture({ height: 540, targetBitsPerSecond: 1_200_000 })), true);
  assert.equal(isNeedlesslySmall(picture({ height: 720, trackHeight: 1080 })), false);
});

test('one that is small for want of bits or of processor time, or is whole, is left alone', () => {
  assert.equal(isNeedlesslySmall(picture({ targetBitsPerSecond: 1_000_000 })), false);
  assert.equal(isNeedlesslySmall(picture({ limitation: 'cpu' })), false);
  assert.equal(isNeedlesslySmall(picture({ height: 720 })), false);
});
