import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SenderClock } from './sender-clock.ts';

test('the least delay holds for all tracks of one clock', () => {
  const clock = new SenderClock();
  const [sound, picture, silent] = [{}, {}, {}];
  clock.note(sound, 120, 0);
  clock.note(picture, 160, 0);
  assert.equal(clock.delayMs(sound), 120);
  assert.equal(clock.delayMs(picture), 120);
  assert.equal(clock.delayMs(silent), undefined);
});

test('tracks that do not read one clock keep their own', () => {
  const clock = new SenderClock();
  const [honest, other, liar] = [{}, {}, {}];
  clock.note(honest, 100, 0);
  clock.note(other, 90, 0);
  clock.note(liar, -3_600_000, 0);
  assert.equal(clock.delayMs(honest), 90);
  assert.equal(clock.delayMs(liar), -3_600_000);
});

test('a track not heard of for 30 s says nothing to others, and all to itself', () => {
  const clock = new SenderClock();
  const [muted, live] = [{}, {}];
  clock.note(muted, 50, 0);
  clock.note(live, 80, 30_001);
  assert.equal(clock.delayMs(live), 80);
  assert.equal(clock.delayMs(muted), 50);
});

test('tracks that come and go cost bounded memory', () => {
  const clock = new SenderClock();
  const first = {};
  clock.note(first, 1, 0);
  for (let i = 1; i < 100; i++) clock.note({}, 200, i);
  assert.equal(clock.delayMs(first), undefined);
});
