import type { RecordingKey } from '@callreel/contract/ids.ts';
import { type Kysely, sql } from 'kysely';
import type { RecordingInRemoval, RemovalReason } from './rows.ts';
import type { Schema } from './schema.ts';

/** An app's files whose time to go has come. */
export type DueFiles = {
  appId: number;
  due: number;
  /** Those among them that are younger than the app keeps files at present: it is not their age that makes them go. */
  early: number;
};

/**
 * How a file goes: its row is marked, its object is removed, its row is buried, which leaves a tombstone. Each step can be done again;
 * between any two the process may die.
 */
export class Removals {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /**
   * Files that expired at `cutoff` or before, by app; apps without any are left out. An app at a time: to count four million took 3 s on a busy
   * machine, and no statement may take longer than 10.
   */
  async due(cutoff: Date): Promise<DueFiles[]> {
    const { rows: apps } = await sql<{ id: number; retentionDays: number }>`
      select id, retention_days from app a
      where exists (select from recording where app_id = a.id and expire_time <= ${cutoff} and removal_at is null)
      order by id`.execute(this.#db);
    const due: DueFiles[] = [];
    for (const app of apps) due.push(await this.#dueOf(app, cutoff));
    return due;
  }

  async #dueOf({ id, retentionDays }: { id: number; retentionDays: number }, cutoff: Date): Promise<DueFiles> {
    const { rows } = await sql<DueFiles>`
      select ${id}::int as app_id, count(*) as due,
        count(*) filter (where record_time + make_interval(hours => 24 * ${retentionDays}::int) > ${cutoff}) as early
      from recording
      where app_id = ${id} and expire_time <= ${cutoff} and removal_at is null`.execute(this.#db);
    return rows[0] ?? { appId: id, due: 0, early: 0 };
  }

  /** How many files an app has, expired ones too, without those on their way out. */
  async fileCount(appId: number): Promise<number> {
    const { files } = await this.#db
      .selectFrom('recording')
      .select((eb) => eb.fn.countAll<number>().as('files'))
      .where('appId', '=', appId)
      .where('removalAt', 'is', null)
      .executeTakeFirstOrThrow();
    return files;
  }

  /** Up to `limit` of the app's files that expired at `cutoff` or before, the longest expired first. Not marked. */
  expired(appId: number, cutoff: Date, limit: number): Promise<RecordingInRemoval[]> {
    return this.#expired(appId, cutoff, limit).select(['recordingKey', 'objectKey']).execute();
  }

  /** Marks them. */
  beginExpired(appId: number, cutoff: Date, limit: number, at: Date): Promise<RecordingInRemoval[]> {
    return this.#db
      .updateTable('recording')
      .set({ removalAt: at, removalReason: 'expired' })
      .where('appId', '=', appId)
      .where('id', 'in', this.#expired(appId, cutoff, limit).select('id'))
      .where('removalAt', 'is', null)
      .returning(['recordingKey', 'objectKey'])
      .execute();
  }

  /** Marks one file because its app orders it, expired or not. Undefined where there is none, or it is on its way out already. */
  async beginDeleted(appId: number, id: number, at: Date): Promise<RecordingKey | undefined> {
    const row = await this.#db
      .updateTable('recording')
      .set({ removalAt: at, removalReason: 'deleted' })
      .where('appId', '=', appId)
      .where('id', '=', id)
      .where('removalAt', 'is', null)
      .returning('recordingKey')
      .executeTakeFirst();
    return row?.recordingKey;
  }

  /** Files on their way out for this reason, the earliest first. */
  begun(reason: RemovalReason, limit: number): Promise<RecordingInRemoval[]> {
    return this.#inRemoval()
      .where('removalReason', '=', reason)
      .orderBy('removalAt')
      .orderBy('recordingKey')
      .limit(limit)
      .execute();
  }

  /** Undefined where it is not on its way out, or is buried. */
  find(recordingKey: RecordingKey): Promise<RecordingInRemoval | undefined> {
    return this.#inRemoval().where('recordingKey', '=', recordingKey).executeTakeFirst();
  }

  /** The objects of these are gone: their rows become tombstones. What is not on its way out stays as it is. */
  async bury(recordingKeys: readonly RecordingKey[], at: Date): Promise<void> {
    if (recordingKeys.length === 0) return;
    await sql`
      with gone as (
        delete from recording
        where recording_key = any(${[...recordingKeys]}) and removal_at is not null
        returning app_id, id, recording_key, record_time, removal_reason
      )
      insert into recording_tombstone (app_id, id, recording_key, record_time, reason, removed_at)
      select gone.*, ${at}::timestamptz from gone
      on conflict do nothing`.execute(this.#db);
  }

  #expired(appId: number, cutoff: Date, limit: number) {
    return this.#db
      .selectFrom('recording')
      .where('appId', '=', appId)
      .where('expireTime', '<=', cutoff)
      .where('removalAt', 'is', null)
      .orderBy('expireTime')
      .limit(limit);
  }

  #inRemoval() {
    return this.#db
      .selectFrom('recording')
      .select(['recordingKey', 'objectKey'])
      .where(sql<boolean>`removal_at is not null`);
  }
}
