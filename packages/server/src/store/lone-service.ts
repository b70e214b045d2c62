/**
 * One service to a database, for as long as services do not know of each other: a second one would take the first one's open
 * conferences for those of a process that died, and end them. PostgreSQL lets go of the lock when the connection is gone.
 */
import pg from 'pg';
import type { Logger } from '../base/log.ts';
import type { PostgresConnection } from '../base/postgres-connection.ts';
import { postgresAddress } from './connect.ts';
import { StoreError } from './store-error.ts';

/** Any number that nothing else in the database uses: 'callreel' in ASCII, cut to 31 bits. */
const LOCK_KEY = 0x63616c6c;
const CONNECT_TIMEOUT_MS = 5000;
/** The database is away, or was restarted: nobody else can have started meanwhile without it either. */
const RETAKE_PAUSE_MS = 2000;

export class LoneService {
  readonly #connection: PostgresConnection;
  readonly #log: Logger;
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #released = false;

  private constructor(connection: PostgresConnection, log: Logger) {
    this.#connection = connection;
    this.#log = log;
  }

  /** @throws StoreError `inUse` where another running service has the database */
  static async claim(connection: PostgresConnection, log: Logger): Promise<LoneService> {
    const claim = new LoneService(connection, log);
    await claim.#take();
    return claim;
  }

  async release(): Promise<void> {
    this.#released = true;
    clearTimeout(this.#timer);
    await this.#client?.end().catch(() => {});
  }

  async #take(): Promise<void> {
    const client = new pg.Client({
      ...postgresAddress(this.#connection),
      application_name: 'callreel-claim',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
    });
    // One that never had the claim tells its caller instead.
    client.on('error', () => {
      if (this.#client === client) this.#retakeLater();
    });
    try {
      await client.connect();
      const { rows } = await client.query('select pg_try_advisory_lock($1) as taken', [LOCK_KEY]);
      if (rows[0]?.taken !== true) throw StoreError.inUse();
      this.#client = client;
    } catch (error) {
      await client.end().catch(() => {});
      throw StoreError.from(error);
    }
  }

  #retakeLater(): void {
    if (this.#released) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#take().catch((error: unknown) => {
        this.#log.warn({ err: error }, 'the claim on the database is not renewed yet');
        this.#retakeLater();
      });
    }, RETAKE_PAUSE_MS);
  }
}
