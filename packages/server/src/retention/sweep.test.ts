import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { makeRecordingKey } from '@callreel/contract/ids.ts';
import { beginWork, createApp, createConference, ids, memberRow } from '../../../../tests/support/store-rows.ts';
import { DiskStore } from '../storage/disk-store.ts';
import { connect } from '../store/connect.ts';
import type { AppRecord } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { DAY_MS, HOUR_MS } from './clocks.ts';
import { removeDeleted } from './removal.ts';
import { sweep } from './sweep.ts';
import type { SweepOptions } from './sweep-options.ts';
import { type ListedFile, RetentionFixture, type Stage } from './virtual-retention-fixture.ts';

const RETENTION_DAYS = 30;

let fixture: RetentionFixture;
let store: Store;
let stage: Stage;
let app: AppRecord;

before(async () => {
  fixture = await RetentionFixture.start();
  store = fixture.store;
});
beforeEach(async () => {
  stage = await fixture.stage();
  app = await createApp(store, RETENTION_DAYS);
});
after(() => fixture?.stop());

const keysOf = (files: readonly ListedFile[]): string[] => files.map(({ recordingKey }) => recordingKey);

const passDays = (days: number): void => stage.clocks.pass(days * DAY_MS);

const rowsOf = async (files: readonly ListedFile[]): Promise<string[]> => {
  const rows = await Promise.all(files.map(({ recordingKey }) => store.recordings.byKey(recordingKey)));
  return rows.flatMap((row) => (row ? [row.recordingKey] : []));
};

const assertGone = async (files: readonly ListedFile[]): Promise<void> => {
  assert.deepEqual(await stage.stored(files), [], 'no object is left');
  assert.deepEqual(await rowsOf(files), [], 'no row is left');
  for (const file of files) {
    assert.equal(await store.removals.find(file.recordingKey), undefined, 'nothing is on its way out');
    assert.equal(await store.recordings.list(file), 'duplicate', 'its tombstone keeps it from coming back');
  }
};

const assertKept = async (files: readonly ListedFile[]): Promise<void> => {
  assert.deepEqual(await stage.stored(files), keysOf(files));
  assert.deepEqual(await rowsOf(files), keysOf(files));
};

const alarmsOf = async (appId: number) => (await store.retention.alarms()).filter((alarm) => alarm.appId === appId);

describe('a file goes a day after its expiry', () => {
  test('and not before', async () => {
    const files = await stage.list(app, 3);
    passDays(RETENTION_DAYS + 1 - 1 / 24);
    assert.equal((await sweep(stage.options)).kind, 'swept');
    await assertKept(files);
    passDays(2 / 24);
    assert.equal((await sweep(stage.options)).kind, 'swept');
    await assertGone(files);
    assert.deepEqual(stage.errors(), []);
  });

  test('each app by its own retention, which is fixed when a file is listed', async () => {
    const brief = await createApp(store, 1);
    const [long, short] = [await stage.list(app, 2), await stage.list(brief, 2)];
    passDays(2.1);
    await sweep(stage.options);
    await assertGone(short);
    await assertKept(long);
  });

  test('more than a batch, in one sweep', async () => {
    const files = await stage.list(app, 105);
    passDays(32);
    await sweep(stage.options);
    assert.deepEqual(await stage.stored(files), []);
    assert.deepEqual(await rowsOf(files), []);
  });

  test('its id is never given again', async () => {
    const [file] = await stage.list(app, 1);
    passDays(32);
    await sweep(stage.options);
    const [next] = await stage.list(app, 1);
    assert.ok(file && next && next.id > file.id);
  });
});

/** The same thing, but for one call that fails as if the process died before it. */
const dyingAt = <Target extends object>(target: Target, broken: Partial<Target>): Target =>
  new Proxy(target, {
    get: (_, name) => {
      const value: unknown = Reflect.get({ ...broken }, name) ?? Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
const died = () => Promise.reject(new Error('died'));
const isDeath = (error: Error): boolean => /died/.test(`${error.message} ${error.cause}`);
const withObjects = (broken: Partial<Stage['objects']>): SweepOptions => ({
  ...stage.options,
  objects: dyingAt(stage.objects, broken),
});
const withRemovals = (broken: Partial<Store['removals']>): SweepOptions => ({
  ...stage.options,
  store: dyingAt(store, { removals: dyingAt(store.removals, broken) }),
});

describe('killed in the middle, the next sweep does the rest', () => {
  const assertMended = async (options: SweepOptions): Promise<void> => {
    const files = await stage.list(app, 5);
    passDays(32);
    await assert.rejects(sweep(options), isDeath);
    assert.deepEqual(await rowsOf(files), [], 'no listing shows what may be gone');
    await sweep(stage.options);
    await assertGone(files);
  };

  test('between the mark and the object', () => assertMended(withObjects({ remove: died })));

  test('between the object and the tombstone', () => assertMended(withRemovals({ bury: died })));

  test('before the mark', async () => {
    const files = await stage.list(app, 5);
    passDays(32);
    await assert.rejects(sweep(withRemovals({ beginExpired: died })), isDeath);
    await assertKept(files);
    await sweep(stage.options);
    await assertGone(files);
  });
});

test('one object that cannot be removed keeps none of the others, and is taken up again', async () => {
  const files = await stage.list(app, 12);
  passDays(32);
  const stuck = files[4]?.objectKey;
  const remove = (key: string) => (key === stuck ? died() : stage.objects.remove(key));
  await assert.rejects(sweep(withObjects({ remove })), { name: 'RetentionError', reason: 'incomplete' });
  assert.deepEqual(await stage.stored(files), [files[4]?.recordingKey]);
  await sweep(stage.options);
  await assertGone(files);
});

test('one app that cannot be dealt with keeps no other from losing its old files', async () => {
  const brief = async (): Promise<AppRecord> => {
    const made = await createApp(store, 1);
    await stage.list(made, 2);
    return made;
  };
  const [broken, other] = [await brief(), await brief()];
  const others = await stage.list(other, 2);
  passDays(2.1);
  const beginExpired: Store['removals']['beginExpired'] = (appId, ...rest) =>
    appId === broken.id ? died() : store.removals.beginExpired(appId, ...rest);
  await assert.rejects(sweep(withRemovals({ beginExpired })), { name: 'RetentionError', reason: 'incomplete' });
  await assertGone(others);
});

test('one whose tombstone stands already keeps none of the others', async () => {
  const files = await stage.list(app, 3);
  const [first] = files;
  assert.ok(first);
  const db = connect({ ...fixture.postgres, maxConnections: 1, statementTimeoutMs: 0 });
  const { id, recordingKey, recordTime } = first;
  await db
    .insertInto('recordingTombstone')
    .values({ appId: app.id, id, recordingKey, recordTime, reason: 'expired', removedAt: new Date() })
    .execute();
  await db.destroy();
  passDays(32);
  await sweep(stage.options);
  await assertGone(files);
});

describe('files that are to go and are not in the store', () => {
  const elsewhere = (): SweepOptions => ({ ...stage.options, objects: new DiskStore(join(stage.place, 'elsewhere')) });

  test('all of them, as with the wrong folder: their rows stay until it is the right one', async () => {
    const files = await stage.list(app, 3);
    passDays(32);
    const result = await sweep(elsewhere());
    assert.ok(result.kind === 'swept' && result.stoppedApps > 0);
    await assertKept(files);
    const [alarm] = await alarmsOf(app.id);
    assert.match(alarm?.detail ?? '', /^3 of the first 3 files to go are not in the store/);
    await sweep(stage.options);
    await assertGone(files);
    assert.deepEqual(await alarmsOf(app.id), []);
  });

  test('confirmed, their rows go', async () => {
    const files = await stage.list(app, 3);
    passDays(32);
    await sweep(elsewhere());
    await store.retention.confirmAlarms();
    await sweep(elsewhere());
    assert.deepEqual(await rowsOf(files), []);
  });

  test('a fifth of them or less: all rows go', async () => {
    const files = await stage.list(app, 5);
    await stage.objects.remove(files[2]?.objectKey ?? '');
    passDays(32);
    await sweep(stage.options);
    await assertGone(files);
  });
});

describe('a clock that leapt stops everything', () => {
  let files: ListedFile[];
  beforeEach(async () => {
    files = await stage.list(app, 3);
  });

  test('forwards: files that only seem old stay, and it says so until the clock is right again', async () => {
    stage.clocks.pass(HOUR_MS);
    stage.clocks.leap(60 * DAY_MS);
    assert.equal((await sweep(stage.options)).kind, 'stopped');
    stage.clocks.pass(HOUR_MS);
    assert.equal((await sweep(stage.options)).kind, 'stopped', 'being steadily wrong does not make it right');
    await assertKept(files);
    assert.equal(stage.errors().length, 2);
    const [alarm] = await alarmsOf(0);
    assert.match(alarm?.detail ?? '', /leapt by 1440\.0 h/);
    stage.clocks.leap(-60 * DAY_MS);
    assert.equal((await sweep(stage.options)).kind, 'swept');
    assert.deepEqual(await alarmsOf(0), []);
    await assertKept(files);
  });

  test('backwards, and when it is confirmed the sweep goes on from there', async () => {
    stage.clocks.leap(-2 * HOUR_MS);
    assert.equal((await sweep(stage.options)).kind, 'stopped');
    assert.equal(await store.retention.confirmAlarms(), 1);
    assert.equal((await sweep(stage.options)).kind, 'swept');
    assert.deepEqual(await alarmsOf(0), []);
    await assertKept(files);
    passDays(33);
    await sweep(stage.options);
    await assertGone(files);
  });

  test("when it is the database's alone", async () => {
    stage.clocks.setDatabaseAhead(60 * DAY_MS);
    assert.equal((await sweep(stage.options)).kind, 'stopped');
    await assertKept(files);
  });

  test('apart by less than an hour, the earlier of the two counts', async () => {
    passDays(RETENTION_DAYS + 1 - 1 / 48);
    for (const aheadMs of [HOUR_MS * 0.9, 0]) {
      stage.clocks.setDatabaseAhead(aheadMs);
      assert.equal((await sweep(stage.options)).kind, 'swept');
      await assertKept(files);
    }
    stage.clocks.pass(HOUR_MS);
    stage.clocks.setDatabaseAhead(-HOUR_MS * 0.9);
    await sweep(stage.options);
    await assertKept(files);
    stage.clocks.setDatabaseAhead(0);
    await sweep(stage.options);
    await assertGone(files);
  });

  test('while the machine was off, and is put right after the first sweep, which removed nothing', async () => {
    passDays(28);
    await sweep(stage.options);
    stage.clocks.reboot(6 * DAY_MS);
    assert.equal((await sweep(stage.options)).kind, 'held');
    stage.clocks.pass(HOUR_MS);
    stage.clocks.leap(-6 * DAY_MS);
    assert.equal((await sweep(stage.options)).kind, 'stopped');
    await assertKept(files);
  });

  test('a boot does not settle an alarm, also where it alone would raise none', async () => {
    passDays(28);
    await sweep(stage.options);
    stage.clocks.leap(6 * DAY_MS);
    assert.equal((await sweep(stage.options)).kind, 'stopped');
    stage.clocks.reboot(HOUR_MS);
    for (let run = 0; run < 3; run++) {
      stage.clocks.pass(HOUR_MS);
      assert.equal((await sweep(stage.options)).kind, 'stopped');
    }
    await assertKept(files);
  });

  test('a boot does not settle an alarm', async () => {
    stage.clocks.leap(40 * DAY_MS);
    assert.equal((await sweep(stage.options)).kind, 'stopped');
    stage.clocks.reboot(HOUR_MS);
    for (let run = 0; run < 3; run++) {
      stage.clocks.pass(HOUR_MS);
      assert.equal((await sweep(stage.options)).kind, 'stopped');
    }
    await assertKept(files);
  });

  test('off for more than a week with files that would go: a person has to say that the time is right', async () => {
    stage.clocks.reboot(33 * DAY_MS);
    assert.equal((await sweep(stage.options)).kind, 'stopped');
    await assertKept(files);
    await store.retention.confirmAlarms();
    assert.equal((await sweep(stage.options)).kind, 'swept');
    await assertGone(files);
  });
});

test('after a boot the first sweep removes nothing, the second what is due', async () => {
  const files = await stage.list(app, 2);
  passDays(30);
  await sweep(stage.options);
  stage.clocks.reboot(3 * DAY_MS);
  assert.equal((await sweep(stage.options)).kind, 'held');
  await assertKept(files);
  stage.clocks.pass(HOUR_MS);
  assert.equal((await sweep(stage.options)).kind, 'swept');
  await assertGone(files);
});

describe('more than a fifth of an app’s files that go before their age', () => {
  /** Listed while the app's retention was set to a day, by mistake. */
  const listBriefly = async (count: number): Promise<ListedFile[]> => {
    await store.apps.setRetentionDays(app.id, 1);
    const files = await stage.list(app, count);
    await store.apps.setRetentionDays(app.id, RETENTION_DAYS);
    return files;
  };

  test('stop the sweep for that app alone, until they are confirmed', async () => {
    const [kept, brief] = [await stage.list(app, 7), await listBriefly(2)];
    const other = await createApp(store, 1);
    const others = await stage.list(other, 2);
    passDays(3);
    const result = await sweep(stage.options);
    assert.ok(result.kind === 'swept' && result.stoppedApps === 1);
    await assertKept([...kept, ...brief]);
    await assertGone(others);
    assert.equal(stage.errors().length, 1);
    const [alarm] = await alarmsOf(app.id);
    assert.match(alarm?.detail ?? '', /^2 of 9 files/);
    await store.retention.confirmAlarms();
    await sweep(stage.options);
    await assertGone(brief);
    await assertKept(kept);
    assert.deepEqual(await alarmsOf(app.id), []);
  });

  test('a fifth or less go', async () => {
    const [kept, brief] = [await stage.list(app, 8), await listBriefly(2)];
    passDays(3);
    await sweep(stage.options);
    await assertGone(brief);
    await assertKept(kept);
  });

  test('when they have reached the age, the alarm is over', async () => {
    const brief = await listBriefly(2);
    passDays(3);
    await sweep(stage.options);
    assert.equal((await alarmsOf(app.id)).length, 1);
    passDays(29);
    await sweep(stage.options);
    assert.deepEqual(await alarmsOf(app.id), []);
    await assertGone(brief);
  });
});

test('what was not marked is not buried', async () => {
  const files = await stage.list(app, 1);
  await store.removals.bury(
    files.map(({ recordingKey }) => recordingKey),
    new Date(),
  );
  await assertKept(files);
});

describe('a deleted file', () => {
  const deleteFile = async ({ id }: ListedFile) => {
    const key = await store.removals.beginDeleted(app.id, id, new Date(stage.clocks.wallMs()));
    assert.ok(key);
    return key;
  };

  test('is out of every listing at once, and its job removes it', async () => {
    const [file, other] = await stage.list(app, 2);
    assert.ok(file && other);
    const key = await deleteFile(file);
    assert.deepEqual(await rowsOf([file, other]), [other.recordingKey]);
    assert.equal(await store.recordings.byObjectKey(file.objectKey), undefined);
    assert.deepEqual(keysOf([file, other]), await stage.stored([file, other]));
    await removeDeleted(stage.options, key, new Date());
    await removeDeleted(stage.options, key, new Date());
    await assertGone([file]);
    await assertKept([other]);
    assert.equal(await store.removals.beginDeleted(app.id, file.id, new Date()), undefined);
  });

  test('whose job came to nothing is handed in again by the next sweep, whatever the clock', async () => {
    const [file] = await stage.list(app, 1);
    assert.ok(file);
    const recordingKey = await deleteFile(file);
    stage.clocks.leap(DAY_MS);
    assert.equal((await sweep(stage.options)).kind, 'stopped');
    assert.deepEqual(stage.sent, [['remove', { recordingKey }]]);
  });
});

describe('what else has served its time', () => {
  test('tokens a month after their end, and not before', async () => {
    const insert = async (expiresAt: Date | null, revokedAt: Date | null) => {
      const hash = ids.randomBytes(32);
      await store.tokens.insert(hash, { appId: app.id, subject: { kind: 'app' }, expiresAt, revokedAt });
      return hash;
    };
    const now = new Date(stage.clocks.wallMs());
    const [expired, revoked, living] = [await insert(now, null), await insert(null, now), await insert(null, null)];
    const found = async () => {
      const records = await Promise.all([expired, revoked, living].map((hash) => store.tokens.find(hash)));
      return records.map((record) => record !== undefined);
    };
    passDays(29);
    await sweep(stage.options);
    assert.deepEqual(await found(), [true, true, true]);
    passDays(2);
    await sweep(stage.options);
    assert.deepEqual(await found(), [false, false, true]);
  });

  test('a conference, with who was in it and the log of its recording, when its last file is gone', async () => {
    const [file] = await stage.list(app, 1);
    assert.ok(file);
    const running = await createConference(store, app.id);
    const unfinished = await createConference(store, app.id, { endedAt: new Date() });
    await beginWork(store, unfinished, makeRecordingKey(ids));
    const conference = await store.conferences.findById(file.confrId);
    assert.ok(conference);
    await store.conferences.insertMember(memberRow(conference, 1));
    const order = { confrId: file.confrId, at: new Date(), action: 'stop', pubStreamId: null } as const;
    await store.recordingOrders.write({ ...order, memberId: null, userName: null }, 'stopped');
    passDays(30.5);
    await sweep(stage.options);
    assert.ok(await store.conferences.findById(file.confrId));
    passDays(2);
    await sweep(stage.options);
    assert.equal(await store.conferences.findById(file.confrId), undefined);
    assert.deepEqual(await store.conferences.members(file.confrId), []);
    assert.deepEqual(await store.recordingOrders.latest(file.confrId), []);
    assert.ok(await store.conferences.findById(running.id));
    assert.ok(await store.conferences.findById(unfinished.id));
  });

  test('settled work after a week', async () => {
    const conference = await createConference(store, app.id);
    const [settled, open] = [makeRecordingKey(ids), makeRecordingKey(ids)];
    for (const key of [settled, open]) await beginWork(store, conference, key);
    await store.recordingWork.settle(settled);
    passDays(8);
    await sweep(stage.options);
    assert.equal(await store.recordingWork.find(settled), undefined);
    assert.equal((await store.recordingWork.find(open))?.confrId, conference.id);
  });

  test('folders of merges that are no longer open', async () => {
    const conference = await createConference(store, app.id);
    const merge = await store.merges.begin(conference.id, makeRecordingKey(ids));
    const folderOf = async (name: string, ageMs: number) => {
      const folder = join(stage.spoolDir, name);
      await mkdir(join(folder, 'chunks'), { recursive: true });
      const at = new Date(stage.clocks.wallMs() - ageMs);
      await utimes(folder, at, at);
      return folder;
    };
    const open = await folderOf(`merge-${merge.recordingKey}`, 3 * DAY_MS);
    const left = await folderOf(`merge-${makeRecordingKey(ids)}`, 3 * DAY_MS);
    const young = await folderOf(`merge-${makeRecordingKey(ids)}`, 0);
    const foreign = await folderOf('merge-notes', 3 * DAY_MS);
    await sweep(stage.options);
    assert.deepEqual([open, left, young, foreign].map(existsSync), [true, false, true, true]);
  });
});
