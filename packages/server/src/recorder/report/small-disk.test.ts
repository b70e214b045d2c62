/** A real disk that is too small: two mebibytes of memory, mounted where the test may. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { smallMedia } from '../small-media-fixture.ts';
import { deliveriesOf } from '../virtual-publisher-fixture.ts';
import { ReportStage, START_MS } from './reported-recording-fixture.ts';

const run = promisify(execFile);

const mounted = async (): Promise<
  { folder: string; grow: () => Promise<void>; remove: () => Promise<void> } | undefined
> => {
  const folder = await mkdtemp(join(tmpdir(), 'small-disk-'));
  const remove = () => rm(folder, { recursive: true });
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder]);
  } catch {
    await remove();
    return undefined;
  }
  return {
    folder,
    grow: async () => {
      await run('mount', ['-o', 'remount,size=8m', folder]);
    },
    remove: async () => {
      await run('umount', [folder]);
      await remove();
    },
  };
};

test('a recording fills its disk: what fitted is finished once there is room, and the report says what ended it', async (t) => {
  const disk = await mounted();
  if (disk === undefined) {
    t.skip('mounting is for root');
    return;
  }
  t.after(disk.remove);
  const stage = ReportStage.on(disk.folder);
  // 250 kB a second: full after eight seconds.
  const deliveries = deliveriesOf(smallMedia(14_000, 10_000), { startMs: START_MS });
  for (let untilMs = 50; untilMs <= 14_100; untilMs += 50) {
    await stage.play(deliveries, untilMs);
    while (untilMs < 6000 && stage.recorder.waitingBytes > 0) await nextTurn();
  }
  await assert.rejects(stage.recorder.close('unpublished'), { reason: 'diskFull' });
  await disk.grow();
  const { report, durationMs } = await stage.finish();
  assert.deepEqual([report.verdict, report.reasons[0]], ['truncated', 'diskFailed']);
  assert.ok(durationMs > 5000 && durationMs < 9000, String(durationMs));
});
