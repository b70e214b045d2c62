import assert from 'node:assert/strict';
import { test } from 'node:test';
import { playLossyCall } from './loss-call-fixture.ts';

const MINUTE = { durationMs: 60_000, lossRate: 0.05, roundTripMs: 80 };

test('5 % lost each way at 80 ms: 99.9 % of the packets are recorded, and each of the others is named', () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const outcome = playLossyCall({ ...MINUTE, seed });
    assert.ok(outcome.lost > 0.04 * outcome.sent);
    assert.ok(outcome.recorded >= 0.999 * outcome.sent, `${outcome.recorded} of ${outcome.sent}`);
    assert.equal(outcome.unrecovered, outcome.sent - outcome.recorded);
    assert.equal(outcome.recovered, outcome.lost - outcome.unrecovered);
    assert.ok(outcome.asked < 1.3 * outcome.lost, `${outcome.asked} asked for ${outcome.lost}`);
  }
});

test('a still screen: the loss shows a second later, and is mended all the same', () => {
  const outcome = playLossyCall({ ...MINUTE, durationMs: 600_000, seed: 6, framesPerSecond: 1 });
  assert.ok(outcome.recorded >= 0.999 * outcome.sent, `${outcome.recorded} of ${outcome.sent}`);
  assert.equal(outcome.unrecovered, outcome.sent - outcome.recorded);
});

test('a path that loses nothing is asked for nothing', () => {
  const { asked, recorded, sent } = playLossyCall({ ...MINUTE, lossRate: 0, seed: 1 });
  assert.deepEqual([asked, recorded], [0, sent]);
});

test('on a long path there is no time to wait for an answer before asking again', () => {
  const outcome = playLossyCall({ ...MINUTE, roundTripMs: 200, seed: 1 });
  assert.ok(outcome.recorded >= 0.999 * outcome.sent, `${outcome.recorded} of ${outcome.sent}`);
  assert.equal(outcome.unrecovered, outcome.sent - outcome.recorded);
  assert.ok(outcome.asked < 2.1 * outcome.lost, `${outcome.asked} asked for ${outcome.lost}`);
});
