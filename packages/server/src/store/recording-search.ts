import type { ConfrId, UserName } from '@callreel/contract/ids.ts';
import type { RecordType } from '@callreel/contract/recording.ts';
import { type Kysely, sql } from 'kysely';
import { selectEras } from './eras.ts';
import { selectRecordings } from './recordings.ts';
import type { JsonObject, RecordingRow } from './rows.ts';
import type { Schema } from './schema.ts';

/** What the rows of a page come after: a row's own time and id. */
export type PagePosition = { recordTime: Date; id: number };

export type RecordingFilter = {
  confrId?: ConfrId;
  userName?: UserName;
  recordType?: RecordType;
  /** Listed in this second or later. */
  begin?: Date;
  /** Listed in this second or before. */
  end?: Date;
  /** The page goes on behind this row. */
  after?: PagePosition;
};

/** A stored object whose row is to be looked at. */
export type ListedObject = { appId: number; id: number; objectKey: string };

/** Listed files for those who look for one, and for those who compare them with what is stored. */
export class RecordingSearch {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** The newest first; expired ones left out. */
  newest(appId: number, filter: RecordingFilter, limit: number): Promise<RecordingRow[]> {
    const { confrId, userName, recordType, begin, end, after } = filter;
    // Without it the last page would go on through all that expired and is not removed yet.
    const oldest = selectEras(this.#db, appId).select(
      sql<Date>`min(greatest(e.from_time, e.expired_time))`.as('oldest'),
    );
    let query = this.#listed(appId).where('r.recordTime', '>=', oldest);
    if (confrId !== undefined) query = query.where('r.confrId', '=', confrId);
    if (userName !== undefined) query = query.where('r.userName', '=', userName);
    // Written out, so that the indexes of one type alone are found.
    if (recordType !== undefined) query = query.where(sql<boolean>`r.record_type = ${sql.lit(recordType)}`);
    if (begin !== undefined) query = query.where('r.recordTime', '>=', begin);
    if (end !== undefined) query = query.where('r.recordTime', '<', new Date(end.getTime() + 1000));
    if (after !== undefined) {
      query = query.where(
        sql<boolean>`(r.record_time, r.id) < (${after.recordTime}::timestamptz, ${after.id}::bigint)`,
      );
    }
    return query.orderBy('r.recordTime', 'desc').orderBy('r.id', 'desc').limit(limit).execute();
  }

  /** Undefined for an expired one too. */
  byId(appId: number, id: number): Promise<RecordingRow | undefined> {
    return this.#listed(appId).where('r.id', '=', id).executeTakeFirst();
  }

  /** How complete it is; undefined where nothing tells. */
  async reportOf(appId: number, id: number): Promise<JsonObject | undefined> {
    const row = await this.#db
      .selectFrom('recording')
      .select('report')
      .where('appId', '=', appId)
      .where('id', '=', id)
      .executeTakeFirst();
    return row?.report ?? undefined;
  }

  /** Of each file of a conference that has one, by its id. */
  async reportsOf(appId: number, confrId: ConfrId): Promise<Map<number, JsonObject>> {
    const rows = await this.#db
      .selectFrom('recording')
      .select(['id', 'report'])
      .where('appId', '=', appId)
      .where('confrId', '=', confrId)
      .where('report', 'is not', null)
      .execute();
    return new Map(rows.flatMap(({ id, report }) => (report === null ? [] : [[id, report] as const])));
  }

  /** All files of all apps that are not on their way out, by app and id: those after `last`. */
  objectsAfter(last: Pick<ListedObject, 'appId' | 'id'>, limit: number): Promise<ListedObject[]> {
    return this.#db
      .selectFrom('recording')
      .select(['appId', 'id', 'objectKey'])
      .where(sql<boolean>`(app_id, id) > (${last.appId}::int, ${last.id}::bigint)`)
      .where('removalAt', 'is', null)
      .orderBy('appId')
      .orderBy('id')
      .limit(limit)
      .execute();
  }

  /** Those of these keys that a row names, on its way out or not. */
  async knownObjects(objectKeys: readonly string[]): Promise<Set<string>> {
    const rows = await this.#db
      .selectFrom('recording')
      .select('objectKey')
      .where('objectKey', '=', sql<string>`any(${[...objectKeys]})`)
      .execute();
    return new Set(rows.map(({ objectKey }) => objectKey));
  }

  #listed(appId: number) {
    return selectRecordings(this.#db).where('r.appId', '=', appId).where('r.expireTime', '>', sql<Date>`now()`);
  }
}
