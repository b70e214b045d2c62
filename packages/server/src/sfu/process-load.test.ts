import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loopUtilization, ProcessLoad } from './process-load.ts';

const loadWith = (shares: number[]): ProcessLoad => new ProcessLoad(() => shares.shift() ?? 0, 0);

test('a process whose loop was busy for a window is full, and has room again when it is not', () => {
  const load = loadWith([0.85, 0.5]);
  load.tick(3999);
  assert.equal(load.isFull, false);
  load.tick(4000);
  assert.equal(load.isFull, true);
  load.tick(8000);
  assert.deepEqual([load.isFull, load.share], [false, 0.5]);
});

test('hundreds who come at once are counted before a packet of theirs came', () => {
  const load = loadWith([]);
  let taken = 0;
  while (!load.isFull && taken < 1000) {
    load.handleOpened(1000);
    taken += 1;
  }
  assert.ok(taken > 200 && taken < 400, String(taken));
});

test('what has been sending for a whole window is counted by what it costs alone', () => {
  const load = loadWith([0.1, 0.3, 0.3]);
  for (let count = 0; count < 100; count += 1) load.handleOpened(2000);
  load.tick(4000);
  assert.ok(Math.abs(load.share - 0.37) < 1e-9, 'opened in the middle of the window');
  load.tick(8000);
  assert.equal(load.share, 0.3);
});

test('time in which the thread did not get a processor is no work of its own', () => {
  const takeUtilization = loopUtilization();
  // The loop cannot tell it from work: it does not wait for events meanwhile.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  const share = takeUtilization();
  assert.ok(share < 0.3, String(share));
});
