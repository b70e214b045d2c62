import type { ConfrId, RecordingKey } from '@callreel/contract/ids.ts';
import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';

export type Merge = { confrId: ConfrId; recordingKey: RecordingKey; done: boolean };

/** The merge of each ended `recMerge` conference: one, under one key, however often it is asked for. */
export class Merges {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Takes `recordingKey` for the merge, unless there is one already: then gives that one. */
  async begin(confrId: ConfrId, recordingKey: RecordingKey): Promise<Merge> {
    await this.#db
      .insertInto('merge')
      .values({ confrId, recordingKey, finishedAt: null })
      .onConflict((conflict) => conflict.column('confrId').doNothing())
      .execute();
    return (await this.find(confrId)) ?? { confrId, recordingKey, done: false };
  }

  async find(confrId: ConfrId): Promise<Merge | undefined> {
    const row = await this.#select().where('confrId', '=', confrId).executeTakeFirst();
    return row && { confrId: row.confrId, recordingKey: row.recordingKey, done: row.finishedAt !== null };
  }

  /** Conferences to be merged that ended after `since` and whose merge was not begun. */
  async notBegun(since: Date): Promise<ConfrId[]> {
    const rows = await this.#db
      .selectFrom('conference')
      .select('id')
      .where('recMerge', '=', true)
      .where('endedAt', '>', since)
      .where(({ not, exists, selectFrom }) =>
        not(exists(selectFrom('merge').select('merge.confrId').whereRef('merge.confrId', '=', 'conference.id'))),
      )
      .execute();
    return rows.map(({ id }) => id);
  }

  /** All that were begun, after this if it is given, and not finished, oldest first. */
  async open(begunAfter = new Date(0)): Promise<Merge[]> {
    const rows = await this.#select()
      .where('finishedAt', 'is', null)
      .where('begunAt', '>', begunAfter)
      .orderBy('begunAt')
      .execute();
    return rows.map(({ confrId, recordingKey }) => ({ confrId, recordingKey, done: false }));
  }

  async finish(confrId: ConfrId): Promise<void> {
    await this.#db.updateTable('merge').set({ finishedAt: new Date() }).where('confrId', '=', confrId).execute();
  }

  #select() {
    return this.#db.selectFrom('merge').select(['confrId', 'recordingKey', 'finishedAt']);
  }
}
