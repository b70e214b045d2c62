import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, mock, test } from 'node:test';
import type { ConfrId } from '@callreel/contract/ids.ts';
import { startPostgres, type TestPostgres } from '../../../../tests/support/postgres.ts';
import { createApp, createConference, ids } from '../../../../tests/support/store-rows.ts';
import { JobsError } from '../jobs/jobs.ts';
import { DiskStore } from '../storage/disk-store.ts';
import { openStore, type Store } from '../store/store.ts';
import { Recordings } from './recordings.ts';

let postgres: TestPostgres;
let store: Store;
let folder: string;

before(async () => {
  postgres = await startPostgres();
  store = await openStore(postgres);
  folder = await mkdtemp(join(tmpdir(), 'callreel-recordings-'));
});

after(async () => {
  await store?.close();
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

const HOUR_MS = 3600 * 1000;

/** A queue that can be away, and tells what it took. */
const queue = () => {
  let taken = Promise.withResolvers<unknown>();
  const state = { away: false };
  const send = async (name: string, payload: object): Promise<boolean> => {
    if (state.away) throw JobsError.unavailable('the job', new Error('away'));
    taken.resolve({ name, ...payload });
    return true;
  };
  const next = async () => {
    const job = await taken.promise;
    taken = Promise.withResolvers();
    return job;
  };
  return { state, send, next };
};

test('a merge that was begun and whose job was not taken, or was given up, is handed in within the hour', async (t) => {
  const app = await createApp(store);
  const { id: confrId } = await createConference(store, app.id, { endedAt: new Date(), recMerge: true });
  const jobs = queue();
  const compositor = { composite: () => Promise.reject(new Error('not asked')) };
  const objects = new DiskStore(folder);
  let nowMs = Date.now();
  const clock = { ...ids, nowMs: () => nowMs };
  mock.timers.enable({ apis: ['setInterval'] });
  t.after(() => mock.timers.reset());
  const recordings = new Recordings({
    store,
    objects,
    jobs,
    compositor,
    spoolDir: folder,
    ids: clock,
    log: postgres.log,
  });
  await recordings.start();
  t.after(() => recordings.stop());
  jobs.state.away = true;
  await assert.rejects(recordings.conferenceEnded(confrId as ConfrId), { reason: 'unavailable' });
  assert.equal((await store.merges.find(confrId as ConfrId))?.done, false);
  jobs.state.away = false;
  for (let hour = 0; hour < 2; hour++) {
    nowMs += HOUR_MS;
    mock.timers.tick(HOUR_MS);
    assert.deepEqual(await jobs.next(), { name: 'composite', confrId });
  }
});
