import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ClockReading, DAY_MS, HOUR_MS, judgeClocks, markOf } from './clocks.ts';

const WALL_MS = Date.parse('2026-05-01T10:00:00Z');
const first: ClockReading = { bootId: 'a', wallMs: WALL_MS, databaseMs: WALL_MS, sinceBootMs: 500_000 };
const marks = [markOf(first)];

/** `ms` later, by all clocks. */
const later = (ms: number, given: Partial<ClockReading> = {}): ClockReading => ({
  ...first,
  wallMs: WALL_MS + ms,
  databaseMs: WALL_MS + ms,
  sinceBootMs: first.sinceBootMs + ms,
  ...given,
});
const kindOf = (reading: ClockReading): string => judgeClocks(reading, marks).kind;

test('clocks that go on together are steady, however long it takes', () => {
  for (const ms of [0, HOUR_MS, 400 * DAY_MS]) assert.equal(kindOf(later(ms)), 'steady');
});

test('more than an hour apart is a leap, in either direction; what time servers do is none', () => {
  const leap = (ms: number) => later(HOUR_MS, { wallMs: WALL_MS + HOUR_MS + ms, databaseMs: WALL_MS + HOUR_MS + ms });
  assert.equal(kindOf(leap(HOUR_MS)), 'steady');
  assert.equal(kindOf(leap(-HOUR_MS)), 'steady');
  for (const ms of [HOUR_MS + 1, -HOUR_MS - 1, 400 * DAY_MS]) assert.equal(kindOf(leap(ms)), 'leapt');
});

test("so is a database's clock that says something else", () => {
  assert.equal(kindOf(later(HOUR_MS, { databaseMs: WALL_MS + 2 * HOUR_MS })), 'steady');
  assert.equal(kindOf(later(HOUR_MS, { databaseMs: WALL_MS - 1 })), 'leapt');
  assert.equal(kindOf(later(HOUR_MS, { databaseMs: WALL_MS + 2 * HOUR_MS + 1 })), 'leapt');
});

test('after a boot nobody can tell, but that time does not go back', () => {
  const booted = (ms: number) => later(ms, { bootId: 'b', sinceBootMs: 60_000 });
  assert.deepEqual(judgeClocks(booted(3 * DAY_MS), marks), { kind: 'unproven', outageMs: 3 * DAY_MS });
  assert.equal(kindOf(booted(-2 * HOUR_MS)), 'leapt');
  assert.deepEqual(judgeClocks(first, []), { kind: 'unproven', outageMs: 0 });
});

test('a monotonic clock that began anew under the same name is that of another boot', () => {
  assert.equal(kindOf(later(HOUR_MS, { sinceBootMs: 60_000 })), 'unproven');
});

test('of several boots, each is held to its own last look', () => {
  const other = later(5 * HOUR_MS, { bootId: 'b', sinceBootMs: 60_000 });
  const all = [markOf(other), ...marks];
  assert.equal(judgeClocks(later(6 * HOUR_MS), all).kind, 'steady');
  assert.equal(judgeClocks(later(6 * HOUR_MS, { sinceBootMs: first.sinceBootMs }), all).kind, 'leapt');
});
