import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startPostgres, type TestPostgres } from '../../../../tests/support/postgres.ts';
import { createApp, createConference, newRecording } from '../../../../tests/support/store-rows.ts';
import { DiskStore } from '../storage/disk-store.ts';
import type { NewRecording } from '../store/rows.ts';
import { openStore, type Store } from '../store/store.ts';
import { digestRecording } from './digest.ts';

const content = randomBytes(3 * 1024 * 1024 + 17);
const sha256 = createHash('sha256').update(content).digest('hex');

let postgres: TestPostgres;
let store: Store;
let folder: string;
let objects: DiskStore;

before(async () => {
  postgres = await startPostgres();
  store = await openStore(postgres);
  folder = await mkdtemp(join(tmpdir(), 'callreel-digest-'));
  objects = new DiskStore(join(folder, 'objects'));
});

after(async () => {
  await store?.close();
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

const list = async (given: Partial<NewRecording> = {}): Promise<NewRecording & { id: number }> => {
  const conference = await createConference(store, (await createApp(store)).id);
  const recording = newRecording(conference, { sizeBytes: content.length, ...given });
  await writeFile(join(folder, 'media'), content);
  await objects.put(join(folder, 'media'), recording.objectKey);
  const listed = await store.recordings.list(recording);
  assert.ok(listed !== 'duplicate');
  return { ...recording, id: listed.id };
};

const digest = ({ recordingKey }: NewRecording, signal = new AbortController().signal): Promise<void> =>
  digestRecording({ store, objects, log: postgres.log }, recordingKey, signal);

const factsOf = async ({ recordingKey }: NewRecording) => (await store.recordings.byKey(recordingKey))?.facts;

test('the hash of the whole file joins the facts, once', async () => {
  const recording = await list();
  await digest(recording);
  assert.deepEqual(await factsOf(recording), { ...recording.facts, sha256 });
  await objects.remove(recording.objectKey);
  await digest(recording);
});

test('a file that is not as long as it was listed gets none', async () => {
  const recording = await list({ sizeBytes: content.length - 1 });
  await digest(recording);
  assert.deepEqual(await factsOf(recording), recording.facts);
});

test('one that is deleted meanwhile is no failure; one that cannot be read is, and is tried again', async () => {
  const deleted = await list();
  await store.removals.beginDeleted(deleted.appId, deleted.id, new Date());
  await digest(deleted);
  const unreadable = await list();
  await objects.remove(unreadable.objectKey);
  await assert.rejects(digest(unreadable), { name: 'StorageError', reason: 'notFound' });
});

test('a stop of the service ends it', async () => {
  const recording = await list();
  await assert.rejects(digest(recording, AbortSignal.abort()), { name: 'AbortError' });
  assert.deepEqual(await factsOf(recording), recording.facts);
});
