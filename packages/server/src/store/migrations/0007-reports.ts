/** How complete each recording is, and why some came to nothing. */
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  'alter table recording add column report jsonb',
  // Only the call for one recording reads it: out of the way of the listings, whose pages hold as many rows as before.
  'alter table recording alter column report set storage external',
  'alter table recording set (toast_tuple_target = 1024)',
  'alter table recording_work add column empty_reason text',
];

export const reports = {
  up: async (db: Kysely<unknown>): Promise<void> => {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
