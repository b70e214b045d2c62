import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GapCause } from '@callreel/contract/gap-cause.ts';
import fc from 'fast-check';
import { GapList } from './gap-list.ts';

const CAUSES: readonly GapCause[] = ['loss', 'unsent', 'mute', 'disconnect'];

test('a gap that goes on is one gap; another cause begins another', () => {
  const gaps = new GapList();
  gaps.add({ track: 'audio', cause: 'mute', startMs: 10, endMs: 20 });
  gaps.add({ track: 'audio', cause: 'mute', startMs: 20, endMs: 50 });
  gaps.add({ track: 'audio', cause: 'loss', startMs: 50, endMs: 60 });
  gaps.add({ track: 'audio', cause: 'loss', startMs: 60, endMs: 60 });
  assert.deepEqual(gaps.all(), [
    { track: 'audio', cause: 'mute', startMs: 10, lengthMs: 40, endMs: 50, count: 1 },
    { track: 'audio', cause: 'loss', startMs: 50, lengthMs: 10, endMs: 60, count: 1 },
  ]);
});

test('however many there are, the list stays short and its sums exact, for each cause', () => {
  const steps = fc.array(
    fc.record({
      cause: fc.constantFrom(...CAUSES),
      restMs: fc.integer({ min: 1, max: 90 }),
      lengthMs: fc.integer({ min: 1, max: 90 }),
    }),
    { minLength: 1, maxLength: 400 },
  );
  fc.assert(
    fc.property(steps, (all) => {
      const gaps = new GapList(16);
      let nowMs = 0;
      for (const { cause, restMs, lengthMs } of all) {
        gaps.add({ track: 'video', cause, startMs: nowMs + restMs, endMs: nowMs + restMs + lengthMs });
        nowMs += restMs + lengthMs;
      }
      const kept = gaps.all();
      assert.ok(kept.length <= 16 + CAUSES.length, String(kept.length));
      for (const cause of CAUSES) {
        const ofCause = kept.filter((gap) => gap.cause === cause);
        const wanted = all.filter((step) => step.cause === cause);
        assert.equal(
          ofCause.reduce((sum, { count }) => sum + count, 0),
          wanted.length,
        );
        const missingMs = wanted.reduce((sum, { lengthMs }) => sum + lengthMs, 0);
        assert.equal(
          ofCause.reduce((sum, { lengthMs }) => sum + lengthMs, 0),
          missingMs,
        );
        assert.ok(ofCause.every(({ startMs, endMs, lengthMs }) => endMs - startMs >= lengthMs));
      }
      assert.equal(
        gaps.totalMs('video'),
        all.reduce((sum, { lengthMs }) => sum + lengthMs, 0),
      );
    }),
  );
});

test('what lies behind the end is forgotten, and what reaches over it is cut', () => {
  const gaps = new GapList();
  for (const startMs of [0, 100, 200]) gaps.add({ track: 'audio', cause: 'loss', startMs, endMs: startMs + 50 });
  gaps.clip(120);
  assert.deepEqual(
    gaps.all().map(({ startMs, endMs }) => [startMs, endMs]),
    [
      [0, 50],
      [100, 120],
    ],
  );
  gaps.clip(0);
  assert.deepEqual(gaps.all(), []);
});
