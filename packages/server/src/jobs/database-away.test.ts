import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { makeRecordingKey, type RecordingKey } from '@callreel/contract/ids.ts';
import { startPostgres } from '../../../../tests/support/postgres.ts';
import { ids } from '../../../../tests/support/store-rows.ts';
import { handlersWith } from './handlers-fixture.ts';
import { Jobs, JobsError } from './jobs.ts';

const isUnavailable = (error: unknown): boolean => error instanceof JobsError && error.reason === 'unavailable';

/** As the service's own sweeps do: again until the database has it and no other of this key is on the queue. */
const sendUntilTaken = async (jobs: Jobs, recordingKey: RecordingKey): Promise<void> => {
  for (;;) {
    try {
      if (await jobs.send('finish', { recordingKey })) return;
      await delay(50);
    } catch (error) {
      assert.ok(isUnavailable(error), String(error));
      await delay(50);
    }
  }
};

// Takes as long as a job may be silent, where its end could not be written: about 20 seconds.
test('the database dies under a running job: it is done again at most, and later jobs are done', async (t) => {
  const postgres = await startPostgres();
  const jobs = new Jobs(postgres);
  t.after(async () => {
    await jobs.stop(10_000).finally(() => postgres.stop());
  });
  await jobs.start();
  const [first, second] = [makeRecordingKey(ids), makeRecordingKey(ids)];
  const begun = Promise.withResolvers<void>();
  const mayEnd = Promise.withResolvers<void>();
  const done = { [first]: Promise.withResolvers<void>(), [second]: Promise.withResolvers<void>() };
  const finish = async ({ recordingKey }: { recordingKey: RecordingKey }): Promise<void> => {
    begun.resolve();
    await mayEnd.promise;
    done[recordingKey]?.resolve();
  };
  await jobs.work(handlersWith({ finish }));
  await jobs.send('finish', { recordingKey: first });
  await begun.promise;
  process.kill(postgres.server.pid ?? 0, 'SIGKILL');
  mayEnd.resolve();
  await sendUntilTaken(jobs, second);
  await Promise.all(Object.values(done).map(({ promise }) => promise));
  // The first one is off the queue too: another about the same recording is taken.
  await sendUntilTaken(jobs, first);
});
