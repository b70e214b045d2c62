/** What keeps and removes files: removal step by step, what is left of a removed file, the sweep's memory, search. */
import { type Kysely, sql } from 'kysely';

const REMOVAL = [
  // Set before the object goes: from then on no listing shows the row, whatever happens to the clock.
  `alter table recording
    add column removal_at timestamptz,
    add column removal_reason text check (removal_reason in ('expired', 'deleted')),
    add check ((removal_at is null) = (removal_reason is null))`,
  'create index recording_by_expiry on recording (app_id, expire_time)',
  'create index recording_in_removal on recording (removal_at) where removal_at is not null',
  // What is left of a removed file: nothing of a person. A table of its own, so that no listing has to step over years of them.
  `create table recording_tombstone (
    app_id int not null references app on delete cascade,
    id bigint not null,
    recording_key text not null unique,
    record_time timestamptz not null,
    reason text not null check (reason in ('expired', 'deleted')),
    removed_at timestamptz not null,
    primary key (app_id, id)
  )`,
];

const SWEEP = [
  // The clocks at the last sweep in each boot: wall and monotonic time must have gone on together since.
  `create table retention_clock (
    boot_id text primary key,
    wall_time timestamptz not null,
    since_boot_ms double precision not null
  )`,
  // app_id 0: of no app.
  `create table retention_alarm (
    kind text not null check (kind in ('clock', 'share')),
    app_id int not null default 0,
    detail text not null,
    raised_at timestamptz not null,
    confirmed_at timestamptz,
    primary key (kind, app_id)
  )`,
  'create index token_by_expiry on token (expires_at)',
  'create index conference_by_end on conference (app_id, ended_at) where ended_at is not null',
];

const SEARCH = [
  'create index recording_by_user on recording (app_id, user_name, id)',
  `create index recording_desktop_by_time on recording (app_id, record_time, id)
    where record_type = 'ONLY_REC_ONE_DESKTOP'`,
];

export const retention = {
  up: async (db: Kysely<unknown>): Promise<void> => {
    for (const statement of [...REMOVAL, ...SWEEP, ...SEARCH]) await sql.raw(statement).execute(db);
  },
};
