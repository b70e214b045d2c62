import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Slew } from './slew.ts';

test('the first answer is the target, and small changes are worked off at 20 ms a second', () => {
  const slew = new Slew();
  assert.equal(slew.localMs, undefined);
  assert.equal(slew.follow(0, 1000), 1000);
  assert.equal(slew.follow(100, 1150), 1102, 'fifty late: two nearer after 100 ms');
  assert.equal(slew.follow(2600, 3650), 3650);
  assert.deepEqual(slew.takeSteps(), [{ kind: 'slew', atMs: 1000, byMs: 50 }]);
  assert.deepEqual(slew.takeSteps(), []);
});

test('what is noticeable is worked off five times as fast in the first 15 s', () => {
  const slew = new Slew();
  slew.follow(0, 1000);
  const answers = [1000, 2000, 3000].map((mediaMs) => slew.follow(mediaMs, mediaMs + 1200));
  assert.deepEqual(answers, [2100, 3200, 4200]);
  assert.equal(slew.follow(15_000, 16_200), 16_200);
  assert.equal(slew.follow(16_000, 17_400), 17_220);
});

test('a correction under 20 ms is not told', () => {
  const slew = new Slew();
  slew.follow(0, 1000);
  slew.follow(100, 1115);
  assert.deepEqual(slew.takeSteps(), []);
});

test('more than 500 ms forwards is a step', () => {
  const slew = new Slew();
  slew.follow(0, 1000);
  assert.equal(slew.follow(100, 1700), 1700);
  assert.deepEqual(slew.takeSteps(), [{ kind: 'step', atMs: 1000, byMs: 600 }]);
});

test('more than 500 ms back holds the time until the target has caught up', () => {
  const slew = new Slew();
  slew.follow(0, 1000);
  const answers = [100, 200, 600, 800, 900].map((mediaMs) => slew.follow(mediaMs, mediaMs + 1000 - 700));
  assert.deepEqual(answers, [1000, 1000, 1000, 1100, 1200]);
  assert.deepEqual(slew.takeSteps(), [{ kind: 'step', atMs: 1000, byMs: -700 }]);
});

test('an older time is answered behind the last, by no more than a second', () => {
  const slew = new Slew();
  slew.follow(1000, 5000);
  assert.equal(slew.follow(990, 4990), 4990);
  assert.equal(slew.follow(1000, 9000), 5000);
  assert.equal(slew.follow(-1e9, 0), 4000);
  assert.equal(slew.follow(1100, 5100), 5100);
});

test('another timeline goes on behind the last answer', () => {
  const slew = new Slew();
  slew.follow(1000, 5000);
  slew.restart();
  assert.equal(slew.follow(50, 4000), 5000);
  assert.equal(slew.follow(1150, 5100), 5100);
  assert.deepEqual(slew.takeSteps(), [{ kind: 'restart', atMs: 5000, byMs: -1000 }]);
});

test('answers never fall, whatever the target does, and steps that nobody takes are bounded', () => {
  const walk = fc.array(
    fc.tuple(fc.double({ min: 0.1, max: 5000, noNaN: true }), fc.integer({ min: -1e6, max: 1e6 })),
    {
      maxLength: 400,
    },
  );
  fc.assert(
    fc.property(walk, (steps) => {
      const slew = new Slew();
      let [mediaMs, last] = [0, -Infinity];
      for (const [elapsedMs, offsetMs] of steps) {
        mediaMs += elapsedMs;
        const localMs = slew.follow(mediaMs, mediaMs + offsetMs);
        assert.ok(localMs >= last);
        last = localMs;
      }
      assert.ok(slew.takeSteps().length <= 256);
    }),
  );
});
