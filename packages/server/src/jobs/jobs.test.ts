import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { Writable } from 'node:stream';
import { after, afterEach, before, test } from 'node:test';
import { type ConfrId, makeRecordingKey, type RecordingKey } from '@callreel/contract/ids.ts';
import { startPostgres, type TestPostgres } from '../../../../tests/support/postgres.ts';
import { ids } from '../../../../tests/support/store-rows.ts';
import { createLogger } from '../base/log.ts';
import { handlersWith as handlers } from './handlers-fixture.ts';
import { JOB_DEFINITIONS, JOB_NAMES, type JobDefinitions } from './job-definitions.ts';
import { type JobContext, type JobHandlers, Jobs } from './jobs.ts';

const STOP_GRACE_MS = 10_000;

let postgres: TestPostgres;
const opened: Jobs[] = [];

before(async () => {
  postgres = await startPostgres();
});

afterEach(async () => {
  // A job that is cut off while its end is being written comes again, and would come in the next test.
  await Promise.all(opened.splice(0).map((jobs) => jobs.stop(STOP_GRACE_MS)));
});

after(() => postgres?.stop());

const startJobs = async (definitions?: JobDefinitions, log = postgres.log): Promise<Jobs> => {
  const jobs = new Jobs({ connection: postgres.connection, log, ...(definitions && { definitions }) });
  opened.push(jobs);
  await jobs.start();
  return jobs;
};

const newKey = (): RecordingKey => makeRecordingKey(ids);
const newConfrId = (): ConfrId => `IM_X${randomInt(1e12)}C1` as ConfrId;

/** Quick to try again, and quick to give up. */
const impatient: JobDefinitions = {
  ...JOB_DEFINITIONS,
  finish: { ...JOB_DEFINITIONS.finish, retryLimit: 1, retryDelaySeconds: 1, longestRetryDelaySeconds: 1 },
};

type Run = { key: RecordingKey; context: JobContext };

/** A handler that hands each run to the test, which says how it ends. */
const heldFinish = () => {
  const runs: (Run & PromiseWithResolvers<void>)[] = [];
  let arrival = Promise.withResolvers<void>();
  const finish: JobHandlers['finish'] = ({ recordingKey: key }, context) => {
    const end = Promise.withResolvers<void>();
    runs.push({ key, context, ...end });
    arrival.resolve();
    return end.promise;
  };
  const next = async () => {
    while (runs.length === 0) await arrival.promise;
    arrival = Promise.withResolvers<void>();
    const run = runs.shift();
    assert.ok(run);
    return run;
  };
  return { finish, next };
};

test('a job is done with what it was given', async () => {
  const jobs = await startJobs();
  const { finish, next } = heldFinish();
  const composite = Promise.withResolvers<ConfrId>();
  await jobs.work(handlers({ finish, composite: async ({ confrId }) => composite.resolve(confrId) }));
  const [key, confrId] = [newKey(), newConfrId()];
  assert.equal(await jobs.send('finish', { recordingKey: key }), true);
  assert.equal(await jobs.send('composite', { confrId }), true);
  const run = await next();
  assert.deepEqual([run.key, run.context.attempt], [key, 1]);
  run.resolve();
  assert.equal(await composite.promise, confrId);
});

test('every queue is counted, and who cannot count says so', async () => {
  const jobs = await startJobs();
  const figures = await jobs.figures();
  assert.deepEqual(figures.map(({ name }) => name).sort(), [...JOB_NAMES].sort());
  for (const { waiting, deferred, active, failed } of figures) {
    for (const count of [waiting, deferred, active, failed]) assert.ok(Number.isInteger(count) && count >= 0);
  }
  await jobs.stop(0);
  await assert.rejects(jobs.figures(), { name: 'JobsError', reason: 'unavailable' });
});

test('a job sent before any node works is kept', async () => {
  const first = await startJobs();
  const key = newKey();
  await first.send('finish', { recordingKey: key });
  await first.stop(0);
  const second = await startJobs();
  const { finish, next } = heldFinish();
  await second.work(handlers({ finish }));
  const run = await next();
  assert.equal(run.key, key);
  run.resolve();
});

test('many at once, over two nodes that started together: each is done once', async () => {
  const nodes = await Promise.all([startJobs(), startJobs()]);
  const done: RecordingKey[] = [];
  const all = Promise.withResolvers<void>();
  const keys = Array.from({ length: 40 }, newKey);
  const finish: JobHandlers['finish'] = async ({ recordingKey }) => {
    done.push(recordingKey);
    if (done.length === keys.length) all.resolve();
  };
  for (const node of nodes) await node.work(handlers({ finish }));
  await Promise.all(keys.map((recordingKey, i) => nodes[i % 2]?.send('finish', { recordingKey })));
  await all.promise;
  assert.deepEqual(done.toSorted(), keys.toSorted());
});

test('one about the same thing is not taken while the first waits or runs, and is taken after it', async () => {
  const jobs = await startJobs();
  const payload = { recordingKey: newKey() };
  assert.equal(await jobs.send('finish', payload), true);
  assert.equal(await jobs.send('finish', payload), false);
  const { finish, next } = heldFinish();
  await jobs.work(handlers({ finish }));
  const run = await next();
  assert.equal(await jobs.send('finish', payload), false);
  assert.equal(await jobs.send('finish', payload, { singletonKey: 'another' }), true);
  run.resolve();
  (await next()).resolve();
  await jobs.stop(10_000);
  assert.equal(await (await startJobs()).send('finish', payload), true);
});

test('one that fails is tried again', async () => {
  const jobs = await startJobs(impatient);
  const { finish, next } = heldFinish();
  await jobs.work(handlers({ finish }));
  // The queue still holds what the test before it left.
  const key = newKey();
  await jobs.send('finish', { recordingKey: key });
  let run = await next();
  for (; run.key !== key; run = await next()) run.resolve();
  run.reject(new Error('disk full'));
  const again = await next();
  assert.deepEqual([again.key, again.context.attempt], [key, 2]);
  again.resolve();
});

test('one that fails at its last try is logged with its payload and its cause', async () => {
  const found = Promise.withResolvers<Record<string, unknown>>();
  const sink = new Writable({
    write: (chunk, _encoding, done) => {
      const line = JSON.parse(String(chunk)) as Record<string, unknown>;
      if (line.level === 'error') found.resolve(line);
      done();
    },
  });
  const jobs = await startJobs(impatient, createLogger('info', sink));
  await jobs.work(handlers({ finish: () => Promise.reject(new Error('disk full')) }));
  const recordingKey = newKey();
  await jobs.send('finish', { recordingKey });
  const line = await found.promise;
  assert.deepEqual([line.job, line.payload, line.attempts], ['finish', { recordingKey }, 2]);
  assert.match(JSON.stringify(line.cause), /disk full/);
});

test('stop waits for what runs', async () => {
  const jobs = await startJobs();
  const { finish, next } = heldFinish();
  await jobs.work(handlers({ finish }));
  await jobs.send('finish', { recordingKey: newKey() });
  const run = await next();
  let stopped = false;
  const stop = jobs.stop(60_000).then(() => {
    stopped = true;
  });
  await assert.rejects(jobs.send('finish', { recordingKey: newKey() }), { name: 'JobsError', reason: 'notRunning' });
  assert.equal(stopped, false);
  run.resolve();
  await stop;
});

test('one that runs past the limit of a stop is aborted, and done by the next start', async () => {
  const first = await startJobs(impatient);
  const held = heldFinish();
  await first.work(handlers({ finish: held.finish }));
  const key = newKey();
  await first.send('finish', { recordingKey: key });
  const run = await held.next();
  await first.stop(0);
  assert.equal(run.context.signal.aborted, true);
  run.resolve();
  const second = await startJobs(impatient);
  const { finish, next } = heldFinish();
  await second.work(handlers({ finish }));
  const again = await next();
  assert.equal(again.key, key);
  again.resolve();
});
