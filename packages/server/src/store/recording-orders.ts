import type { ConfrId } from '@callreel/contract/ids.ts';
import { RECORDING_LOG_LENGTH } from '@callreel/contract/recording-control.ts';
import type { RecordingState } from '@callreel/contract/recording-state.ts';
import type { Kysely } from 'kysely';
import type { RecordingOrderRow } from './rows.ts';
import type { Schema } from './schema.ts';

/** Who started and stopped recordings by hand. It lasts as long as the conference's row. */
export class RecordingOrders {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** `state`: what the conference's is from now on, both or neither; undefined where the order is about one publication. */
  async write(order: RecordingOrderRow, state: RecordingState | undefined): Promise<void> {
    const insert = this.#db.insertInto('recordingOrder').values(order);
    if (state === undefined) {
      await insert.execute();
      return;
    }
    await this.#db
      .with('changed', (db) =>
        db.updateTable('conference').set({ recording: state }).where('id', '=', order.confrId).returning('id'),
      )
      .insertInto('recordingOrder')
      .values(order)
      .execute();
  }

  /** In the order in which they were given. */
  async latest(confrId: ConfrId): Promise<RecordingOrderRow[]> {
    const rows = await this.#db
      .selectFrom('recordingOrder')
      .select(['confrId', 'at', 'action', 'pubStreamId', 'memberId', 'userName'])
      .where('confrId', '=', confrId)
      .orderBy('id', 'desc')
      .limit(RECORDING_LOG_LENGTH)
      .execute();
    return rows.reverse();
  }
}
