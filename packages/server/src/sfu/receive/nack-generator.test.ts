import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NackGenerator } from './nack-generator.ts';

const after = (...sequenceNumbers: number[]): NackGenerator => {
  const nacks = new NackGenerator();
  for (const sequenceNumber of sequenceNumbers) nacks.receive(sequenceNumber);
  return nacks;
};

test('nothing is asked for while nothing is missing', () => {
  assert.deepEqual(after(1, 2, 3).due(0), []);
});

test('a gap is asked for at once, across the wrap of the numbers', () => {
  assert.deepEqual(after(65_533, 2).due(0), [65_534, 65_535, 0, 1]);
});

test('a packet that was only late is not asked for', () => {
  assert.deepEqual(after(1, 4, 2, 3).due(0), []);
});

test('three rounds, a round trip of 100 ms and 10 ms apart, then no more', () => {
  const nacks = after(1, 3);
  const askedMs = Array.from({ length: 100 }, (_, index) => index * 10).filter((ms) => nacks.due(ms).length > 0);
  assert.deepEqual(askedMs, [0, 110, 220]);
  assert.equal(nacks.missing, 0);
  assert.equal(nacks.givenUp, 1);
});

test('a measured round trip sets the pace, but never faster than a busy sender can answer', () => {
  const nacks = after(1, 3);
  nacks.due(0);
  nacks.receiveRepair(2, 60);
  assert.equal(nacks.recovered, 1);
  nacks.receive(5);
  assert.deepEqual(nacks.due(1000), [4]);
  assert.deepEqual(nacks.due(1060), []);
  assert.deepEqual(nacks.due(1070), [4]);
  nacks.receiveRepair(4, 1071);
  assert.equal(nacks.roundTripMs(1071), 60, 'the answer to a second request tells nothing');
  nacks.receive(7);
  nacks.due(2000);
  nacks.receiveRepair(6, 2001);
  nacks.receive(9);
  nacks.due(3000);
  assert.deepEqual([nacks.due(3020), nacks.due(3030)], [[], [8]]);
});

test('a jump of the sequence is no loss', () => {
  const nacks = after(1, 3, 3 + 501);
  assert.deepEqual(nacks.due(0), []);
  nacks.receive(506);
  assert.deepEqual(nacks.due(0), [505]);
  const back = after(30_000, 30_002, 100, 102);
  assert.deepEqual(back.due(0), [101]);
});

test('duplicates and what comes after it was given up change nothing', () => {
  const nacks = after(1, 3, 3, 1);
  assert.deepEqual(nacks.due(0), [2]);
  nacks.receiveRepair(2, 50);
  nacks.receiveRepair(2, 60);
  assert.equal(nacks.recovered, 1);
});

test('any packets: what is missing is bounded', () => {
  const numbers = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 300 });
  const steps = fc.array(fc.integer({ min: -20, max: 400 }), { maxLength: 300 });
  const walked = steps.map((some) => {
    let at = 0;
    return some.map((step) => (at = (at + step + 65_536) & 0xffff));
  });
  fc.assert(
    fc.property(fc.oneof(numbers, walked), (sequenceNumbers) => {
      const nacks = after(...sequenceNumbers);
      assert.ok(nacks.missing <= 1000);
      assert.ok(nacks.due(0).every((number) => number >= 0 && number <= 0xffff));
    }),
  );
});

test('at 5 % loss both ways three rounds leave fewer than one packet in a thousand', () => {
  const nacks = new NackGenerator();
  // A fixed linear congruence in place of chance: the same packets are lost in every run.
  let state = 12_345;
  const isLost = (): boolean => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state / 2 ** 32 < 0.05;
  };
  const resends: { atMs: number; sequenceNumber: number }[] = [];
  let sent = 0;
  for (let ms = 0; ms < 600_000; ms += 10) {
    for (let burst = 0; burst < 2; burst += 1, sent += 1) if (!isLost()) nacks.receive(sent & 0xffff);
    while (resends[0] && resends[0].atMs <= ms) nacks.receiveRepair(resends.shift()?.sequenceNumber ?? 0, ms);
    for (const sequenceNumber of nacks.due(ms)) {
      if (!isLost() && !isLost()) resends.push({ atMs: ms + 80, sequenceNumber });
    }
  }
  assert.ok(nacks.recovered > 5000);
  assert.ok(nacks.givenUp / sent < 0.001, `${nacks.givenUp} of ${sent}`);
});
