/** Recordings by the million: made in SQL, in the service's own table, in the order in which a service would list them. */
import { randomBytes } from 'node:crypto';
import type { AppRecord } from '@callreel/server/store/rows.ts';
import type { ListDatabase } from './list-database.ts';

/** The first recording's time; from there on one every three seconds: ten million fill most of a year. */
export const FIRST_MS = Date.UTC(2025, 0, 1);
export const STEP_MS = 3000;

/** So long that none expires unless a measurement makes it. */
export const KEPT_DAYS = 36_500;

/** Besides the one that has half of all rows. */
const SMALL_APPS = 20;
const ROWS_A_STATEMENT = 250_000;

export type Tenants = { large: AppRecord; small: AppRecord };

const createApp = (database: ListDatabase, name: string): Promise<AppRecord> =>
  database.store.apps.create({
    ...{ org: 'acme', name, clientId: 'id', clientSecretHash: randomBytes(32) },
    retentionDays: KEPT_DAYS,
  });

/** The large one is app 1, the small ones follow: the SQL below counts on it. */
export const createTenants = async (database: ListDatabase): Promise<Tenants> => {
  const large = await createApp(database, 'large');
  const small = await createApp(database, 'small1');
  for (let index = 2; index <= SMALL_APPS; index += 1) await createApp(database, `small${index}`);
  if (large.id !== 1 || small.id !== 2) throw new TypeError('database: must be new');
  await database.run(`update app_counter set kept_days = ${KEPT_DAYS}`);
  await database.run('insert into retention_era select id, 1, $1, retention_days from app', [new Date(FIRST_MS)]);
  return { large, small };
};

/**
 * Every second row is the large app's. Of ten of a tenant one is merged and one a screen; a thousand users; a conference has eight
 * recordings. Facts are as long as those of a camera and a microphone with their hash.
 */
const INSERT = `
  with numbered as (
    select g, case when g % 2 = 0 then 1 else 2 + (g / 2) % ${SMALL_APPS} end as app_id,
      case when g % 2 = 0 then g / 2 + 1 else g / ${2 * SMALL_APPS} + 1 end as id
    from generate_series($1::bigint, $2::bigint) g
  ), timed as (
    select *, $3::timestamptz + g * interval '${STEP_MS} milliseconds' as at,
      case when id % 10 = 0 then 'MERGE_ALL' when id % 10 = 5 then 'ONLY_REC_ONE_DESKTOP' else 'ONLY_REC_ONE_AV' end as type,
      'IM_X' || 364829548358926336 + id / 8 || 'C' || app_id as confr_id
    from numbered
  ), keyed as (
    select *, to_char(at, 'YYYYMMDDHH24MISS') || '-' || substr(md5(g::text), 1, 12) as key from timed
  )
  insert into recording (
    app_id, id, record_time, expire_time, recording_key, confr_id, confr_type, confr_begin_time, confr_end_time,
    member_id, user_name, access_id, pub_stream_id, record_type, object_key, container, size_bytes, duration_ms, facts
  )
  select app_id, id, at, at + make_interval(hours => 24 * ${KEPT_DAYS}), key, confr_id, 'COMMUNICATION', at - interval '10 minutes', at,
    confr_id || 'M1', 'user' || (g * 7919) % 1000, 'HI' || 365195406759428096 + g,
    case when type = 'MERGE_ALL' then null else 'rtc-10-' || substr(md5(g::text), 1, 7) || '_C1M1' end,
    type, 'acme/app' || app_id || '/' || to_char(at, 'YYYYMMDD') || '/' || key || '.webm', 'webm', 12345678, 600000.25,
    jsonb_build_object('startMs', 12.5, 'endMs', 600012.75, 'startedAtWallMs', 1735689600000 + g, 'endedAtWallMs',
      1735690200000 + g, 'video', jsonb_build_object('codec', 'VP8', 'width', 1280, 'height', 720, 'frames', 15000),
      'audio', jsonb_build_object('codec', 'opus'), 'sha256', md5(g::text) || md5(key))
  from keyed order by g`;

/** Appends rows number `from` up to `to`, exclusive. */
export const insertRows = async (database: ListDatabase, from: number, to: number): Promise<void> => {
  for (let start = from; start < to; start += ROWS_A_STATEMENT) {
    const last = Math.min(start + ROWS_A_STATEMENT, to) - 1;
    await database.run(INSERT, [start, last, new Date(FIRST_MS)]);
  }
};

/** As autovacuum would in time; and each counter stands where its app's rows end, so that the service can list on. */
export const settleRows = async (database: ListDatabase): Promise<void> => {
  await database.run('vacuum (analyze) recording');
  await database.run(`update app_counter c set (n, last_time) =
    (select coalesce(max(id), 0), coalesce(max(record_time), '-infinity') from recording r
      where r.app_id = c.app_id and r.removal_at is null)`);
};
