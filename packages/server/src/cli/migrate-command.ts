/** Brings the database up to date before a start, by a user who may make tables, as the service's own need not be able to. */
import { defineCommand } from './command.ts';
import { withDatabase } from './database.ts';

const STOP_GRACE_MS = 5_000;

export const migrateDatabase = defineCommand({
  name: 'migrate',
  summary: 'Makes the tables of the database, or brings them up to date',
  args: [],
  flags: {},
  details: 'Every start does so too. Migrations go forward only; all that are missing run, or none.',
  run: async ({ readSettings }) => {
    const ran = await withDatabase(readSettings(), { create: true }, async (database) => {
      const [{ migrate }, { Jobs }] = await Promise.all([import('../store/migrate.ts'), import('../jobs/jobs.ts')]);
      const names = await migrate(database);
      const jobs = new Jobs(database);
      await jobs.start();
      await jobs.stop(STOP_GRACE_MS);
      return names;
    });
    const text = ran.length === 0 ? 'The tables are up to date.\n' : `${ran.map((name) => `ran ${name}`).join('\n')}\n`;
    return { json: { ran }, text };
  },
});
