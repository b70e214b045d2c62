import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketBudget } from './packet-budget.ts';

test('a camera, and what waited during a second of our own pause, pass whole', () => {
  const budget = new PacketBudget(0);
  for (let nowMs = 0; nowMs < 60_000; nowMs += 1) assert.ok(budget.take(1200, nowMs));
  for (let index = 0; index < 4000; index += 1) assert.ok(budget.take(1200, 61_000));
  assert.equal(budget.isFlooded(61_000), false);
});

test('many bytes count as well as many packets', () => {
  const budget = new PacketBudget(0);
  let taken = 0;
  for (let index = 0; index < 500; index += 1) if (budget.take(40_000, 0)) taken += 1;
  assert.equal(taken, 200);
});

test('bursts that pass are no flood; three seconds in a row are, until it is over', () => {
  const budget = new PacketBudget(0);
  const burst = (nowMs: number) => {
    for (let index = 0; index < 10_000; index += 1) budget.take(100, nowMs);
    return budget.isFlooded(nowMs);
  };
  assert.deepEqual([1000, 3000, 5000, 7000].map(burst), [false, false, false, false]);
  assert.deepEqual([8000, 9000].map(burst), [false, true]);
  assert.equal(budget.isFlooded(11_000), false);
});

test('what no pause of ours explains is a flood in its first second', () => {
  const budget = new PacketBudget(0);
  for (let index = 0; index < 35_000; index += 1) budget.take(100, 500);
  assert.equal(budget.isFlooded(500), false);
  for (let index = 0; index < 5000; index += 1) budget.take(100, 600);
  assert.equal(budget.isFlooded(600), true);
});
