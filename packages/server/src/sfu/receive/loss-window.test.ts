import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LossWindow } from './loss-window.ts';

test('too few packets say nothing, until five seconds have passed', () => {
  const window = new LossWindow();
  for (let index = 0; index < 4; index += 1) {
    window.add({ expected: 20, lost: 4 });
    assert.equal(window.share, undefined);
  }
  window.add({ expected: 20, lost: 4 });
  assert.equal(window.share, 0.2);
});

test('what is older than five seconds is forgotten', () => {
  const window = new LossWindow();
  window.add({ expected: 1000, lost: 1000 });
  for (let index = 0; index < 5; index += 1) window.add({ expected: 100, lost: 0 });
  assert.equal(window.share, 0);
});

test('packets that came late, and a stream that began anew, are no negative loss', () => {
  const window = new LossWindow();
  window.add({ expected: 300, lost: -20 });
  assert.equal(window.share, 0);
  window.clear();
  window.add({ expected: -5000, lost: -100 });
  assert.equal(window.share, undefined);
});

test('a quarter lost of a few packets is told at once', () => {
  const window = new LossWindow();
  window.add({ expected: 60, lost: 20 });
  assert.equal(window.share, 1 / 3);
});
