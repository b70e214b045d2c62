/** Pages that have something in their way: files that expired and are not removed yet, or a table that no vacuum has seen yet. */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AppRecord } from '@callreel/server/store/rows.ts';
import type { ListDatabase } from './list-database.ts';
import { FIRST_MS, insertRows, KEPT_DAYS, STEP_MS } from './rows.ts';
import { ask, type PageRequest, type SpanCall } from './windows.ts';

export type HarderPage = {
  page: string;
  call: SpanCall;
  /** That are in the way. */
  files: number;
  found: number;
  buffers: number;
  /** `none`: it is told and not judged. */
  bar: number | 'none';
  ms: string;
};

const BAR_BUFFERS = 60;
/** Files are kept for 30 days unless set otherwise, and expired ones stay for one more. */
const SHARE_OF_A_DAY = 1 / 30;
const DAY_MS = 24 * 3600 * 1000;
/** With fewer rows no day's end lies within them. */
const LEAST_ROWS = 1_000_000;
/** Of all tenants: 100 merged files of the large one. */
const FRESH_ROWS = 2000;

const CALLS = ['all', 'merged'] as const satisfies readonly SpanCall[];

const everything = (startId: number): PageRequest => ({
  name: '',
  begin: new Date(FIRST_MS - DAY_MS),
  end: new Date(),
  startId,
});

type Way = { page: string; files: number; startId: (call: SpanCall) => number; bar: HarderPage['bar'] };

const measure = async (database: ListDatabase, app: AppRecord, way: Way): Promise<HarderPage[]> => {
  const pages: HarderPage[] = [];
  for (const call of CALLS) {
    const work = () => ask(database, app, call, everything(way.startId(call)));
    const { buffers } = await database.explain(work);
    const began = performance.now();
    const found = (await work()).length;
    const ms = (performance.now() - began).toFixed(1);
    pages.push({ page: way.page, call, files: way.files, found, buffers, bar: way.bar, ms });
  }
  return pages;
};

/** Nothing of it stays. */
const rolledBack = async <Result>(database: ListDatabase, work: () => Promise<Result>): Promise<Result> => {
  await database.run('begin');
  try {
    return await work();
  } finally {
    await database.run('rollback');
  }
};

const expire = async (database: ListDatabase, fromId: number, untilId: number, days: number): Promise<number> => {
  const rows = await database.run(
    `update recording set expire_time = record_time + make_interval(hours => 24 * $3::int)
    where app_id = 1 and id >= $1 and id < $2 and record_time < now() - make_interval(hours => 24 * $3::int) returning id`,
    [fromId, untilId, days],
  );
  return rows.length;
};

/** All files were kept for the same time: the first day's have expired. */
const behindExpired = async (database: ListDatabase, app: AppRecord, rows: number): Promise<HarderPage[]> => {
  const days = Math.floor((Date.now() - FIRST_MS - rows * SHARE_OF_A_DAY * STEP_MS) / DAY_MS);
  await database.run('update retention_era set retention_days = $1 where app_id = 1', [days]);
  const files = await expire(database, 1, rows, days);
  return measure(database, app, { page: 'behind expired files', files, startId: () => 0, bar: BAR_BUFFERS });
};

/** The app kept files for a day, for a while, and long before and after it. */
const acrossExpired = async (database: ListDatabase, app: AppRecord, rows: number): Promise<HarderPage[]> => {
  const from = Math.floor(rows / 4);
  const until = from + Math.floor((rows / 2) * SHARE_OF_A_DAY);
  await database.run(
    `insert into retention_era select app_id, id, record_time, case when id = $1 then 1 else ${KEPT_DAYS} end
    from recording where app_id = 1 and id in ($1, $2)`,
    [from, until],
  );
  const files = await expire(database, from, until, 1);
  const startId = (call: SpanCall) => from - (call === 'merged' ? 500 : 50);
  return measure(database, app, { page: 'half before, half behind them', files, startId, bar: BAR_BUFFERS });
};

export const pagesPastExpired = async (database: ListDatabase, app: AppRecord, rows: number): Promise<HarderPage[]> => {
  if (rows < LEAST_ROWS) return [];
  const behind = await rolledBack(database, () => behindExpired(database, app, rows));
  const across = await rolledBack(database, () => acrossExpired(database, app, rows));
  await database.run('vacuum recording');
  return [...behind, ...across];
};

/** Its settings for this table are the service's; it looks once a minute (`autovacuum_naptime`). */
const autovacuumed = async (database: ListDatabase, since: Date): Promise<void> => {
  for (;;) {
    const [seen] = await database.run(
      "select from pg_stat_user_tables where relname = 'recording' and last_autovacuum > $1",
      [since],
    );
    if (seen !== undefined) return;
    await sleep(1000);
  }
};

/** The last page, of files that were listed a moment ago: an index cannot answer alone until a vacuum was there. */
export const freshPages = async (database: ListDatabase, app: AppRecord, rows: number): Promise<HarderPage[]> => {
  await insertRows(database, rows, rows + FRESH_ROWS);
  const startId = (call: SpanCall) => rows / 2 + (call === 'merged' ? 0 : FRESH_ROWS / 2 - 100);
  const way = { files: FRESH_ROWS, startId };
  const fresh = await measure(database, app, { ...way, page: 'listed a moment ago', bar: 'none' });
  await autovacuumed(database, new Date());
  const settled = await measure(database, app, { ...way, page: 'the same after autovacuum', bar: BAR_BUFFERS });
  // Their ids are those of the rows that come next.
  await database.run('delete from recording where record_time >= $1', [new Date(FIRST_MS + rows * STEP_MS)]);
  await database.run('vacuum recording');
  return [...fresh, ...settled];
};
