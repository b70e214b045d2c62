import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoopShares } from './loop-shares.ts';

const share = { part: 0.25, burstMs: 50 };

const build = () => {
  const time = { ms: 0, busyMs: 0 };
  return { time, shares: new LoopShares({ nowMs: () => time.ms, busyMs: () => time.busyMs }) };
};

const workFor = (shares: LoopShares, time: { ms: number; busyMs: number }, ms: number, ...keys: string[]): void => {
  shares.charge([]);
  time.busyMs += ms;
  time.ms += ms;
  shares.charge(keys.map((key) => ({ key, share, running: 1 })));
};

test('who used more than his burst waits until his share of the time has passed', () => {
  const { time, shares } = build();
  workFor(shares, time, 40, 'a');
  assert.equal(shares.waitMs({ key: 'a', share }), 0);
  workFor(shares, time, 60, 'a');
  // 40 ms at 0 and 60 ms more at 40: even when four times that has passed.
  const waitMs = shares.waitMs({ key: 'a', share });
  assert.ok(waitMs > 200 && waitMs <= 400, String(waitMs));
  time.ms += waitMs - 1;
  assert.ok(shares.waitMs({ key: 'a', share }) > 0, 'not before he is even');
  time.ms += 1;
  assert.equal(shares.waitMs({ key: 'a', share }), 0);
});

test('time is charged to those who were worked for, and to nobody else', () => {
  const { time, shares } = build();
  workFor(shares, time, 1_000);
  workFor(shares, time, 80, 'a', 'b');
  for (const key of ['a', 'b', 'c']) assert.equal(shares.waitMs({ key, share }), 0);
  workFor(shares, time, 80, 'a');
  assert.ok(shares.waitMs({ key: 'a', share }) > 0);
  assert.equal(shares.waitMs({ key: 'b', share }), 0);
});
