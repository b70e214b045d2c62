/** Listings that cost the same whatever stands before a page, and merged files that lie together. */
import { type Kysely, sql } from 'kysely';

/**
 * A stretch of an app's ids that are kept for the same time, from its first file on; it ends where the next one begins. In it files
 * expire in the order of their ids, which they do not from one to the next: so what expired is left out by where a listing begins.
 */
const ERAS = [
  `create table retention_era (
    app_id int not null references app on delete cascade,
    from_id bigint not null,
    from_time timestamptz not null,
    retention_days int not null,
    primary key (app_id, from_id)
  )`,
  // Of the latest file and of the one before it: read and written under the lock that gives the id.
  'alter table app_counter add column kept_days int, add column kept_days_before int',
  // Rounded up: a file whose time was set by hand is looked at for itself.
  `insert into retention_era (app_id, from_id, from_time, retention_days)
  with kept as (
    select app_id, id, record_time, ceil(extract(epoch from expire_time - record_time) / 86400)::int as days from recording
  ), changed as (
    select *, days is distinct from lag(days) over (partition by app_id order by id) as begins from kept
  )
  select app_id, id, record_time, days from changed where begins`,
  `update app_counter c set kept_days = (
    select e.retention_days from retention_era e where e.app_id = c.app_id order by e.from_id desc limit 1
  )`,
];

const INDEXES = [
  // A file on its way out leaves them at once.
  'drop index recording_by_time',
  'create index recording_by_time on recording (app_id, record_time, id) where removal_at is null',
  // All that a listing shows: of ten files one is merged, and each would be a page of the table for itself.
  'drop index recording_merged_by_time',
  `create index recording_merged_by_time on recording (app_id, record_time, id)
    include (expire_time, confr_id, confr_type, confr_begin_time, confr_end_time, member_id, user_name, access_id,
      pub_stream_id, record_type, object_key)
    where record_type = 'MERGE_ALL' and removal_at is null`,
  // The sweep counts what is due, and how much of it is young.
  'drop index recording_by_expiry',
  `create index recording_by_expiry on recording (app_id, expire_time) include (record_time) where removal_at is null`,
  'drop index recording_desktop_by_time',
  `create index recording_desktop_by_time on recording (app_id, record_time, id)
    where record_type = 'ONLY_REC_ONE_DESKTOP' and removal_at is null`,
];

/**
 * An index answers alone for those pages of the table that a vacuum has seen since they were written. By default one comes when a fifth of the
 * table is new; this one comes with every 500 files, and passes over the pages that it has seen. For rows that were removed: at a hundredth instead of a fifth.
 */
const VACUUM = [
  `alter table recording set (
    autovacuum_vacuum_insert_threshold = 500, autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.01
  )`,
];

export const flatListing = {
  up: async (db: Kysely<unknown>): Promise<void> => {
    for (const statement of [...ERAS, ...INDEXES, ...VACUUM]) await sql.raw(statement).execute(db);
  },
};
