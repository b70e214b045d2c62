import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SYNC_BOUNDS_MS } from '../support/recorded-call.ts';
import { offsetsOf, recordVirtual } from './record-virtual.ts';
import { SYNC_CASES } from './sync-cases.ts';
import { deliveriesOf, every, type SenderPlan } from './virtual-sender.ts';

/** Times in the file are whole milliseconds. */
const ROUNDING_MS = 1;
/** What is taken before the file's beginning is known has no place in it. */
const SHARE = 0.98;

/** The pictures of moments whose sound was sent too. */
const sentTogether = ({ durationMs, frameMs = 40, beginsMs, silent }: SenderPlan): number[] => {
  const isSent = (track: 'audio' | 'video', trueMs: number): boolean =>
    trueMs >= (beginsMs?.[track] ?? 0) && !silent?.(track, trueMs);
  return every(frameMs, 0, durationMs).filter((trueMs) => isSent('audio', trueMs) && isSent('video', trueMs));
};

/** The path, the last frame's length, and what a drifting clock is followed within. */
const DURATION_TOLERANCE_MS = 100;

for (const { name, settledMs = 0, shiftMs = 0, ...plan } of SYNC_CASES) {
  test(`in sync at every picture: ${name}`, async () => {
    const recording = await recordVirtual(deliveriesOf(plan), plan.durationMs + 1000);
    const offsets = offsetsOf(recording).filter(({ trueMs }) => trueMs >= settledMs);
    const sent = sentTogether(plan).filter((trueMs) => trueMs >= settledMs).length;
    assert.ok(offsets.length >= SHARE * sent, `${offsets.length} of ${sent} pictures with sound`);
    for (const { trueMs, offsetMs } of offsets) {
      const inBounds = offsetMs >= SYNC_BOUNDS_MS.early - ROUNDING_MS && offsetMs <= SYNC_BOUNDS_MS.late + ROUNDING_MS;
      assert.ok(inBounds, `at ${trueMs} ms sound is ${offsetMs} ms late`);
    }
    assert.ok(recording.soundIsGapless, 'sound without a hole');
    const tolerance = DURATION_TOLERANCE_MS + shiftMs + (plan.frameMs ?? 0);
    assert.ok(Math.abs(recording.durationMs - plan.durationMs) < tolerance, `${recording.durationMs} ms long`);
  });
}

test('our own wall clock steps by an hour, on and back, in the middle of a call: the file is the same', async (t) => {
  const plan = { durationMs: 20_000 };
  const steady = await recordVirtual(deliveriesOf(plan), plan.durationMs + 1000);
  const now = Date.now;
  let asked = 0;
  t.mock.method(Date, 'now', () => now() + 3_600_000 * ((asked++ % 3) - 1));
  assert.deepEqual(await recordVirtual(deliveriesOf(plan), plan.durationMs + 1000), steady);
});
