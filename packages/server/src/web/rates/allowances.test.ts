import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Allowances } from './allowances.ts';

const clock = () => {
  const time = { ms: 1000 };
  return { time, nowMs: () => time.ms };
};

test('a burst passes at once, then one in each space between two', () => {
  const { time, nowMs } = clock();
  const allowances = new Allowances(nowMs);
  const allowance = { perSecond: 10, burst: 3 };
  assert.deepEqual(
    Array.from({ length: 4 }, () => allowances.take('a', allowance)).map(({ allowed, remaining }) => [
      allowed,
      remaining,
    ]),
    [
      [true, 2],
      [true, 1],
      [true, 0],
      [false, 0],
    ],
  );
  assert.equal(Math.round(allowances.take('a', allowance).waitMs), 100);
  assert.equal(allowances.take('b', allowance).allowed, true);
  time.ms += 100;
  assert.equal(allowances.take('a', allowance).allowed, true);
  assert.equal(allowances.take('a', allowance).allowed, false);
  time.ms += 10_000;
  assert.equal(allowances.take('a', allowance).remaining, 2);
});

test('in no stretch of time pass more than the burst and what the rate gives', () => {
  const steps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 20 }), (waits, perSecond, burst) => {
      const { time, nowMs } = clock();
      const allowances = new Allowances(nowMs);
      const passedAt: number[] = [];
      for (const wait of waits) {
        time.ms += wait;
        if (allowances.take('a', { perSecond, burst }).allowed) passedAt.push(time.ms);
      }
      for (const [first, from] of passedAt.entries()) {
        for (const [count, to] of passedAt.slice(first).entries()) {
          assert.ok(count + 1 <= burst + ((to - from) / 1000) * perSecond + 1e-3);
        }
      }
    }),
  );
});

test('what is given back was never taken', () => {
  const { nowMs } = clock();
  const allowances = new Allowances(nowMs);
  const allowance = { perSecond: 1, burst: 1 };
  for (let count = 0; count < 5; count += 1) {
    assert.equal(allowances.take('a', allowance).allowed, true);
    allowances.giveBack('a', allowance);
  }
  allowances.giveBack('nobody', allowance);
});

test('whoever is over the rate waits in a line, of bounded length', () => {
  const { nowMs } = clock();
  const allowances = new Allowances(nowMs);
  const delays = Array.from({ length: 8 }, () => allowances.delayOf('a', { perSecond: 10, burst: 2 }, 400));
  assert.deepEqual(delays.map(Math.round), [0, 0, 100, 200, 300, 400, 400, 400]);
});

test('a million callers are not remembered, and the latest are', () => {
  const { nowMs } = clock();
  const allowances = new Allowances(nowMs, 1000);
  const allowance = { perSecond: 0.001, burst: 1 };
  for (let caller = 0; caller < 1_000_000; caller += 1) allowances.take(`caller ${caller}`, allowance);
  assert.equal(allowances.size, 1000);
  assert.equal(allowances.take('caller 999999', allowance).allowed, false);
  assert.equal(allowances.take('caller 0', allowance).allowed, true);
});
