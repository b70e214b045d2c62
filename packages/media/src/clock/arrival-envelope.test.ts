import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ArrivalEnvelope } from './arrival-envelope.ts';

const observeFor = (
  envelope: ArrivalEnvelope,
  fromMs: number,
  untilMs: number,
  transitMs: (atMs: number) => number,
) => {
  for (let atMs = fromMs; atMs < untilMs; atMs += 20) envelope.observe(transitMs(atMs), atMs);
};

test('the least transit holds, and falls at once', () => {
  const envelope = new ArrivalEnvelope();
  assert.equal(envelope.transitMs, Infinity);
  assert.equal(envelope.observe(30, 0), true);
  assert.equal(envelope.observe(35, 20), false);
  assert.equal(envelope.observe(25, 40), true);
  assert.equal(envelope.transitMs, 25);
});

test('a low stays for 30 s, then the envelope rises by 5 ms a second', () => {
  const envelope = new ArrivalEnvelope();
  observeFor(envelope, 0, 1000, () => 10);
  observeFor(envelope, 1000, 30_000, () => 100);
  assert.equal(envelope.transitMs, 10);
  observeFor(envelope, 30_000, 34_000, () => 100);
  assert.equal(envelope.transitMs, 30);
  observeFor(envelope, 34_000, 60_000, () => 100);
  assert.equal(envelope.transitMs, 100);
});

test('a sender 200 ppm slow or fast is followed within 6 ms', () => {
  for (const ppm of [-200, 200]) {
    const envelope = new ArrivalEnvelope();
    const transit = (atMs: number) => 50 - (atMs * ppm) / 1e6;
    observeFor(envelope, 0, 600_000, transit);
    assert.ok(Math.abs(envelope.transitMs - transit(600_000)) <= 6);
  }
});

test('a silence longer than the window leaves what comes behind it', () => {
  const envelope = new ArrivalEnvelope();
  observeFor(envelope, 0, 1000, () => 10);
  envelope.observe(14, 100_000);
  assert.equal(envelope.transitMs, 14);
});

test('arrivals that step back in time are taken into the newest second', () => {
  const envelope = new ArrivalEnvelope();
  envelope.observe(10, 5000);
  envelope.observe(4, 100);
  assert.equal(envelope.transitMs, 4);
});

test('beginning anew keeps the last two seconds', () => {
  const envelope = new ArrivalEnvelope();
  observeFor(envelope, 0, 8000, () => 10);
  observeFor(envelope, 8000, 9500, (atMs) => 5000 + atMs / 1000);
  assert.equal(envelope.recentTransitMs, 5008);
  assert.equal(envelope.sustainedTransitMs, 10);
  envelope.restart();
  assert.equal(envelope.transitMs, 5008);
  assert.equal(envelope.sustainedTransitMs, undefined);
});
