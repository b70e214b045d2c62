/** Stretches of an app's ids whose files are kept for the same time, and so expire in the order of their ids. */
import { type Kysely, sql } from 'kysely';
import type { Schema } from './schema.ts';

export type Era = {
  fromId: number;
  /** When its first file was listed. */
  fromTime: Date;
  /** The next one's first. */
  untilId: number;
  untilTime: Date;
  /** What was listed then, or before, has expired. */
  expiredTime: Date;
};

/** No id comes near it. */
const FOREVER = sql.lit(Number.MAX_SAFE_INTEGER);

/** Those of which not all files have expired, by id. The table's name is `e`. */
export const selectEras = (db: Kysely<Schema>, appId: number) =>
  db
    .selectFrom((eb) =>
      eb
        .selectFrom('retentionEra')
        .select(['fromId', 'fromTime'])
        .select(sql<Date>`now() - make_interval(hours => 24 * retention_days)`.as('expiredTime'))
        .select(sql<number>`coalesce(lead(from_id) over (order by from_id), ${FOREVER})`.as('untilId'))
        .select(sql<Date>`coalesce(lead(from_time) over (order by from_id), 'infinity')`.as('untilTime'))
        .where('appId', '=', appId)
        .orderBy('fromId')
        .as('e'),
    )
    .whereRef('e.untilTime', '>', 'e.expiredTime');
