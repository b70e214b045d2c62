import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dateIn, daysBefore, spanOfDates } from './time-span.ts';

test('today is the day it is where the service shows its times', () => {
  const moment = Date.parse('2026-03-01T17:30:00Z');
  assert.equal(dateIn('Asia/Shanghai', moment), '2026-03-02');
  assert.equal(dateIn('America/New_York', moment), '2026-03-01');
});

test('days are counted over ends of months and years', () => {
  assert.equal(daysBefore('2026-03-01', 1), '2026-02-28');
  assert.equal(daysBefore('2024-03-01', 1), '2024-02-29');
  assert.equal(daysBefore('2026-01-03', 6), '2025-12-28');
  assert.equal(daysBefore('2026-01-03', 0), '2026-01-03');
});

test('a span holds its last second', () => {
  assert.deepEqual(spanOfDates('2026-02-01', '2026-02-28'), { beginTime: '20260201000000', endTime: '20260228235959' });
});
