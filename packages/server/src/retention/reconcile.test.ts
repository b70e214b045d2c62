import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { makeRecordingKey, type RecordingKey } from '@callreel/contract/ids.ts';
import { beginWork, createApp, createConference, ids, newRecording } from '../../../../tests/support/store-rows.ts';
import type { AppRecord } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { DAY_MS } from './clocks.ts';
import { type ReconcileRequest, reconcile } from './reconcile.ts';
import { objectKeyOf, RetentionFixture, type Stage } from './virtual-retention-fixture.ts';

let fixture: RetentionFixture;
let stage: Stage;
let app: AppRecord;

before(async () => {
  fixture = await RetentionFixture.start();
});
beforeEach(async () => {
  stage = await fixture.stage();
  app = await createApp(fixture.store);
});
after(() => fixture?.stop());

const run = (request: ReconcileRequest) => reconcile(stage.options, request);

/** An object that no row names. */
const orphan = async (ageMs: number, key: RecordingKey = makeRecordingKey(ids), ending = ''): Promise<string> => {
  const objectKey = `${objectKeyOf(app, key)}${ending}`;
  await stage.put(objectKey, ageMs);
  return objectKey;
};

const isStored = async (objectKey: string): Promise<boolean> => (await stage.objects.stat(objectKey)) !== undefined;

test('an object without a row is reported, and removed only when told to', async () => {
  const files = await stage.list(app, 9);
  const [first, second] = [await orphan(2 * DAY_MS), await orphan(2 * DAY_MS, makeRecordingKey(ids), '.part')];
  const found = await run({ act: false });
  assert.deepEqual(found.objectsWithoutRow.named.map(({ key }) => key).sort(), [first, second].sort());
  assert.deepEqual([found.objects, found.objectsWithoutRow.count, found.removed], [11, 2, []]);
  assert.ok((await isStored(first)) && (await isStored(second)));
  const acted = await run({ act: true });
  assert.deepEqual(acted.removed.sort(), [first, second].sort());
  assert.ok(!(await isStored(first)) && !(await isStored(second)));
  assert.equal((await stage.stored(files)).length, 9);
  const reports = stage.logged.filter(({ msg }) => msg === 'a stored object that no recording names');
  assert.equal(reports.length, 4);
});

test('one that is young, or on its way into a row, is left out', async () => {
  await stage.list(app, 9);
  const conference = await createConference(fixture.store, app.id);
  const [inSpool, merging, working, merge] = Array.from({ length: 4 }, () => makeRecordingKey(ids));
  assert.ok(inSpool && merging && working && merge);
  await mkdir(join(stage.spoolDir, inSpool));
  await mkdir(join(stage.spoolDir, `merge-${merging}`));
  await beginWork(fixture.store, conference, working);
  await fixture.store.merges.begin(conference.id, merge);
  for (const key of [inSpool, merging, working, merge]) await orphan(3 * DAY_MS, key);
  await orphan(DAY_MS / 2);
  assert.equal((await run({ act: true })).objectsWithoutRow.count, 0);
});

test('one whose row is on its way out is not an orphan; one of a removed recording is', async () => {
  const files = await stage.list(app, 10);
  const [leaving, removed] = files;
  assert.ok(leaving && removed);
  stage.clocks.pass(2 * DAY_MS);
  const { removals } = fixture.store;
  for (const { id } of [leaving, removed]) await removals.beginDeleted(app.id, id, new Date());
  await removals.bury([removed.recordingKey], new Date());
  const { objectsWithoutRow } = await run({ act: false });
  assert.deepEqual(
    objectsWithoutRow.named.map(({ key }) => key),
    [removed.objectKey],
  );
});

test('where more than a fifth would go nothing does, as with the database of another service, unless that is meant', async () => {
  await stage.list(app, 4);
  const left = [await orphan(2 * DAY_MS), await orphan(2 * DAY_MS)];
  const refused = await run({ act: true });
  assert.deepEqual([refused.refused, refused.removed], [[`${app.org}/${app.name}`], []]);
  assert.ok(await isStored(left[0] ?? ''));
  assert.deepEqual((await run({ act: true, evenMany: true })).removed.sort(), left.sort());
});

test('a row without its object is reported as an error, and stays', async () => {
  const files = await stage.list(app, 3);
  const lost = files[1];
  assert.ok(lost);
  await stage.objects.remove(lost.objectKey);
  const { rowsWithoutObject } = await run({ act: true });
  const ours = rowsWithoutObject.named.filter(({ appId }) => appId === app.id);
  assert.deepEqual(ours, [{ appId: app.id, id: lost.id, objectKey: lost.objectKey }]);
  assert.ok(stage.errors().includes('a listed recording without its file'));
  assert.ok(await fixture.store.recordings.byKey(lost.recordingKey));
});

test('an object that gets its row between the report and the removal stays', async () => {
  await stage.list(app, 9);
  const key = makeRecordingKey(ids);
  const objectKey = await orphan(2 * DAY_MS, key);
  const conference = await createConference(fixture.store, app.id);
  const { recordingSearch, recordings } = fixture.store;
  let asked = 0;
  const knownObjects: typeof recordingSearch.knownObjects = async (keys) => {
    const known = await recordingSearch.knownObjects(keys);
    if (asked++ === 0) await recordings.list(newRecording(conference, { recordingKey: key, objectKey }));
    return known;
  };
  const store = Object.assign(Object.create(fixture.store) as Store, {
    recordingSearch: withMethod(recordingSearch, { knownObjects }),
  });
  const { objectsWithoutRow, removed } = await reconcile({ ...stage.options, store }, { act: true });
  assert.deepEqual([objectsWithoutRow.count, removed], [1, []]);
  assert.ok(await isStored(objectKey));
});

test('a recording that is removed while its file is looked for is no finding', async () => {
  const [file] = await stage.list(app, 1);
  assert.ok(file);
  const stat = async (objectKey: string) => {
    if (objectKey === file.objectKey) {
      await fixture.store.removals.beginDeleted(app.id, file.id, new Date());
      await stage.objects.remove(objectKey);
    }
    return stage.objects.stat(objectKey);
  };
  const objects = withMethod(stage.objects, { stat });
  const { rowsWithoutObject } = await reconcile({ ...stage.options, objects }, { act: false });
  assert.deepEqual(
    rowsWithoutObject.named.filter(({ appId }) => appId === app.id),
    [],
  );
});

/** The same thing but for one method; the others keep their own `this`. */
const withMethod = <Target extends object>(target: Target, method: Partial<Target>): Target =>
  new Proxy(target, {
    get: (_, name) => {
      const value: unknown = Reflect.get({ ...method }, name) ?? Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
