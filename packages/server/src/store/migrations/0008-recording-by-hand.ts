/** What a conference's recording is set to, which a restart goes on with, and who ordered it; which publication a recording was begun of. */
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  // Of one that is over nothing is recorded.
  `alter table conference add column recording text not null default 'stopped'
    check (recording in ('recording', 'paused', 'stopped'))`,
  `update conference set recording = 'recording' where rec and ended_at is null`,
  `create table recording_order (
    confr_id text not null references conference on delete cascade,
    id bigint generated always as identity,
    at timestamptz not null,
    action text not null check (action in ('start', 'stop', 'pause', 'resume')),
    pub_stream_id text,
    member_id text,
    user_name text,
    primary key (confr_id, id),
    check ((member_id is null) = (user_name is null))
  )`,
  // Null: begun before there was this column.
  'alter table recording_work add column pub_stream_id text',
];

export const recordingByHand = {
  up: async (db: Kysely<unknown>): Promise<void> => {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
