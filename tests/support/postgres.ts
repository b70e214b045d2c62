/** A PostgreSQL for one test file: the embedded one, in a folder of its own that goes with it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedPostgres } from '@callreel/server/base/embedded-postgres/embedded-postgres.ts';
import { createLogger, type Logger } from '@callreel/server/base/log.ts';
import type { PostgresConnection } from '@callreel/server/base/postgres-connection.ts';

export type TestPostgres = {
  connection: PostgresConnection;
  /** For the store and the jobs under test: says nothing. */
  log: Logger;
  /** The server behind it, for tests of its faults. */
  server: EmbeddedPostgres;
  /** Stops it and removes its folder. Close the store and the jobs first. */
  stop(): Promise<void>;
};

/** Takes about a second. It never waits for the disk: what it holds is thrown away. */
export const startPostgres = async (): Promise<TestPostgres> => {
  const directory = await mkdtemp(join(tmpdir(), 'callreel-test-'));
  const log = createLogger('silent');
  const onFailed = (error: unknown): void => {
    throw error;
  };
  const server = await EmbeddedPostgres.start({ directory, log, onFailed, durable: false });
  return {
    connection: server.connection,
    log,
    server,
    stop: async () => {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
