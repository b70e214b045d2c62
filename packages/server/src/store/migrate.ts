/** Brings the tables up to date at the start; several nodes may start at once. */

import type { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { type ConnectOptions, connect } from './connect.ts';
import { LinkKeys } from './link-keys.ts';
import { MIGRATIONS } from './migrations/migrations.ts';
import type { Schema } from './schema.ts';
import { StoreError } from './store-error.ts';

/**
 * Runs the migrations that are missing, all or none, under Kysely's advisory lock, and makes the first link key. Says which ran.
 * Throws a StoreError: 'migration' also where the tables belong to a newer version.
 */
export const migrate = async (options: Pick<ConnectOptions, 'connection' | 'log'>): Promise<string[]> => {
  // Connections of its own: an index over many rows may take longer than any statement of the service may.
  const db = connect({ ...options, maxConnections: 2, statementTimeoutMs: 0 });
  try {
    const ran = await runMigrations(db);
    await new LinkKeys(db).ensureOne();
    return ran;
  } finally {
    await db.destroy();
  }
};

const runMigrations = async (db: Kysely<Schema>): Promise<string[]> => {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } });
  const { error, results = [] } = await migrator.migrateToLatest();
  if (error === undefined) return results.map(({ migrationName }) => migrationName);
  const isUnavailable = error instanceof StoreError && error.reason === 'unavailable';
  throw isUnavailable ? error : StoreError.migration(error);
};
