/** Apps, who may do what, conferences, and the recordings made of them. */
import { type Kysely, sql } from 'kysely';

const APPS = [
  `create table app (
    id int generated always as identity primary key,
    uuid uuid not null unique default gen_random_uuid(),
    org text not null,
    name text not null,
    client_id text not null,
    client_secret_hash bytea not null,
    retention_days int not null check (retention_days > 0),
    created_at timestamptz not null default now()
  )`,
  'create unique index app_by_name on app (lower(org), lower(name))',
  // One row an app, written at every listing: room in the page keeps the updates in place.
  `create table app_counter (
    app_id int primary key references app on delete cascade,
    n bigint not null default 0,
    last_time timestamptz not null default '-infinity'
  ) with (fillfactor = 50)`,
  `create table app_user (
    app_id int not null references app on delete cascade,
    name text not null,
    password_hash text not null,
    created_at timestamptz not null default now(),
    primary key (app_id, name)
  )`,
  `create table token (
    hash bytea primary key,
    app_id int not null references app on delete cascade,
    kind text not null check (kind in ('app', 'user', 'member')),
    user_name text check ((user_name is null) = (kind = 'app')),
    confr_id text,
    member_id text,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    check ((kind = 'member') = (confr_id is not null) and (kind = 'member') = (member_id is not null))
  )`,
  'create index token_by_member on token (member_id) where member_id is not null',
];

const CONFERENCES = [
  `create table conference (
    id text primary key,
    app_id int not null references app on delete cascade,
    type text not null check (type in ('COMMUNICATION', 'COMMUNICATION_MIX', 'LIVE', 'CONFR')),
    password text not null,
    rec boolean not null,
    rec_merge boolean not null,
    creator text,
    settings jsonb not null,
    created_at timestamptz not null,
    began_at timestamptz,
    ended_at timestamptz,
    latest_at timestamptz not null
  )`,
  'create index conference_open on conference (created_at) where ended_at is null',
  `create table member (
    id text primary key,
    confr_id text not null references conference on delete cascade,
    app_id int not null,
    user_name text not null,
    access_id text not null,
    role text not null check (role in ('audience', 'talker', 'admin')),
    joined_at timestamptz not null,
    left_at timestamptz
  )`,
  'create index member_by_conference on member (confr_id)',
  `create table publication (
    id text primary key,
    confr_id text not null references conference on delete cascade,
    member_id text not null references member on delete cascade,
    kind text not null check (kind in ('av', 'desktop')),
    started_at timestamptz not null,
    ended_at timestamptz
  )`,
  'create index publication_by_conference on publication (confr_id)',
  'create index publication_by_member on publication (member_id)',
];

const RECORDINGS = [
  // What a listing shows of the conference is kept here too: looking it up would cost each row four more pages.
  // confr_end_time is null while the conference runs. No reference to it: files outlive it.
  `create table recording (
    app_id int not null references app on delete cascade,
    id bigint not null,
    record_time timestamptz not null,
    expire_time timestamptz not null,
    recording_key text not null unique,
    confr_id text not null,
    confr_type text not null,
    confr_begin_time timestamptz not null,
    confr_end_time timestamptz,
    member_id text not null,
    user_name text not null,
    access_id text not null,
    pub_stream_id text,
    record_type text not null check (record_type in ('ONLY_REC_ONE_AV', 'ONLY_REC_ONE_DESKTOP', 'MERGE_ALL')),
    object_key text not null unique,
    container text not null check (container in ('webm', 'mp4', 'mkv')),
    size_bytes bigint not null,
    duration_ms double precision not null,
    facts jsonb not null,
    primary key (app_id, id),
    check ((pub_stream_id is null) = (record_type = 'MERGE_ALL'))
  )`,
  // record_time never falls as id grows, so a window of time with a first id is one stretch of each of these two.
  'create index recording_by_time on recording (app_id, record_time, id)',
  "create index recording_merged_by_time on recording (app_id, record_time, id) where record_type = 'MERGE_ALL'",
  'create index recording_by_conference on recording (app_id, confr_id, id)',
  `create table link_key (
    id text primary key,
    key bytea not null,
    created_at timestamptz not null default clock_timestamp(),
    retired_at timestamptz
  )`,
];

export const firstTables = {
  up: async (db: Kysely<unknown>): Promise<void> => {
    for (const statement of [...APPS, ...CONFERENCES, ...RECORDINGS]) await sql.raw(statement).execute(db);
  },
};
