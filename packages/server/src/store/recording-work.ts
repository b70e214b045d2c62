import type { ConfrId, PubStreamId, RecordingKey } from '@callreel/contract/ids.ts';
import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';

export type RecordingBegun = {
  confrId: ConfrId;
  /** Null: begun by an earlier version. */
  pubStreamId: PubStreamId | null;
  /** Why it gave no file; null where it did, or still may. */
  emptyReason: string | null;
};

/** Recordings that were begun and are not settled yet: neither listed nor known to hold nothing. */
export class RecordingWork {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Before the first packet comes, so that no merge can miss it. A second call changes nothing. */
  async begin(recordingKey: RecordingKey, appId: number, confrId: ConfrId, pubStreamId: PubStreamId): Promise<void> {
    await this.#db
      .insertInto('recordingWork')
      .values({ recordingKey, appId, confrId, pubStreamId, settledAt: null })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  /** `emptyReason`: why there is no file. A second call changes nothing. */
  async settle(recordingKey: RecordingKey, emptyReason?: string): Promise<void> {
    await this.#db
      .updateTable('recordingWork')
      .set({ settledAt: new Date(), emptyReason: emptyReason ?? null })
      .where('recordingKey', '=', recordingKey)
      .where('settledAt', 'is', null)
      .execute();
  }

  /** One that never was. */
  async forget(recordingKey: RecordingKey): Promise<void> {
    await this.#db.deleteFrom('recordingWork').where('recordingKey', '=', recordingKey).execute();
  }

  find(recordingKey: RecordingKey): Promise<RecordingBegun | undefined> {
    return this.#db
      .selectFrom('recordingWork')
      .select(['confrId', 'pubStreamId', 'emptyReason'])
      .where('recordingKey', '=', recordingKey)
      .executeTakeFirst();
  }

  /** All that are not settled, oldest first. */
  async openKeys(): Promise<RecordingKey[]> {
    const rows = await this.#db
      .selectFrom('recordingWork')
      .select('recordingKey')
      .where('settledAt', 'is', null)
      .orderBy('recordingKey')
      .execute();
    return rows.map(({ recordingKey }) => recordingKey);
  }

  /** How many of a conference's recordings are not settled. */
  async openCount(confrId: ConfrId): Promise<number> {
    const { open } = await this.#db
      .selectFrom('recordingWork')
      .select((eb) => eb.fn.countAll<number>().as('open'))
      .where('confrId', '=', confrId)
      .where('settledAt', 'is', null)
      .executeTakeFirstOrThrow();
    return Number(open);
  }
}
