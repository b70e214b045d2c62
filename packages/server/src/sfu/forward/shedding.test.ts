import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Shedding } from './shedding.ts';

const WINDOW_MS = 500;

const run = (shares: readonly number[]): string[] => {
  let share = 0;
  const shedding = new Shedding(() => share, 0);
  return shares.map((next, window) => {
    share = next;
    for (let nowMs = window * WINDOW_MS; nowMs <= (window + 1) * WINDOW_MS; nowMs += 10) shedding.tick(nowMs);
    return shedding.shed;
  });
};

test('what lasts is answered step by step, and taken back only when there is room for a while', () => {
  const busy = run([0.5, ...Array(9).fill(0.97)]);
  assert.deepEqual([busy[3], busy[4], busy[7], busy[8]], ['nothing', 'small', 'small', 'soundOnly']);
  assert.deepEqual(run([...Array(4).fill(1), ...Array(8).fill(0.5)]).slice(-2), ['small', 'nothing']);
  assert.equal(run([...Array(4).fill(1), ...Array(30).fill(0.85)]).at(-1), 'small');
});

test('one burst is no pressure', () => {
  assert.ok(run([1, 1, 0.5, 1, 1, 1, 0.6, 1, 0.4]).every((shed) => shed === 'nothing'));
});
