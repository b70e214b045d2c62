import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeRecordingKey, type RecordingKey } from '@callreel/contract/ids.ts';
import { cleanupsOf } from '../../../../tests/support/cleanups.ts';
import { startPostgres } from '../../../../tests/support/postgres.ts';
import { ids } from '../../../../tests/support/store-rows.ts';
import { handlersWith } from './handlers-fixture.ts';
import { Jobs } from './jobs.ts';

// Takes as long as a node may be silent: about 20 seconds, nearly all of it waiting.
test('a node that is killed at a job: another does it, as its next attempt', async (t) => {
  const cleanups = cleanupsOf(t);
  const postgres = await startPostgres();
  cleanups.add(() => postgres.stop());
  const node = pathOf('./fixtures/holding-node.ts');
  const killed = spawn(process.execPath, [node, JSON.stringify(postgres.connection)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanups.add(async () => killed.kill('SIGKILL'));
  const lines = createInterface({ input: killed.stdout })[Symbol.asyncIterator]();
  assert.equal((await lines.next()).value, 'ready');
  const jobs = new Jobs(postgres);
  cleanups.add(() => jobs.stop(10_000));
  await jobs.start();
  const recordingKey = makeRecordingKey(ids);
  await jobs.send('finish', { recordingKey });
  assert.equal((await lines.next()).value, recordingKey);
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  const done = Promise.withResolvers<[RecordingKey, number]>();
  await jobs.work(
    handlersWith({ finish: async (payload, { attempt }) => done.resolve([payload.recordingKey, attempt]) }),
  );
  assert.deepEqual(await done.promise, [recordingKey, 2]);
});

const pathOf = (module: string): string => fileURLToPath(import.meta.resolve(module));
