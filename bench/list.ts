/**
 * The two calls by time over 10 thousand to 10 million recordings: pages of the database that a page of results costs, and its time
 * beside that over 10 thousand, measured in turn. Options: `--rows 10000,1000000 --times 200`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { EmbeddedPostgres } from '@callreel/server/base/embedded-postgres/embedded-postgres.ts';
import { createLogger } from '@callreel/server/base/log.ts';
import type { AppRecord } from '@callreel/server/store/rows.ts';
import { freshPages, pagesPastExpired } from './list/harder-pages.ts';
import { timeIndexes, timeListing } from './list/insert-cost.ts';
import { ListDatabase } from './list/list-database.ts';
import { createTenants, insertRows, settleRows, type Tenants } from './list/rows.ts';
import { ask, PAGE, type PageRequest, pagesIn, type SpanCall } from './list/windows.ts';
import { describeMachine } from './report/machine.ts';
import { markdownTable } from './report/markdown-table.ts';
import { median } from './report/statistics.ts';

const REFERENCE_ROWS = 10_000;
const MOST_ROWS = 10_000_000;
const BAR_BUFFERS = 60;
const BAR_RATIO = 1.5;
const WARM_UP = 20;

/** A database, how many rows it has, and whose pages are asked for. */
type Subject = { database: ListDatabase; rows: number; tenants: Tenants };
type Measured = {
  call: SpanCall;
  page: string;
  found: number;
  buffers: number;
  /** Those that PostgreSQL went by. */
  index: string;
  p50: number;
  p99: number;
  ratio: number;
};

const quantile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;

const timeOf = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};

const tenantRows = async ({ database }: Subject, { id }: AppRecord): Promise<number> =>
  Number((await database.run<{ n: string }>('select n from app_counter where app_id = $1', [id]))[0]?.n);

/** The same page of both, one after the other, so that what else the machine does slows both alike. */
const measurePage = async (
  subject: Subject,
  reference: Subject,
  call: SpanCall,
  [page, inReference]: [PageRequest, PageRequest],
  times: number,
): Promise<Measured> => {
  const app = subject.tenants.large;
  const large = () => ask(subject.database, app, call, page);
  const small = () => ask(reference.database, reference.tenants.large, call, inReference);
  for (let count = 0; count < WARM_UP; count += 1) await Promise.all([large(), small()]);
  const [taken, takenByReference]: [number[], number[]] = [[], []];
  for (let count = 0; count < times; count += 1) {
    taken.push(await timeOf(large));
    takenByReference.push(await timeOf(small));
  }
  const { buffers, index } = await subject.database.explain(large);
  const ratio = median(taken) / median(takenByReference);
  const found = (await large()).length;
  return { call, page: page.name, found, buffers, index, p50: median(taken), p99: quantile(taken, 0.99), ratio };
};

const measurePages = async (subject: Subject, reference: Subject, times: number): Promise<Measured[]> => {
  const pagesOf = async (of: Subject) => pagesIn(of.rows, await tenantRows(of, of.tenants.large));
  const [pages, inReference] = [await pagesOf(subject), await pagesOf(reference)];
  const measured: Measured[] = [];
  for (const call of ['all', 'merged'] as const) {
    for (const [index, page] of pages.entries()) {
      const same = inReference[index];
      if (same === undefined) throw new TypeError('pages: must be the same at every size');
      measured.push(await measurePage(subject, reference, call, [page, same], times));
    }
  }
  return measured;
};

const report = (measured: readonly Measured[]): void => {
  const rows = measured.map(({ call, page, found, buffers, index, p50, p99, ratio }) => ({
    ...{ call, page, rows: found, buffers, index },
    'p50, ms': p50.toFixed(2),
    'p99, ms': p99.toFixed(2),
    'p50 : that at 10,000': ratio.toFixed(2),
  }));
  console.log(markdownTable(rows));
};

/** Another tenant's rows lie between his: each of a page may be on a page of its own. No bar, but it must not grow. */
const reportSmallTenant = async ({ database, rows, tenants }: Subject): Promise<void> => {
  const count = await tenantRows({ database, rows, tenants }, tenants.small);
  const buffers = [];
  for (const page of pagesIn(rows, count)) {
    buffers.push((await database.explain(() => ask(database, tenants.small, 'all', page))).buffers);
  }
  console.log(`A tenant with a fortieth of the rows: at most ${Math.max(...buffers)} buffers for a page.`);
};

const reportInserts = async ({ database, rows, tenants }: Subject): Promise<void> => {
  const listing = await timeListing(database, tenants.small);
  console.log(
    `Listing one more file: p50 ${median(listing).toFixed(2)} ms, p99 ${quantile(listing, 0.99).toFixed(2)} ms.`,
  );
  const { all, first } = await timeIndexes(database, rows + 1_000_000);
  const [withAll, without] = [median(all), median(first)];
  const share = ((withAll / without - 1) * 100).toFixed(0);
  console.log(
    `In bulk ${withAll.toFixed(0)} µs a row; ${without.toFixed(0)} without the indexes of migration 0003 (they add ${share} %).`,
  );
};

/** Files that no longer count, before and between those of a page; and those that no vacuum has seen yet. True where the bars are met. */
const reportHarderPages = async ({ database, rows, tenants }: Subject): Promise<boolean> => {
  const hard = [
    ...(await pagesPastExpired(database, tenants.large, rows)),
    ...(await freshPages(database, tenants.large, rows)),
  ];
  console.log(markdownTable(hard));
  const met = hard.every(({ buffers, bar }) => bar === 'none' || buffers <= bar);
  console.log(`${met ? 'Met' : 'MISSED'}: the bars of these.`);
  return met;
};

const grow = async (subject: Subject, rows: number): Promise<void> => {
  const seconds = (await timeOf(() => insertRows(subject.database, subject.rows, rows))) / 1000;
  subject.rows = rows;
  await settleRows(subject.database);
  const [size] = await subject.database.run<{ total: string }>(
    `select pg_size_pretty(pg_total_relation_size('recording')) as total`,
  );
  console.log(
    `\n### ${rows.toLocaleString('en')} rows, ${size?.total} with indexes, filled in ${seconds.toFixed(0)} s\n`,
  );
};

const judgeCall = (call: SpanCall, measured: readonly Measured[], rows: number): boolean => {
  const full = measured.filter((each) => each.call === call && each.found === PAGE);
  const buffers = Math.max(...full.map((each) => each.buffers));
  const ratio = Math.max(...full.map((each) => each.ratio));
  const met = rows < REFERENCE_ROWS * 10 || (buffers <= BAR_BUFFERS && ratio <= BAR_RATIO);
  const told = `full pages of ${call} at ${rows.toLocaleString('en')}: at most ${buffers} buffers (bar ${BAR_BUFFERS})`;
  console.log(`${met ? 'Met' : 'MISSED'}: ${told}, p50 at most ${ratio.toFixed(2)} × (bar ${BAR_RATIO}).`);
  return met;
};

/** Small tables are read whole, as PostgreSQL finds that cheaper: the bars are those of large ones. */
const judge = (measured: readonly Measured[], rows: number): boolean =>
  (['all', 'merged'] as const).map((call) => judgeCall(call, measured, rows)).every(Boolean);

const readSettings = (options: readonly string[]): { sizes: number[]; times: number } => {
  const { values } = parseArgs({
    args: [...options],
    options: { rows: { type: 'string', default: '10000,1000000' }, times: { type: 'string', default: '200' } },
  });
  const sizes = values.rows
    .split(',')
    .map(Number)
    .sort((a, b) => a - b);
  if (!sizes.every((size) => Number.isInteger(size) && size >= REFERENCE_ROWS && size <= MOST_ROWS)) {
    throw new TypeError(`--rows: must be numbers from ${REFERENCE_ROWS} to ${MOST_ROWS}, divided by commas`);
  }
  return { sizes, times: Number(values.times) };
};

const subjectIn = async (postgres: EmbeddedPostgres, name: string): Promise<Subject> => {
  const database = await ListDatabase.create(postgres.connection, createLogger('warn'), name);
  return { database, rows: 0, tenants: await createTenants(database) };
};

const measureAll = async (postgres: EmbeddedPostgres, sizes: readonly number[], times: number): Promise<void> => {
  const [reference, subject] = [await subjectIn(postgres, 'reference'), await subjectIn(postgres, 'subject')];
  try {
    await insertRows(reference.database, 0, REFERENCE_ROWS);
    reference.rows = REFERENCE_ROWS;
    await settleRows(reference.database);
    for (const size of sizes) {
      await grow(subject, size);
      const measured = await measurePages(subject, reference, times);
      report(measured);
      if (!judge(measured, size)) process.exitCode = 1;
      await reportSmallTenant(subject);
      await reportInserts(subject);
      if (!(await reportHarderPages(subject))) process.exitCode = 1;
    }
  } finally {
    await reference.database.close();
    await subject.database.close();
  }
};

export const run = async (options: readonly string[]): Promise<void> => {
  const { sizes, times } = readSettings(options);
  console.log(`The two calls by time, pages of ${PAGE}, asked by a tenant with half of all rows. ${times} times each.`);
  console.log(describeMachine());
  const directory = await mkdtemp(join(tmpdir(), 'callreel-list-'));
  const log = createLogger('warn');
  const onFailed = (error: unknown) => log.fatal({ err: error }, 'PostgreSQL is gone');
  const postgres = await EmbeddedPostgres.start({ directory, log, onFailed, durable: false });
  try {
    await measureAll(postgres, sizes, times);
  } finally {
    await postgres.stop();
    await rm(directory, { recursive: true, force: true });
  }
};
