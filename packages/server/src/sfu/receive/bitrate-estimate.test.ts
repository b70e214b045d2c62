import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BitrateEstimate, type ReceivedInterval } from './bitrate-estimate.ts';

/** Megabytes a minute, as bits a second. */
const perMinute = (megabytes: number): number => (megabytes * 8e6) / 60;
const second = (share: Partial<ReceivedInterval>): ReceivedInterval => ({
  bitsPerSecond: 1_000_000,
  expected: 200,
  lost: 0,
  ...share,
});

/** A second each. */
const run = (estimate: BitrateEstimate, seconds: number, interval: ReceivedInterval, fromMs = 0): void => {
  for (let index = 1; index <= seconds; index += 1) estimate.update(interval, fromMs + index * 1000);
};

const assertUnder = (estimate: BitrateEstimate, megabytesPerMinute: number): void => {
  assert.ok(estimate.bitsPerSecond <= perMinute(megabytesPerMinute));
  assert.ok(estimate.bitsPerSecond > 0.9 * perMinute(megabytesPerMinute));
};

test('it begins with what 720p may have, whatever the first picture', () => {
  const estimate = new BitrateEstimate();
  estimate.handlePictureSize(320, 180, 0);
  assertUnder(estimate, 18.5);
});

test('a larger picture has its own cap at once, standing or lying', () => {
  for (const [width, height] of [
    [1920, 1080],
    [1080, 1920],
    [2560, 1440],
  ] as const) {
    const estimate = new BitrateEstimate();
    estimate.handlePictureSize(width, height, 0);
    assertUnder(estimate, 37.5);
  }
});

test("a picture that stays small for 10 s by the sender's own choice has a smaller cap", () => {
  const estimate = new BitrateEstimate();
  estimate.handlePictureSize(640, 360, 0);
  run(estimate, 9, second({}));
  assertUnder(estimate, 18.5);
  run(estimate, 2, second({}), 9000);
  assertUnder(estimate, 7.5);
  estimate.handlePictureSize(1280, 720, 12_000);
  assertUnder(estimate, 18.5);
});

test('a picture that our own allowance keeps small does not lower it', () => {
  const estimate = new BitrateEstimate();
  estimate.handlePictureSize(640, 360, 0);
  run(estimate, 30, second({ bitsPerSecond: 2_300_000 }));
  assertUnder(estimate, 18.5);
});

test('more than a tenth lost lowers it, to what came through and less', () => {
  const estimate = new BitrateEstimate();
  run(estimate, 1, second({ lost: 40 }));
  assert.ok(estimate.bitsPerSecond < 1_200_000);
  assert.ok(estimate.bitsPerSecond > 900_000);
});

test('a few in a hundred lost holds it; none lets it rise slowly, up to the cap', () => {
  const estimate = new BitrateEstimate();
  run(estimate, 1, second({ lost: 40 }));
  const low = estimate.bitsPerSecond;
  run(estimate, 10, second({ lost: 10 }), 1000);
  assert.equal(estimate.bitsPerSecond, low);
  run(estimate, 10, second({}), 11_000);
  assert.ok(estimate.bitsPerSecond > 1.3 * low && estimate.bitsPerSecond < 2.2 * low);
  run(estimate, 60, second({ bitsPerSecond: 2_000_000 }), 21_000);
  assertUnder(estimate, 18.5);
});

test('a burst among few packets is not taken for a tenth', () => {
  const estimate = new BitrateEstimate();
  run(estimate, 1, second({ expected: 50, lost: 7 }));
  run(estimate, 4, second({ expected: 50, lost: 1 }), 1000);
  assertUnder(estimate, 18.5);
});

test('it never falls so low that sound would not fit', () => {
  const estimate = new BitrateEstimate();
  run(estimate, 100, second({ bitsPerSecond: 1000, lost: 199 }));
  assert.equal(estimate.bitsPerSecond, 150_000);
});
