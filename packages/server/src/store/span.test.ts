import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { type Kysely, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { startPostgres, type TestPostgres } from '../../../../tests/support/postgres.ts';
import { createApp, createConference, newRecording } from '../../../../tests/support/store-rows.ts';
import { connect } from './connect.ts';
import { MIGRATIONS } from './migrations/migrations.ts';
import type { AppRecord } from './rows.ts';
import type { Schema } from './schema.ts';
import { type SpanPage, selectSpan } from './span.ts';
import { openStore, type Store } from './store.ts';

const LONG_AGO = new Date('2000-01-01T00:00:00Z');
const FAR_OFF = new Date('2200-01-01T00:00:00Z');
const LONGEST_PAGE = 100;

let postgres: TestPostgres;
let store: Store;
let db: Kysely<Schema>;

before(async () => {
  postgres = await startPostgres();
  store = await openStore(postgres);
  db = connect({ ...postgres, maxConnections: 1, statementTimeoutMs: 0 });
});

after(async () => {
  await db?.destroy();
  await store?.close();
  await postgres?.stop();
});

/** For one app: all that was written of its files is so much older. */
const passHours = async ({ id }: AppRecord, hours: number): Promise<void> => {
  const ago = sql`make_interval(hours => ${hours})`;
  await sql`update recording set record_time = record_time - ${ago}, expire_time = expire_time - ${ago}
    where app_id = ${id}`.execute(db);
  await sql`update retention_era set from_time = from_time - ${ago} where app_id = ${id}`.execute(db);
  await sql`update app_counter set last_time = last_time - ${ago} where app_id = ${id}`.execute(db);
};

const listFiles = async (app: AppRecord, count: number): Promise<number[]> => {
  const conference = await createConference(store, app.id);
  const ids: number[] = [];
  for (let index = 0; index < count; index++) {
    // Of three files one is merged.
    const recordType = index % 3 === 2 ? ('MERGE_ALL' as const) : ('ONLY_REC_ONE_AV' as const);
    const listed = await store.recordings.list(newRecording(conference, { recordType }));
    assert.ok(listed !== 'duplicate');
    ids.push(listed.id);
  }
  return ids;
};

type Row = { id: number; recordTime: Date; isMerged: boolean };

/** What a listing must show, by the rows' own word and nothing else. */
const livingRows = async ({ id }: AppRecord): Promise<Row[]> => {
  const { rows } = await sql<Row>`
    select id, record_time, record_type = 'MERGE_ALL' as is_merged from recording
    where app_id = ${id} and expire_time > now() and removal_at is null order by id`.execute(db);
  return rows;
};

const ids = (rows: readonly { id: number }[]): number[] => rows.map(({ id }) => id);

const assertPages = async (app: AppRecord, rows: readonly Row[], page: Omit<SpanPage, 'appId'>): Promise<void> => {
  const { begin, end, startId, length } = page;
  const wanted = rows.filter(
    ({ id, recordTime }) => id > startId && recordTime >= begin && recordTime.getTime() < end.getTime() + 1000,
  );
  const [all, merged] = await Promise.all([
    store.recordings.bySpan(app.id, begin, end, startId, length),
    store.recordings.mergedBySpan(app.id, begin, end, startId, length),
  ]);
  assert.deepEqual(ids(all), ids(wanted).slice(0, length));
  assert.deepEqual(ids(merged), ids(wanted.filter(({ isMerged }) => isMerged)).slice(0, length));
  const newest = await store.recordingSearch.newest(app.id, { begin, end }, LONGEST_PAGE);
  const inSpan = rows.filter(({ recordTime }) => recordTime >= begin && recordTime.getTime() < end.getTime() + 1000);
  assert.deepEqual(ids(newest), ids(inSpan).reverse());
};

const EVENT = fc.oneof(
  fc.record({ kind: fc.constant('files' as const), count: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ kind: fc.constant('hours' as const), hours: fc.integer({ min: 1, max: 60 }) }),
  fc.record({ kind: fc.constant('retention' as const), days: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ kind: fc.constant('deleted' as const), nth: fc.nat(20) }),
);
const PAGE = fc.record({
  nth: fc.nat(60),
  length: fc.integer({ min: 1, max: 7 }),
  beginHoursAgo: fc.integer({ min: -1, max: 400 }),
  spanHours: fc.nat(400),
});

test('whatever is kept for how long, and was set when, pages show what has not expired and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(EVENT, { minLength: 3, maxLength: 14 }),
      fc.array(PAGE, { minLength: 3, maxLength: 6 }),
      async (events, pages) => {
        const app = await createApp(store, 3);
        for (const event of events) {
          switch (event.kind) {
            case 'files':
              await listFiles(app, event.count);
              break;
            case 'hours':
              await passHours(app, event.hours);
              break;
            case 'retention':
              await store.apps.setRetentionDays(app.id, event.days);
              break;
            case 'deleted':
              await store.removals.beginDeleted(app.id, event.nth, new Date());
              break;
          }
        }
        const rows = await livingRows(app);
        await assertPages(app, rows, { begin: LONG_AGO, end: FAR_OFF, startId: 0, length: LONGEST_PAGE });
        for (const { nth, length, beginHoursAgo, spanHours } of pages) {
          const begin = new Date(Date.now() - beginHoursAgo * 3_600_000);
          const end = new Date(begin.getTime() + spanHours * 3_600_000);
          await assertPages(app, rows, { begin: LONG_AGO, end: FAR_OFF, startId: nth, length });
          await assertPages(app, rows, { begin, end, startId: nth, length });
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('retention is set back and forth while eight list: each file is in a stretch of those kept as long', async () => {
  const app = await createApp(store, 1);
  let writersLeft = 8;
  const write = async () => {
    await listFiles(app, 30);
    writersLeft--;
  };
  const change = async () => {
    for (let days = 1; writersLeft > 0; days = (days % 7) + 1) await store.apps.setRetentionDays(app.id, days);
  };
  await Promise.all([change(), ...Array.from({ length: 8 }, write)]);
  const { rows } = await sql<{ files: number; eras: number; astray: number }>`
    select count(*) as files, count(distinct e.from_id) as eras,
      count(*) filter (where r.expire_time <> r.record_time + make_interval(hours => 24 * e.retention_days)) as astray
    from recording r cross join lateral (
      select * from retention_era e where e.app_id = r.app_id and e.from_id <= r.id order by e.from_id desc limit 1
    ) e where r.app_id = ${app.id}`.execute(db);
  const [found] = rows;
  assert.deepEqual([found?.files, found?.astray], [240, 0]);
  assert.ok((found?.eras ?? 0) > 1, 'it was changed meanwhile');
});

/** The plan for large tables: small ones are read whole. */
const planOf = async (which: 'all' | 'merged'): Promise<string> =>
  db.transaction().execute(async (tx) => {
    for (const method of ['seqscan', 'bitmapscan', 'sort'])
      await sql`set local ${sql.ref(`enable_${method}`)} = off`.execute(tx);
    const page = { appId: 1, begin: LONG_AGO, end: FAR_OFF, startId: 5, length: LONGEST_PAGE };
    const plan = await selectSpan(tx, page, which).explain('text');
    return plan.map((line) => Object.values(line as Record<string, string>).join()).join('\n');
  });

test('merged files are listed from their index alone; an era is read only where those before it do not fill the page', async () => {
  const merged = await planOf('merged');
  assert.match(merged, /Index Only Scan using recording_merged_by_time/);
  const all = await planOf('all');
  assert.match(all, /Index Scan using recording_by_time/);
  for (const plan of [merged, all]) {
    assert.match(plan, /Incremental Sort/);
    assert.match(plan, /Index Cond:.*ROW\(record_time, id\) > ROW\(GREATEST\(.*e\.expired_time/);
  }
});

test('a database from before eras: its files are listed as long as they were to be', async () => {
  const name = `old_${randomBytes(4).toString('hex')}`;
  await sql`create database ${sql.ref(name)}`.execute(db);
  const { connection } = postgres;
  assert.ok(connection.kind === 'socket');
  const old = connect({
    ...postgres,
    connection: { ...connection, database: name },
    maxConnections: 1,
    statementTimeoutMs: 0,
  });
  const migrator = new Migrator({ db: old, provider: { getMigrations: async () => MIGRATIONS } });
  assert.equal((await migrator.migrateTo('0004-tenants')).error, undefined);
  await sql`insert into app (org, name, client_id, client_secret_hash, retention_days) values ('acme', 'old', 'id', '', 2)`.execute(
    old,
  );
  await sql`insert into app_counter (app_id, n, last_time) values (1, 9, now() - interval '1 hour')`.execute(old);
  // Nine hours apart, kept for a day, then for five, then for a day again.
  await sql`insert into recording (app_id, id, record_time, expire_time, recording_key, confr_id, confr_type, confr_begin_time,
      member_id, user_name, access_id, pub_stream_id, record_type, object_key, container, size_bytes, duration_ms, facts)
    select 1, i, at, at + make_interval(hours => case when i between 4 and 6 then 120 else 24 end), 'k' || i, 'c', 'LIVE', at,
      'm', 'u', 'a', 'p', 'ONLY_REC_ONE_AV', 'o' || i, 'webm', 1, 1, '{}'
    from generate_series(1, 9) i, lateral (select now() - make_interval(hours => 9 * (10 - i)) as at) t`.execute(old);
  await old.destroy();
  const reopened = await openStore({ ...postgres, connection: { ...connection, database: name } });
  const shown = async () => ids(await reopened.recordings.bySpan(1, LONG_AGO, FAR_OFF, 0, LONGEST_PAGE));
  assert.deepEqual(await shown(), [4, 5, 6, 8, 9]);
  const conference = await createConference(reopened, 1);
  await reopened.recordings.list(newRecording(conference));
  assert.deepEqual(await shown(), [4, 5, 6, 8, 9, 10]);
  await reopened.close();
});
