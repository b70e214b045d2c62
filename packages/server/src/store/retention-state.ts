import { type Kysely, sql } from 'kysely';
import type { ClockMark, RetentionAlarm, RetentionAlarmKind } from './rows.ts';
import type { Schema } from './schema.ts';

/** Boots whose marks are kept: of several nodes, and of a few starts of each. */
const KEPT_MARKS = 100;

/** What the sweep remembers from run to run: how the clocks stood, and what it has stopped for. */
export class RetentionState {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** The database's own clock. */
  async databaseTime(): Promise<Date> {
    const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(this.#db);
    return rows[0]?.now ?? new Date(Number.NaN);
  }

  /** The latest of each boot, the newest first. */
  clockMarks(): Promise<ClockMark[]> {
    return this.#db
      .selectFrom('retentionClock')
      .select(['bootId', 'wallTime', 'sinceBootMs'])
      .orderBy('wallTime', 'desc')
      .limit(KEPT_MARKS)
      .execute();
  }

  async markClock(mark: ClockMark): Promise<void> {
    await this.#db
      .insertInto('retentionClock')
      .values(mark)
      .onConflict((conflict) =>
        conflict.column('bootId').doUpdateSet({ wallTime: mark.wallTime, sinceBootMs: mark.sinceBootMs }),
      )
      .execute();
    await this.#db
      .deleteFrom('retentionClock')
      .where('bootId', 'in', (db) =>
        db.selectFrom('retentionClock').select('bootId').orderBy('wallTime', 'desc').offset(KEPT_MARKS),
      )
      .execute();
  }

  /** Takes this as how the clocks stand, whatever was known before. */
  async restartClock(mark: ClockMark): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      await tx.deleteFrom('retentionClock').execute();
      await tx.insertInto('retentionClock').values(mark).execute();
    });
  }

  /** All that are open, the oldest first. */
  alarms(): Promise<RetentionAlarm[]> {
    return this.#db
      .selectFrom('retentionAlarm')
      .select(['kind', 'appId', 'detail', 'raisedAt', 'confirmedAt'])
      .orderBy('raisedAt')
      .orderBy('appId')
      .execute();
  }

  /** One that is open already keeps its time and takes the new detail. */
  async raise(kind: RetentionAlarmKind, appId: number, detail: string, at: Date): Promise<void> {
    await this.#db
      .insertInto('retentionAlarm')
      .values({ kind, appId, detail, raisedAt: at, confirmedAt: null })
      .onConflict((conflict) => conflict.columns(['kind', 'appId']).doUpdateSet({ detail }))
      .execute();
  }

  async clear(kind: RetentionAlarmKind, appId: number): Promise<void> {
    await this.#db.deleteFrom('retentionAlarm').where('kind', '=', kind).where('appId', '=', appId).execute();
  }

  /** An operator says that all is well: the next sweep goes on. Gives how many alarms that is about. */
  async confirmAlarms(): Promise<number> {
    const { numUpdatedRows } = await this.#db
      .updateTable('retentionAlarm')
      .set({ confirmedAt: sql<Date>`now()` })
      .executeTakeFirstOrThrow();
    return Number(numUpdatedRows);
  }
}
