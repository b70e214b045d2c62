/** The connections to PostgreSQL, and how its types become ours. */
import { CamelCasePlugin, Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely';
import pg from 'pg';
import type { Logger } from '../base/log.ts';
import type { PostgresConnection } from '../base/postgres-connection.ts';
import type { Schema } from './schema.ts';
import { StoreError } from './store-error.ts';

export type ConnectOptions = {
  connection: PostgresConnection;
  log: Logger;
  maxConnections: number;
  /** Longest time for one statement; 0: no limit. */
  statementTimeoutMs: number;
};

const CONNECT_TIMEOUT_MS = 5000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 30_000;
/** What an answer may take beyond the statement's own limit. */
const ANSWER_GRACE_MS = 2000;
const INT8_OID = 20;

/** The driver hands int8 out as text; ours (ids, sizes) stay far below 2^53. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === INT8_OID && format !== 'binary' ? (text: string) => Number(text) : pg.types.getTypeParser(oid, format),
};

export const postgresAddress = (connection: PostgresConnection): pg.ClientConfig =>
  connection.kind === 'url'
    ? { connectionString: connection.url }
    : { host: connection.directory, user: connection.user, database: connection.database };

const openPool = (options: ConnectOptions): pg.Pool => {
  const pool = new pg.Pool({
    ...postgresAddress(options.connection),
    application_name: 'callreel',
    max: options.maxConnections,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: options.statementTimeoutMs,
    // A server that hangs does not keep its own limit.
    ...(options.statementTimeoutMs > 0 && { query_timeout: options.statementTimeoutMs + ANSWER_GRACE_MS }),
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    keepAlive: true,
    types,
  });
  pool.on('error', (error) => options.log.warn({ err: error }, 'an idle database connection was lost'));
  // One lost while in use tells its query too; without a listener the event would end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
};

const rethrow = (error: unknown): never => {
  throw StoreError.from(error);
};

/** Passes everything on, with the driver's errors made StoreErrors in this one place. */
const withStoreErrors = (pool: pg.Pool): PostgresPool => ({
  options: pool.options,
  connect: async () => {
    const client = await pool.connect().catch(rethrow);
    const query = (text: string, values: unknown[]) => client.query(text, values).catch(rethrow);
    return { query, release: (destroy?: boolean) => client.release(destroy) } as unknown as PostgresPoolClient;
  },
  end: () => pool.end(),
});

export const connect = (options: ConnectOptions): Kysely<Schema> =>
  new Kysely<Schema>({
    dialect: new PostgresDialect({ pool: withStoreErrors(openPool(options)) }),
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
  });
