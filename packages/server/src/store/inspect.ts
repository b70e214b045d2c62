/** What can be told about a database without changing it: for the commands that look after the service. */
import { type Kysely, sql } from 'kysely';
import { type ConnectOptions, connect } from './connect.ts';
import { MIGRATIONS } from './migrations/migrations.ts';
import type { Schema } from './schema.ts';

export type DatabaseFacts = {
  /** As PostgreSQL says it: `18.4`. */
  version: string;
  majorVersion: number;
  encoding: string;
  mostConnections: number;
  /** Whether our user may make schemas, as the job queue's first start does. */
  mayCreate: boolean;
  /** How far the database's clock is ahead of ours, read half-way through a round trip. */
  clockAheadMs: number;
  roundTripMs: number;
  /** Latest time that a file was listed at, by the database's clock. */
  lastListedAt: Date | undefined;
  /** What the removal of expired files has stopped for, and nobody has confirmed. */
  openAlarms: string[];
  migrations: {
    /** Which the next start runs. */
    missing: string[];
    /** Of a newer version. */
    unknown: string[];
  };
};

type Options = Pick<ConnectOptions, 'connection' | 'log'>;

const TIMEOUT_MS = 10_000;

const withConnection = async <Result>(options: Options, use: (db: Kysely<Schema>) => Promise<Result>) => {
  const db = connect({ ...options, maxConnections: 1, statementTimeoutMs: TIMEOUT_MS });
  try {
    return await use(db);
  } finally {
    await db.destroy();
  }
};

/** Whether it takes connections. */
export const answers = (options: Options): Promise<boolean> =>
  withConnection(options, (db) => sql`select 1`.execute(db)).then(
    () => true,
    () => false,
  );

/** Throws a StoreError. */
export const inspectDatabase = (options: Options): Promise<DatabaseFacts> =>
  withConnection(options, async (db) => ({
    ...(await readServer(db)),
    ...(await readClock(db)),
    lastListedAt: await readLastListing(db),
    openAlarms: await readOpenAlarms(db),
    migrations: await readMigrations(db),
  }));

const readServer = async (db: Kysely<Schema>) => {
  const { rows } = await sql<{ version: string; number: number; encoding: string; connections: number; may: boolean }>`
    select current_setting('server_version') as version,
      current_setting('server_version_num')::int as number,
      current_setting('server_encoding') as encoding,
      current_setting('max_connections')::int as connections,
      has_database_privilege(current_database(), 'CREATE') as may`.execute(db);
  const [row] = rows;
  return {
    // Debian's says more in brackets.
    version: row?.version.split(' ')[0] ?? '',
    majorVersion: Math.floor((row?.number ?? 0) / 10_000),
    encoding: row?.encoding ?? '',
    mostConnections: row?.connections ?? 0,
    mayCreate: row?.may ?? false,
  };
};

const readClock = async (db: Kysely<Schema>) => {
  const beforeMs = Date.now();
  const { rows } = await sql<{ at: Date }>`select clock_timestamp() as at`.execute(db);
  const afterMs = Date.now();
  const at = rows[0]?.at.getTime() ?? afterMs;
  return { clockAheadMs: at - (beforeMs + afterMs) / 2, roundTripMs: afterMs - beforeMs };
};

const hasTable = async (db: Kysely<Schema>, name: string): Promise<boolean> => {
  const { rows } = await sql<{ found: boolean }>`select to_regclass(${name}) is not null as found`.execute(db);
  return rows[0]?.found ?? false;
};

const readMigrations = async (db: Kysely<Schema>): Promise<DatabaseFacts['migrations']> => {
  const ours = Object.keys(MIGRATIONS);
  if (!(await hasTable(db, 'kysely_migration'))) return { missing: ours, unknown: [] };
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  const ran = rows.map(({ name }) => name);
  return {
    missing: ours.filter((name) => !ran.includes(name)),
    unknown: ran.filter((name) => !ours.includes(name)),
  };
};

const readLastListing = async (db: Kysely<Schema>): Promise<Date | undefined> => {
  if (!(await hasTable(db, 'app_counter'))) return undefined;
  const { rows } = await sql<{ at: Date | null }>`
    select max(last_time) as at from app_counter where last_time > '-infinity'`.execute(db);
  return rows[0]?.at ?? undefined;
};

const readOpenAlarms = async (db: Kysely<Schema>): Promise<string[]> => {
  if (!(await hasTable(db, 'retention_alarm'))) return [];
  const { rows } = await sql<{ detail: string }>`
    select detail from retention_alarm where confirmed_at is null order by raised_at`.execute(db);
  return rows.map(({ detail }) => detail);
};
