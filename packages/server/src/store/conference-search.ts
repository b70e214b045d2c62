import type { ConferenceState } from '@callreel/contract/conference.ts';
import type { ConfrId } from '@callreel/contract/ids.ts';
import { type Kysely, sql } from 'kysely';
import type { ConferenceRow } from './rows.ts';
import type { Schema } from './schema.ts';

export type ConferenceFilter = {
  state?: ConferenceState;
  /** Of their creation, both ends included. */
  begin?: Date;
  end?: Date;
  /** Only what was created before this one. */
  after?: ConferencePosition;
};

export type ConferencePosition = { createdAt: Date; id: ConfrId };

export type FoundConference = Pick<
  ConferenceRow,
  'id' | 'type' | 'rec' | 'recMerge' | 'recording' | 'creator' | 'createdAt' | 'beganAt' | 'endedAt'
> & { memberCount: number };

/** An app's conferences, page by page. */
export class ConferenceSearch {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** The newest first. */
  async newest(appId: number, filter: ConferenceFilter, limit: number): Promise<FoundConference[]> {
    const { state, begin, end, after } = filter;
    let query = this.#db
      .selectFrom('conference as c')
      .select([
        'c.id',
        'c.type',
        'c.rec',
        'c.recMerge',
        'c.recording',
        'c.creator',
        'c.createdAt',
        'c.beganAt',
        'c.endedAt',
      ])
      .select((eb) =>
        eb
          .selectFrom('member as m')
          .select(sql<number>`count(*)`.as('count'))
          .whereRef('m.confrId', '=', 'c.id')
          .where('m.leftAt', 'is', null)
          .$asScalar()
          .as('memberCount'),
      )
      .where('c.appId', '=', appId);
    if (state !== undefined) query = query.where('c.endedAt', state === 'ended' ? 'is not' : 'is', null);
    if (state === 'waiting' || state === 'running') {
      query = query.where('c.beganAt', state === 'waiting' ? 'is' : 'is not', null);
    }
    if (begin) query = query.where('c.createdAt', '>=', begin);
    if (end) query = query.where('c.createdAt', '<=', end);
    if (after) query = query.where(sql<boolean>`(c.created_at, c.id) < (${after.createdAt}, ${after.id})`);
    const rows = await query.orderBy('c.createdAt', 'desc').orderBy('c.id', 'desc').limit(limit).execute();
    return rows.map((row) => ({ ...row, memberCount: Number(row.memberCount) }));
  }
}
