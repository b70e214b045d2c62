import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { makeRecordingKey, type RecordingKey } from '@callreel/contract/ids.ts';
import { startPostgres, type TestPostgres } from '../../../../tests/support/postgres.ts';
import { createApp, createConference, ids, memberRow, newRecording } from '../../../../tests/support/store-rows.ts';
import type { CompositeJob } from '../compositor/protocol.ts';
import { DiskStore } from '../storage/disk-store.ts';
import type { AppRecord, ConferenceRow, NewRecording, RecordingRow } from '../store/rows.ts';
import { openStore, type Store } from '../store/store.ts';
import { type MergingOptions, mergeConference } from './merging.ts';

let postgres: TestPostgres;
let store: Store;
let app: AppRecord;
let folder: string;
let conference: ConferenceRow;
let options: MergingOptions;
let made: CompositeJob[];

before(async () => {
  postgres = await startPostgres();
  store = await openStore(postgres);
  app = await createApp(store);
  folder = await mkdtemp(join(tmpdir(), 'callreel-merging-'));
});

beforeEach(async () => {
  const spoolDir = await mkdtemp(join(folder, 'spool-'));
  const objects = new DiskStore(await mkdtemp(join(folder, 'objects-')));
  made = [];
  options = { store, objects, spoolDir, log: postgres.log, compositor: { composite } };
  conference = await createConference(store, app.id, { endedAt: new Date(), recMerge: true });
  await store.conferences.insertMember(memberRow(conference, 1));
});

after(async () => {
  await store?.close();
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** No two files that a compositor makes need be alike: each of these is longer than the last. */
const composite = async (job: CompositeJob) => {
  made.push(job);
  const bytes = 'merged'.repeat(made.length);
  await writeFile(job.outputPath, bytes);
  return { durationMs: 1000, sizeBytes: bytes.length, frames: 25 };
};

const listSingle = async (): Promise<NewRecording & { id: number }> => {
  const facts = { startMs: 0, endMs: 1000, kind: 'av', audio: { codec: 'opus' } };
  const blank = newRecording(conference, { facts });
  const recording = { ...blank, objectKey: `${app.org}/${app.name}/20260101/${blank.recordingKey}.webm` };
  const path = join(folder, 'single');
  await writeFile(path, 'single');
  await options.objects.put(path, recording.objectKey);
  const listed = await store.recordings.list(recording);
  assert.ok(listed !== 'duplicate');
  return { ...recording, id: listed.id };
};

const mergedRows = async (): Promise<RecordingRow[]> =>
  (await store.recordings.byConference(app.id, conference.id)).filter(({ recordType }) => recordType === 'MERGE_ALL');

const begin = async (): Promise<RecordingKey> =>
  (await store.merges.begin(conference.id, makeRecordingKey(ids))).recordingKey;

describe('a merge that was cut short', () => {
  test('before its row: the next try makes it anew', async () => {
    await listSingle();
    const key = await begin();
    const recordings = {
      wasListed: () => Promise.resolve(false),
      byConference: store.recordings.byConference.bind(store.recordings),
      list: () => Promise.reject(new Error('the database is away')),
    };
    const broken = Object.assign(Object.create(store) as Store, { recordings });
    await assert.rejects(mergeConference({ ...options, store: broken }, conference.id, key), /database/);
    await mergeConference(options, conference.id, key);
    const [row, ...others] = await mergedRows();
    assert.deepEqual([row?.recordingKey, others.length], [key, 0]);
    assert.equal((await options.objects.stat(row?.objectKey ?? ''))?.sizeBytes, row?.sizeBytes);
    assert.deepEqual(await readdir(options.spoolDir), []);
  });

  test('behind its row: the next try leaves the file as its row says', async () => {
    await listSingle();
    const key = await begin();
    await mergeConference(options, conference.id, key);
    await mergeConference(options, conference.id, key);
    const [row] = await mergedRows();
    assert.equal((await options.objects.stat(row?.objectKey ?? ''))?.sizeBytes, row?.sizeBytes);
    assert.equal(made.length, 1);
  });

  test('behind its row, and its file was deleted since: it does not come back', async () => {
    await listSingle();
    const key = await begin();
    await mergeConference(options, conference.id, key);
    const [row] = await mergedRows();
    assert.ok(row);
    await store.removals.beginDeleted(app.id, row.id, new Date());
    await options.objects.remove(row.objectKey);
    await store.removals.bury([key], new Date());
    await mergeConference(options, conference.id, key);
    assert.equal(await options.objects.stat(row.objectKey), undefined);
    assert.deepEqual(await mergedRows(), []);
  });
});

test('a file that is deleted while it is merged: this try fails, the next one is made of the rest', async () => {
  const [deleted, kept] = [await listSingle(), await listSingle()];
  const key = await begin();
  const failing = async (): Promise<never> => {
    await store.removals.beginDeleted(app.id, deleted.id, new Date());
    await options.objects.remove(deleted.objectKey);
    throw new Error('no such file');
  };
  await assert.rejects(mergeConference({ ...options, compositor: { composite: failing } }, conference.id, key));
  await mkdir(join(options.spoolDir, `merge-${key}`));
  await mergeConference(options, conference.id, key);
  const keptPath = await options.objects.localPath(kept.objectKey);
  assert.deepEqual(
    made[0]?.sources.map(({ path }) => path),
    [keptPath],
  );
  assert.equal((await mergedRows()).length, 1);
});
