/** What is still to be done after a call: recordings to list, conferences to merge; and who may not come back. */
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  // From before the first packet until the file is listed or known to be empty: a merge waits for all of a conference's.
  `create table recording_work (
    recording_key text primary key,
    app_id int not null references app on delete cascade,
    confr_id text not null references conference on delete cascade,
    begun_at timestamptz not null default now(),
    settled_at timestamptz
  )`,
  'create index recording_work_open on recording_work (confr_id) where settled_at is null',
  `create table merge (
    confr_id text primary key references conference on delete cascade,
    recording_key text not null unique,
    begun_at timestamptz not null default now(),
    finished_at timestamptz
  )`,
  'create index merge_open on merge (begun_at) where finished_at is null',
  'create index conference_to_merge on conference (ended_at) where rec_merge',
  `create table conference_ban (
    confr_id text not null references conference on delete cascade,
    user_name text not null,
    primary key (confr_id, user_name)
  )`,
];

export const afterTheCall = {
  up: async (db: Kysely<unknown>): Promise<void> => {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
