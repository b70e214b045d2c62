import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Schema } from './schema.ts';

/** Rows for one statement: far below its time limit. */
const BATCH = 1000;
/** Each takes its chronicle along, of an hour's call some hundred rows. */
const CONFERENCES = 100;

/** Rows that have served their time. Every method gives how many it removed. */
export class Leftovers {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Tokens that expired, or that never do and were revoked, before this. Those that are younger are still told from forged ones. */
  removeTokens(endedBefore: Date): Promise<number> {
    return this.#inBatches(sql`
      delete from token where hash in (
        select hash from token
        where expires_at < ${endedBefore} or (expires_at is null and revoked_at < ${endedBefore})
        limit ${BATCH}
      )`);
  }

  /** Of recordings that were settled before this. */
  removeSettledWork(settledBefore: Date): Promise<number> {
    return this.#inBatches(sql`
      delete from recording_work where recording_key in (
        select recording_key from recording_work where settled_at < ${settledBefore} limit ${BATCH}
      )`);
  }

  /**
   * Conferences that ended longer before this than their app keeps files, and have none left, with their members, publications,
   * chronicles and merges.
   */
  removeConferences(now: Date): Promise<number> {
    return this.#inBatches(
      sql`
      delete from conference where id in (
        select c.id from conference c join app a on a.id = c.app_id
        where c.ended_at < ${now}::timestamptz - make_interval(hours => 24 * a.retention_days)
          and not exists (select from recording r where r.app_id = c.app_id and r.confr_id = c.id)
          and not exists (select from recording_work w where w.confr_id = c.id and w.settled_at is null)
        limit ${CONFERENCES}
      )`,
      CONFERENCES,
    );
  }

  async #inBatches(statement: RawBuilder<unknown>, batch = BATCH): Promise<number> {
    let removed = 0;
    for (;;) {
      const { numAffectedRows = 0n } = await statement.execute(this.#db);
      removed += Number(numAffectedRows);
      if (numAffectedRows < batch) return removed;
    }
  }
}
