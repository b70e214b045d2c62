/** The service's facts in PostgreSQL: the only part that speaks SQL. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import type { Logger } from '../base/log.ts';
import type { PostgresConnection } from '../base/postgres-connection.ts';
import { Apps } from './apps.ts';
import { Chronicles } from './chronicles.ts';
import { ConferenceSearch } from './conference-search.ts';
import { Conferences } from './conferences.ts';
import { connect } from './connect.ts';
import { Leftovers } from './leftovers.ts';
import { LinkKeys } from './link-keys.ts';
import { Merges } from './merges.ts';
import { migrate } from './migrate.ts';
import { RecordingOrders } from './recording-orders.ts';
import { RecordingSearch } from './recording-search.ts';
import { RecordingWork } from './recording-work.ts';
import { Recordings } from './recordings.ts';
import { Removals } from './removals.ts';
import { RetentionState } from './retention-state.ts';
import type { Schema } from './schema.ts';
import { Tokens } from './tokens.ts';
import { Users } from './users.ts';

export { StoreError, type StoreErrorReason } from './store-error.ts';

export type StoreOptions = {
  connection: PostgresConnection;
  log: Logger;
  maxConnections?: number;
  /** Longest time for one statement of the service, in milliseconds. */
  statementTimeoutMs?: number;
};

/** A database that takes longer over nothing is not there for a caller. */
const HEALTH_LIMIT_MS = 2000;
const MAX_CONNECTIONS = 10;
const STATEMENT_TIMEOUT_MS = 10_000;

export class Store {
  readonly apps: Apps;
  readonly users: Users;
  readonly tokens: Tokens;
  readonly conferences: Conferences;
  readonly conferenceSearch: ConferenceSearch;
  readonly chronicles: Chronicles;
  readonly recordings: Recordings;
  readonly recordingSearch: RecordingSearch;
  readonly recordingWork: RecordingWork;
  readonly recordingOrders: RecordingOrders;
  readonly removals: Removals;
  readonly retention: RetentionState;
  readonly leftovers: Leftovers;
  readonly merges: Merges;
  readonly linkKeys: LinkKeys;
  readonly #db: Kysely<Schema>;
  #closed: Promise<void> | undefined;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
    this.apps = new Apps(db);
    this.users = new Users(db);
    this.tokens = new Tokens(db);
    this.conferences = new Conferences(db);
    this.conferenceSearch = new ConferenceSearch(db);
    this.chronicles = new Chronicles(db);
    this.recordings = new Recordings(db);
    this.recordingSearch = new RecordingSearch(db);
    this.recordingWork = new RecordingWork(db);
    this.recordingOrders = new RecordingOrders(db);
    this.removals = new Removals(db);
    this.retention = new RetentionState(db);
    this.leftovers = new Leftovers(db);
    this.merges = new Merges(db);
    this.linkKeys = new LinkKeys(db);
  }

  /** Whether the database answers. */
  health(): Promise<boolean> {
    const answered = sql`select 1`.execute(this.#db).then(
      () => true,
      () => false,
    );
    return Promise.race([answered, sleep(HEALTH_LIMIT_MS, false, { ref: false })]);
  }

  /** Waits for statements under way. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#db.destroy();
    return this.#closed;
  }
}

/** Brings the tables up to date and opens the store. Every method of it throws StoreErrors and no other. */
export const openStore = async (options: StoreOptions): Promise<Store> => {
  await migrate(options);
  return new Store(
    connect({
      ...options,
      maxConnections: options.maxConnections ?? MAX_CONNECTIONS,
      statementTimeoutMs: options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS,
    }),
  );
};
