import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { UserName } from '@callreel/contract/ids.ts';
import { sql } from 'kysely';
import { startPostgres, type TestPostgres } from '../../../../tests/support/postgres.ts';
import { createApp, createConference, memberRow, newRecording } from '../../../../tests/support/store-rows.ts';
import { connect } from './connect.ts';
import type { AppRecord, NewRecording, SpanRow } from './rows.ts';
import { openStore, type Store } from './store.ts';

const PAST = new Date('2000-01-01T00:00:00Z');
const FUTURE = new Date('2100-01-01T00:00:00Z');

let postgres: TestPostgres;
let store: Store;

before(async () => {
  postgres = await startPostgres();
  store = await openStore(postgres);
});

after(async () => {
  await store?.close();
  await postgres?.stop();
});

const list = async (recording: NewRecording): Promise<{ id: number; recordTime: Date }> => {
  const listed = await store.recordings.list(recording);
  assert.notEqual(listed, 'duplicate');
  return listed as { id: number; recordTime: Date };
};

const idsOf = (rows: { id: number }[]): number[] => rows.map((row) => row.id);

const listMany = async (app: AppRecord, count: number, given: Partial<NewRecording> = {}) => {
  const conference = await createConference(store, app.id);
  const listed = [];
  for (let i = 0; i < count; i++) listed.push(await list(newRecording(conference, given)));
  return { conference, listed };
};

test('a listed file comes back with all that was given, its times and its conference', async () => {
  const app = await createApp(store, 7);
  const beganAt = new Date('2024-05-01T10:00:00.123Z');
  const conference = await createConference(store, app.id, { type: 'LIVE', beganAt });
  const recording = newRecording(conference, { facts: { video: { codec: 'VP8', width: 640 }, startMs: 0.5 } });
  const { id, recordTime } = await list(recording);
  const [row] = await store.recordings.byConference(app.id, conference.id);
  assert.deepEqual(row, {
    ...recording,
    id,
    recordTime,
    expireTime: new Date(recordTime.getTime() + 7 * 86_400_000),
    confrType: 'LIVE',
    confrBeginTime: beganAt,
    confrEndTime: beganAt,
  });
});

test('listing the same file again, also at the same moment, is a duplicate and gives no second row', async () => {
  const app = await createApp(store);
  const conference = await createConference(store, app.id);
  const recording = newRecording(conference);
  const results = await Promise.all(Array.from({ length: 6 }, () => store.recordings.list(recording)));
  assert.equal(results.filter((result) => result === 'duplicate').length, 5);
  assert.equal(await store.recordings.list(recording), 'duplicate');
  assert.equal((await store.recordings.byConference(app.id, conference.id)).length, 1);
});

test('a file of a conference that is not there, or is another app’s, is refused', async () => {
  const [app, other] = [await createApp(store), await createApp(store)];
  const conference = await createConference(store, other.id);
  await assert.rejects(store.recordings.list(newRecording({ ...conference, appId: app.id })), { reason: 'missing' });
});

test('while a conference runs its end is its latest known moment; then the last leave, for files listed before it too', async () => {
  const app = await createApp(store);
  const at = (minutes: number) => new Date(Date.UTC(2024, 0, 1, 10, minutes));
  const conference = await createConference(store, app.id, { createdAt: at(0), beganAt: at(1) });
  const member = memberRow(conference, 1, { joinedAt: at(5) });
  await store.conferences.insertMember(member);
  await list(newRecording(conference));
  const endTime = async () => (await store.recordings.byConference(app.id, conference.id)).at(-1)?.confrEndTime;
  assert.deepEqual(await endTime(), at(5));
  await store.conferences.markLeft(member.id, at(9));
  assert.deepEqual(await endTime(), at(9));
  await store.conferences.markEnded(conference.id, at(10));
  assert.deepEqual(await endTime(), at(10));
  await list(newRecording(conference));
  assert.deepEqual(await endTime(), at(10));
});

test('pages by id: startId is exclusive, length is the most, and the last page is short', async () => {
  const app = await createApp(store);
  const { listed } = await listMany(app, 5);
  const page = (startId: number) => store.recordings.bySpan(app.id, PAST, FUTURE, startId, 2);
  const first = await page(0);
  const second = await page(first[1]?.id ?? 0);
  const third = await page(second[1]?.id ?? 0);
  assert.deepEqual([first.length, second.length, third.length], [2, 2, 1]);
  assert.deepEqual(idsOf([...first, ...second, ...third]), idsOf(listed));
  assert.deepEqual(await page(third[0]?.id ?? 0), []);
});

test('a span takes whole seconds, both ends inclusive', async () => {
  const app = await createApp(store);
  const { listed } = await listMany(app, 1);
  const second = new Date(Math.floor((listed[0]?.recordTime.getTime() ?? 0) / 1000) * 1000);
  const shifted = (seconds: number) => new Date(second.getTime() + seconds * 1000);
  const count = async (begin: Date, end: Date) => (await store.recordings.bySpan(app.id, begin, end, 0, 10)).length;
  assert.equal(await count(second, second), 1);
  assert.equal(await count(shifted(-1), shifted(-1)), 0);
  assert.equal(await count(shifted(1), shifted(1)), 0);
});

test('merged files: in the calls by conference and span, alone in the merged span, not among a member’s', async () => {
  const app = await createApp(store);
  const conference = await createConference(store, app.id);
  const single = await list(newRecording(conference));
  const merged = await list(newRecording(conference, { recordType: 'MERGE_ALL' }));
  const user = 'user1' as UserName;
  assert.deepEqual(idsOf(await store.recordings.byConference(app.id, conference.id)), [single.id, merged.id]);
  assert.deepEqual(idsOf(await store.recordings.bySpan(app.id, PAST, FUTURE, 0, 10)), [single.id, merged.id]);
  assert.deepEqual(idsOf(await store.recordings.mergedBySpan(app.id, PAST, FUTURE, 0, 10)), [merged.id]);
  assert.deepEqual(idsOf(await store.recordings.mergedBySpan(app.id, PAST, FUTURE, merged.id, 10)), []);
  assert.deepEqual(idsOf(await store.recordings.byMember(app.id, conference.id, user)), [single.id]);
  assert.deepEqual(await store.recordings.byMember(app.id, conference.id, 'user2' as UserName), []);
});

test('one app never sees another’s files', async () => {
  const [app, other] = [await createApp(store), await createApp(store)];
  const { conference } = await listMany(app, 1);
  assert.deepEqual(await store.recordings.byConference(other.id, conference.id), []);
  assert.deepEqual(await store.recordings.bySpan(other.id, PAST, FUTURE, 0, 10), []);
});

test('a file is found by its object, and two files never share one', async () => {
  const app = await createApp(store);
  const conference = await createConference(store, app.id);
  const recording = newRecording(conference);
  const { id } = await list(recording);
  assert.equal((await store.recordings.byObjectKey(recording.objectKey))?.id, id);
  assert.equal(await store.recordings.byObjectKey('no/such/object'), undefined);
  await assert.rejects(store.recordings.list(newRecording(conference, { objectKey: recording.objectKey })), {
    reason: 'exists',
  });
});

type Page = (last: SpanRow | undefined) => Promise<SpanRow[]>;

/** Polls until `isDone`, and once more after it. */
const poll = async (page: Page, isDone: () => boolean): Promise<SpanRow[]> => {
  const seen = new Map<number, SpanRow>();
  let last: SpanRow | undefined;
  for (let final = false; ; ) {
    const rows = await page(last);
    const brought = rows.some(({ id }) => !seen.has(id));
    for (const row of rows) seen.set(row.id, row);
    last = rows.at(-1) ?? last;
    if (final && !brought) return [...seen.values()];
    final = isDone();
  }
};

/** Its files are seen by others up to 4 ms after they got their id and time, in whatever order: as on busy disks. */
const delayCommits = async ({ id }: AppRecord): Promise<void> => {
  const db = connect({ ...postgres, maxConnections: 1, statementTimeoutMs: 0 });
  await sql`create function dawdle() returns trigger language plpgsql as $$
    begin perform pg_sleep(random() * 0.004); return null; end $$`.execute(db);
  await sql`create constraint trigger dawdle after insert on recording deferrable initially deferred
    for each row when (new.app_id = ${sql.lit(id)}) execute function dawdle()`.execute(db);
  await db.destroy();
};

test('eight writers on two nodes, slow to commit: pagers by id and by time miss nothing, and ids and times rise together', async () => {
  const app = await createApp(store);
  await delayCommits(app);
  const conference = await createConference(store, app.id);
  const otherNode = await openStore(postgres);
  let writersLeft = 8;
  const write = async (_: unknown, index: number) => {
    const node = index % 2 === 0 ? store : otherNode;
    for (let i = 0; i < 40; i++) await node.recordings.list(newRecording(conference));
    writersLeft--;
  };
  const byId: Page = (last) => store.recordings.bySpan(app.id, PAST, FUTURE, last?.id ?? 0, 7);
  // A client that remembers the last time it saw asks again from that second on, from the last id it has: calls know whole seconds alone.
  const secondOf = ({ recordTime }: SpanRow): Date => new Date(Math.floor(recordTime.getTime() / 1000) * 1000);
  const byTime: Page = (last) =>
    store.recordings.bySpan(app.id, last ? secondOf(last) : PAST, FUTURE, last?.id ?? 0, 7);
  // One that keeps no id reads the last second again, whole, and knows what it has.
  const byTimeAlone: Page = (last) => store.recordings.bySpan(app.id, last ? secondOf(last) : PAST, FUTURE, 0, 1000);
  const isDone = () => writersLeft === 0;
  const [seenById, seenByTime, seenByTimeAlone] = await Promise.all([
    poll(byId, isDone),
    poll(byTime, isDone),
    poll(byTimeAlone, isDone),
    ...Array.from({ length: 8 }).map(write),
  ]);
  await otherNode.close();
  assert.deepEqual(
    idsOf(seenById),
    Array.from({ length: 320 }, (_, index) => index + 1),
  );
  assert.deepEqual(idsOf(seenByTime), idsOf(seenById));
  assert.deepEqual(idsOf(seenByTimeAlone), idsOf(seenById));
  const times = seenById.map((row) => row.recordTime.getTime());
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
});

test('the clock is set back: times stay where they were until it has caught up, and ids go on', async () => {
  const app = await createApp(store);
  const { conference, listed } = await listMany(app, 1);
  const ahead = new Date((listed[0]?.recordTime.getTime() ?? 0) + 3_600_000);
  const db = connect({ ...postgres, maxConnections: 1, statementTimeoutMs: 0 });
  await db.updateTable('appCounter').set({ lastTime: ahead }).where('appId', '=', app.id).execute();
  await db.destroy();
  const [second, third] = [await list(newRecording(conference)), await list(newRecording(conference))];
  assert.deepEqual(
    [second, third],
    [2, 3].map((id) => ({ id, recordTime: ahead })),
  );
  assert.deepEqual(idsOf(await store.recordings.bySpan(app.id, PAST, FUTURE, 2, 10)), [3]);
});
