/** What happens in conferences, for the timelines of their recordings. It goes with its conference. */
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  `create table chronicle (
    id bigint generated always as identity primary key,
    confr_id text not null references conference on delete cascade,
    notes jsonb not null
  )`,
  'create index chronicle_by_conference on chronicle (confr_id, id)',
];

export const chronicle = {
  up: async (db: Kysely<unknown>): Promise<void> => {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
