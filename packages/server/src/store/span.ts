/** A page of an app's files listed in a span of time, at a cost that grows neither with the table nor with what stands before the page. */
import { type ExpressionBuilder, type Kysely, type SqlBool, sql } from 'kysely';
import { type Era, selectEras } from './eras.ts';
import type { Schema } from './schema.ts';

export type SpanPage = {
  appId: number;
  /** Whole seconds, both inclusive: files of the second `end` too. */
  begin: Date;
  end: Date;
  /** Exclusive. */
  startId: number;
  length: number;
};

/** No more than the index of merged files holds, so that it answers for them alone. */
const SHOWN = [
  ...(['r.id', 'r.appId', 'r.recordTime', 'r.expireTime', 'r.recordType', 'r.objectKey'] as const),
  ...([
    'r.confrId',
    'r.confrType',
    'r.confrBeginTime',
    'r.memberId',
    'r.userName',
    'r.accessId',
    'r.pubStreamId',
  ] as const),
] as const;

/** The inner query runs for recordings of a conference that still runs, and for no other. The table's name is `r`. */
export const confrEndTime = sql<Date>`coalesce(
  r.confr_end_time,
  (select coalesce(c.ended_at, c.latest_at) from conference c where c.id = r.confr_id),
  r.record_time
)`.as('confrEndTime');

/**
 * record_time never falls while id grows, and in an era neither does expire_time. So the files of an era that are in the span, past `startId`
 * and not expired are one stretch of the index: it is read from its begin until the page is full, and further eras only if it is not.
 */
export const selectSpan = (db: Kysely<Schema>, page: SpanPage, which: 'all' | 'merged') =>
  erasIn(db, page)
    .innerJoinLateral(
      (eb) => pageOfEra(eb, page, which).as('p'),
      (join) => join.onTrue(),
    )
    .selectAll('p')
    .orderBy('e.fromId')
    .orderBy('p.recordTime')
    .orderBy('p.id')
    .limit(page.length);

/** Those that may have files of the page, oldest first. */
const erasIn = (db: Kysely<Schema>, { appId, begin, end, startId }: SpanPage) =>
  selectEras(db, appId)
    .where('e.untilId', '>', startId + 1)
    .where('e.untilTime', '>=', begin)
    .where('e.fromTime', '<', secondAfter(end));

const pageOfEra = (
  eb: ExpressionBuilder<Schema & { e: Era }, 'e'>,
  { appId, begin, end, startId, length }: SpanPage,
  which: 'all' | 'merged',
) => {
  const startTime = sql<Date>`(
    select s.record_time from recording s
    where s.app_id = ${appId} and s.id <= ${startId}::bigint order by s.id desc limit 1
  )`;
  const query = eb
    .selectFrom('recording as r')
    .select(SHOWN)
    .select(confrEndTime)
    .where('r.appId', '=', appId)
    .where('r.removalAt', 'is', null)
    .where(
      sql<SqlBool>`(r.record_time, r.id) > (
        greatest(${begin}::timestamptz, e.from_time, e.expired_time, ${startTime}), greatest(${startId}::bigint, e.from_id - 1)
      )`,
    )
    .where('r.recordTime', '<', secondAfter(end))
    .whereRef('r.recordTime', '<=', 'e.untilTime')
    .whereRef('r.id', '<', 'e.untilId')
    .where('r.expireTime', '>', sql<Date>`now()`)
    .orderBy('r.recordTime')
    .orderBy('r.id')
    .limit(length);
  return which === 'all' ? query : query.where(sql<SqlBool>`r.record_type = 'MERGE_ALL'`);
};

const secondAfter = (time: Date): Date => new Date(time.getTime() + 1000);
