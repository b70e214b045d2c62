/**
 * The database for one command, whether or not the service runs. What speaks to it is loaded when it is needed: help and a wrong
 * command line are answered at once.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../base/config.ts';
import { type DirectoryLock, DirectoryLockError, lockDirectory } from '../base/directory-lock.ts';
import { EmbeddedPostgresError } from '../base/embedded-postgres/embedded-postgres-error.ts';
import { hasCluster, openRunning } from '../base/embedded-postgres/found-cluster.ts';
import { createLogger, type Logger } from '../base/log.ts';
import { nowMs } from '../base/monotonic-clock.ts';
import type { PostgresConnection } from '../base/postgres-connection.ts';
import type { Store } from '../store/store.ts';
import { CliError } from './cli-error.ts';

export type DatabaseUse = { connection: PostgresConnection; log: Logger };
type OpenDatabase = { connection: PostgresConnection; close: () => Promise<void> };

/** What a command has to tell, it tells itself. */
export const silentLog = (): Logger => createLogger('silent');

/** Commands on one embedded database go one after the other: each starts it for itself where no service runs it. */
const COMMAND_LOCK = 'command-lock';
/** A service that starts or stops meanwhile takes seconds; so does a database that replays its log. */
const PATIENCE_MS = 60_000;
const POLL_MS = 50;

type Needs = {
  /** Makes the embedded database where there is none. False: CliError 'missing'. */
  create: boolean;
};

/** Throws a CliError, an EmbeddedPostgresError, or what `use` throws. */
export const withDatabase = async <Result>(
  config: Config,
  needs: Needs,
  use: (database: DatabaseUse) => Promise<Result>,
): Promise<Result> => {
  const log = silentLog();
  if (config.databaseUrl !== undefined) return await use({ connection: { kind: 'url', url: config.databaseUrl }, log });
  const directory = join(config.dataDir, 'postgres');
  if (!needs.create && !(await hasCluster(directory))) throw CliError.noDatabase(config.dataDir);
  await makeFolder(directory);
  const turn = await takeTurn(directory);
  try {
    const database = await openEmbedded(directory, log);
    return await use({ connection: database.connection, log }).finally(() => database.close());
  } finally {
    turn.release();
  }
};

/** Its tables up to date, as at a start of the service. */
export const withStore = <Result>(
  config: Config,
  needs: Needs,
  use: (store: Store) => Promise<Result>,
): Promise<Result> =>
  withDatabase(config, needs, async (database) => {
    const { openStore } = await import('../store/store.ts');
    const store = await openStore({ ...database, maxConnections: 2 });
    return await use(store).finally(() => store.close());
  });

const makeFolder = async (directory: string): Promise<void> => {
  await mkdir(directory, { recursive: true, mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EACCES' ? CliError.notOurs(directory, error) : error;
  });
};

const takeTurn = async (directory: string): Promise<DirectoryLock> => {
  const untilMs = nowMs() + PATIENCE_MS;
  for (;;) {
    try {
      return lockDirectory(directory, COMMAND_LOCK);
    } catch (error) {
      if (!(error instanceof DirectoryLockError)) throw error;
      if (error.reason === 'impossible') throw CliError.notOurs(directory, error);
      if (nowMs() >= untilMs) throw CliError.databaseBusy(directory, error);
    }
    await sleep(POLL_MS);
  }
};

/** Starts it, or joins the service that has it running. */
const openEmbedded = async (directory: string, log: Logger): Promise<OpenDatabase> => {
  const untilMs = nowMs() + PATIENCE_MS;
  for (;;) {
    try {
      return await startEmbedded(directory, log);
    } catch (error) {
      if (!(error instanceof EmbeddedPostgresError) || error.reason !== 'inUse') throw error;
      const running = await joinRunning(directory, log);
      if (running) return running;
      if (nowMs() >= untilMs) throw CliError.databaseBusy(directory, error);
    }
    await sleep(POLL_MS);
  }
};

const startEmbedded = async (directory: string, log: Logger): Promise<OpenDatabase> => {
  const { EmbeddedPostgres } = await import('../base/embedded-postgres/embedded-postgres.ts');
  // Where it fails for good, so does the command's next statement.
  const postgres = await EmbeddedPostgres.start({ directory, log, onFailed: () => {} });
  return { connection: postgres.connection, close: () => postgres.stop() };
};

const joinRunning = async (directory: string, log: Logger): Promise<OpenDatabase | undefined> => {
  // It may be about to make its first one.
  if (!(await hasCluster(directory))) return undefined;
  const { answers } = await import('../store/inspect.ts');
  const { connection, close } = openRunning(directory);
  if (await answers({ connection, log })) return { connection, close: async () => close() };
  close();
  return undefined;
};
