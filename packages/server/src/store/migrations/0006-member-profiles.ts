/** What a member's client says of him to the others; it outlives a restart in the middle of a call. */
import { type Kysely, sql } from 'kysely';

const STATEMENTS = ['alter table member add column nickname text', 'alter table member add column ext text'];

export const memberProfiles = {
  up: async (db: Kysely<unknown>): Promise<void> => {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
