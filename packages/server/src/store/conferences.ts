import type { ConfrId, MemberId, PubStreamId, UserName } from '@callreel/contract/ids.ts';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { ConferenceRow, MemberRow, PublicationRow } from './rows.ts';
import type { Schema } from './schema.ts';

const COLUMNS = [
  ...(['id', 'appId', 'type', 'password', 'rec', 'recMerge', 'recording', 'creator', 'settings'] as const),
  ...(['createdAt', 'beganAt', 'endedAt'] as const),
] as const;
const MEMBER_COLUMNS = [
  ...(['id', 'confrId', 'appId', 'userName', 'accessId', 'role', 'muted', 'joinedAt', 'leftAt'] as const),
  ...(['nickname', 'ext'] as const),
] as const;

const latest = (at: Date) => sql<Date>`greatest(latest_at, ${at}::timestamptz)`;

/** What says that a part of a conference is over. */
type End = { table: RawBuilder<unknown>; column: RawBuilder<unknown> };
const MEMBER_END: End = { table: sql.table('member'), column: sql.ref('left_at') };
const PUBLICATION_END: End = { table: sql.table('publication'), column: sql.ref('ended_at') };

/**
 * Conferences, their members and publications: facts for the listing and for repair, not the state of running calls.
 *
 * Whatever writes to several rows locks the conference first, then its members and publications, then tokens: two ends of one
 * conference at the same time wait for each other, and never in a ring.
 */
export class Conferences {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Throws StoreError 'exists'. */
  async insert(row: ConferenceRow): Promise<void> {
    const latestAt = row.endedAt ?? row.beganAt ?? row.createdAt;
    await this.#db
      .insertInto('conference')
      .values({ ...row, settings: JSON.stringify(row.settings), latestAt })
      .execute();
  }

  find(appId: number, confrId: ConfrId): Promise<ConferenceRow | undefined> {
    return this.#db
      .selectFrom('conference')
      .select(COLUMNS)
      .where('id', '=', confrId)
      .where('appId', '=', appId)
      .executeTakeFirst();
  }

  /** Of whichever app. */
  findById(confrId: ConfrId): Promise<ConferenceRow | undefined> {
    return this.#db.selectFrom('conference').select(COLUMNS).where('id', '=', confrId).executeTakeFirst();
  }

  /** All of this service that have not ended, oldest first. */
  open(): Promise<ConferenceRow[]> {
    return this.#db
      .selectFrom('conference')
      .select(COLUMNS)
      .where('endedAt', 'is', null)
      .orderBy('createdAt')
      .execute();
  }

  /** The first join; a second call changes nothing. */
  async markBegan(confrId: ConfrId, at: Date): Promise<void> {
    await this.#db
      .updateTable('conference')
      .set({ beganAt: at, latestAt: latest(at) })
      .where('id', '=', confrId)
      .where('beganAt', 'is', null)
      .execute();
  }

  /**
   * The last leave; a second call changes nothing. Whatever was not written of its end by then is: no member and no publication
   * outlives it. Recordings that are listed already take its end over.
   */
  async markEnded(confrId: ConfrId, at: Date): Promise<void> {
    await this.#db
      .with('ended', (db) =>
        db
          .updateTable('conference')
          .set({ endedAt: at, latestAt: latest(at), recording: 'stopped' })
          .where('id', '=', confrId)
          .where('endedAt', 'is', null)
          .returning(['id', 'appId', 'endedAt']),
      )
      .with('gone', (db) =>
        db
          .updateTable('member')
          .from('ended')
          .set({ leftAt: at })
          .whereRef('member.confrId', '=', 'ended.id')
          .where('member.leftAt', 'is', null)
          .returning('member.id'),
      )
      .with('over', (db) =>
        db
          .updateTable('publication')
          .from('ended')
          .set({ endedAt: at })
          .whereRef('publication.confrId', '=', 'ended.id')
          .where('publication.endedAt', 'is', null),
      )
      .with('dead', (db) =>
        db
          .updateTable('token')
          .from('gone')
          .set({ revokedAt: sql<Date>`now()` })
          .whereRef('token.memberId', '=', 'gone.id')
          .where('token.revokedAt', 'is', null),
      )
      .updateTable('recording')
      .from('ended')
      .set((eb) => ({ confrEndTime: eb.ref('ended.endedAt') }))
      .whereRef('recording.appId', '=', 'ended.appId')
      .whereRef('recording.confrId', '=', 'ended.id')
      .execute();
  }

  async insertMember(row: MemberRow): Promise<void> {
    await this.#touching(row.confrId, row.joinedAt).insertInto('member').values(row).execute();
  }

  async changeMember(memberId: MemberId, change: Pick<MemberRow, 'role' | 'muted'>): Promise<void> {
    await this.#db.updateTable('member').set(change).where('id', '=', memberId).execute();
  }

  /** A second call changes nothing. */
  markLeft(memberId: MemberId, at: Date): Promise<void> {
    return this.#end(MEMBER_END, memberId, at);
  }

  /** In the order they joined, with those who left. */
  members(confrId: ConfrId): Promise<MemberRow[]> {
    return this.#db
      .selectFrom('member')
      .select(MEMBER_COLUMNS)
      .where('confrId', '=', confrId)
      .orderBy('joinedAt')
      .orderBy('id')
      .execute();
  }

  async insertPublication(row: PublicationRow): Promise<void> {
    await this.#touching(row.confrId, row.startedAt).insertInto('publication').values(row).execute();
  }

  /** In the order they began, with those that ended. */
  publications(confrId: ConfrId): Promise<PublicationRow[]> {
    return this.#db
      .selectFrom('publication')
      .select(['id', 'confrId', 'memberId', 'kind', 'startedAt', 'endedAt'])
      .where('confrId', '=', confrId)
      .orderBy('startedAt')
      .orderBy('id')
      .execute();
  }

  /** One that never was. */
  async removePublication(pubStreamId: PubStreamId): Promise<void> {
    await this.#db.deleteFrom('publication').where('id', '=', pubStreamId).execute();
  }

  /** A second call changes nothing. */
  markPublicationEnded(pubStreamId: PubStreamId, at: Date): Promise<void> {
    return this.#end(PUBLICATION_END, pubStreamId, at);
  }

  /** Of a conference whose every connection is gone. */
  async endPublications(confrId: ConfrId, at: Date): Promise<void> {
    await this.#db
      .updateTable('publication')
      .set({ endedAt: at })
      .where('confrId', '=', confrId)
      .where('endedAt', 'is', null)
      .execute();
  }

  /** A user who may not join this conference again. A second call changes nothing. */
  async ban(confrId: ConfrId, userName: UserName): Promise<void> {
    await this.#db
      .insertInto('conferenceBan')
      .values({ confrId, userName })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  async banned(confrId: ConfrId): Promise<UserName[]> {
    const rows = await this.#db.selectFrom('conferenceBan').select('userName').where('confrId', '=', confrId).execute();
    return rows.map(({ userName }) => userName);
  }

  /** Of a part of a conference, which still ran at that time. */
  async #end({ table, column }: End, id: string, at: Date): Promise<void> {
    await sql`
      with touched as (
        update conference set latest_at = ${latest(at)} from ${table} as part
        where part.id = ${id} and part.${column} is null and conference.id = part.confr_id
        returning part.id
      )
      update ${table} as part set ${column} = ${at}::timestamptz from touched
      where part.id = touched.id and part.${column} is null
    `.execute(this.#db);
  }

  /** What follows also says that the conference still ran at that time. */
  #touching(confrId: ConfrId, at: Date) {
    return this.#db.with('touched', (db) =>
      db
        .updateTable('conference')
        .set({ latestAt: latest(at) })
        .where('id', '=', confrId)
        .returning('id'),
    );
  }
}
