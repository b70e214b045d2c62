import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { makePubStreamId, makeRecordingKey } from '@callreel/contract/ids.ts';
import { startPostgres, type TestPostgres } from '../../../../tests/support/postgres.ts';
import { createApp, createConference, ids, memberRow } from '../../../../tests/support/store-rows.ts';
import { PublicationRecorder } from '../recorder/publication-recorder.ts';
import type { RecordingSpec } from '../recorder/recording-spec.ts';
import { smallMedia } from '../recorder/small-media-fixture.ts';
import { deliveriesOf, specOf, VirtualTime } from '../recorder/virtual-publisher-fixture.ts';
import { DiskStore } from '../storage/disk-store.ts';
import type { AppRecord, ConferenceRow } from '../store/rows.ts';
import { openStore, type Store } from '../store/store.ts';
import { endedKeys, type ListingOptions, listRecording } from './listing.ts';

const START_MS = 1000;

let postgres: TestPostgres;
let store: Store;
let app: AppRecord;
let folder: string;
let conference: ConferenceRow;
let options: ListingOptions;

before(async () => {
  postgres = await startPostgres();
  store = await openStore(postgres);
  app = await createApp(store);
  folder = await mkdtemp(join(tmpdir(), 'callreel-listing-'));
});

beforeEach(async () => {
  const spoolDir = await mkdtemp(join(folder, 'spool-'));
  const objects = new DiskStore(await mkdtemp(join(folder, 'objects-')));
  options = { store, objects, spoolDir, log: postgres.log };
  conference = await createConference(store, app.id, { beganAt: new Date() });
});

after(async () => {
  await store?.close();
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

const newSpec = (): RecordingSpec => {
  const member = memberRow(conference, 1);
  return {
    ...specOf({ audio: { codec: 'opus', channels: 1 }, video: { codec: 'VP8' } }),
    ...{ recordingKey: makeRecordingKey(ids), org: app.org, app: app.name, appId: app.id, confrId: conference.id },
    ...{ memberId: member.id, accessId: member.accessId, pubStreamId: makePubStreamId(ids, 10, member.id) },
  };
};

/** A recording of so long, closed and not finished. */
const record = async (durationMs: number): Promise<RecordingSpec> => {
  const spec = newSpec();
  const time = new VirtualTime(START_MS - 50);
  const requestKeyFrame = (): void => {};
  const { spoolDir } = options;
  const recorder = new PublicationRecorder({
    spec,
    spoolDir,
    nowMs: time.nowMs,
    requestKeyFrame,
    onError: assert.fail,
  });
  const deliveries = deliveriesOf(smallMedia(durationMs), { startMs: START_MS });
  await time.play(recorder, deliveries, START_MS + durationMs);
  await recorder.close('unpublished');
  await store.recordingWork.begin(spec.recordingKey, app.id, conference.id, spec.pubStreamId);
  return spec;
};

const assertListedOnce = async (spec: RecordingSpec): Promise<void> => {
  const rows = await store.recordings.byConference(app.id, conference.id);
  assert.deepEqual(
    rows.map(({ recordingKey }) => recordingKey),
    [spec.recordingKey],
  );
  const facts = await options.objects.stat(rows[0]?.objectKey ?? '');
  assert.equal(facts?.sizeBytes, rows[0]?.sizeBytes, 'the row says how large the stored file is');
  assert.deepEqual(await readdir(options.spoolDir), [], 'nothing is left in the spool');
  assert.equal(await store.recordingWork.openCount(conference.id), 0);
};

describe('listing a recording', () => {
  test('moves the file to the object store and gives it a row', async () => {
    const spec = await record(1000);
    assert.equal((await listRecording(options, spec.recordingKey)).kind, 'listed');
    await assertListedOnce(spec);
  });

  test('cut short before the file is stored: the next try stores and lists it', async () => {
    const spec = await record(1000);
    const objects = Object.assign(Object.create(options.objects) as DiskStore, {
      put: () => Promise.reject(new Error('the bucket is away')),
    });
    await assert.rejects(listRecording({ ...options, objects }, spec.recordingKey), /bucket/);
    await listRecording(options, spec.recordingKey);
    await assertListedOnce(spec);
  });

  test('cut short between the file and the row: the next try gives the row', async () => {
    const spec = await record(1000);
    const recordings = { list: () => Promise.reject(new Error('the database is away')) };
    const broken = Object.assign(Object.create(store) as Store, { recordings });
    await assert.rejects(listRecording({ ...options, store: broken }, spec.recordingKey), /database/);
    await listRecording(options, spec.recordingKey);
    await assertListedOnce(spec);
  });

  test('cut short behind the row: the next try gives no second one', async () => {
    const spec = await record(1000);
    const recordingWork = { settle: () => Promise.reject(new Error('the database is away')) };
    const broken = Object.assign(Object.create(store) as Store, { recordingWork });
    await assert.rejects(listRecording({ ...options, store: broken }, spec.recordingKey), /database/);
    await listRecording(options, spec.recordingKey);
    await assertListedOnce(spec);
  });

  test('tells how complete it is, in the facts in short and by itself in full', async () => {
    const spec = await record(1000);
    const { kind, ...listed } = await listRecording(options, spec.recordingKey);
    assert.ok(kind === 'listed' && 'id' in listed && listed.id !== undefined);
    const row = await store.recordings.byKey(spec.recordingKey);
    assert.equal(row?.facts.verdict, 'complete');
    const report = await store.recordingSearch.reportOf(app.id, listed.id);
    assert.partialDeepStrictEqual(report, { verdict: 'complete', reasons: [], gaps: [], video: { frames: 25 } });
    assert.equal(await store.recordingSearch.reportOf(app.id, listed.id + 1), undefined);
  });

  test('nothing decodable came: no file, no row, nothing left behind, and the reason is kept', async () => {
    const spec = await record(0);
    assert.equal((await listRecording(options, spec.recordingKey)).kind, 'empty');
    const { confrId, pubStreamId } = spec;
    const begun = await store.recordingWork.find(spec.recordingKey);
    assert.deepEqual(begun, { confrId, pubStreamId, emptyReason: 'nothingReceived' });
    assert.deepEqual(await store.recordings.byConference(app.id, conference.id), []);
    assert.deepEqual(await readdir(options.spoolDir), []);
    assert.equal(await store.recordingWork.openCount(conference.id), 0);
  });

  test('the folder never came to be: the work is settled, so that a merge does not wait for it', async () => {
    const { recordingKey, pubStreamId } = newSpec();
    await store.recordingWork.begin(recordingKey, app.id, conference.id, pubStreamId);
    assert.equal((await listRecording(options, recordingKey)).kind, 'gone');
    assert.equal(await store.recordingWork.openCount(conference.id), 0);
  });
});

test('the sweep leaves out what is just being opened, and what is no recording', async () => {
  const keyAt = (text: string) => makeRecordingKey({ ...ids, nowMs: () => Date.parse(text) });
  const [old, young] = [keyAt('2026-01-01T00:00:00Z'), keyAt('2026-01-01T00:10:00Z')];
  for (const name of [young, old, 'merge-of-something', '20260101']) await mkdir(join(options.spoolDir, name));
  assert.deepEqual(await endedKeys(options.spoolDir, new Date('2026-01-01T00:09:00Z')), [old]);
  assert.deepEqual(await endedKeys(options.spoolDir, new Date('2026-01-01T00:11:00Z')), [old, young]);
});
