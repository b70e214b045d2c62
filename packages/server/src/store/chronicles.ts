import type { ConfrId, MemberId, PubStreamId } from '@callreel/contract/ids.ts';
import { type Kysely, sql } from 'kysely';
import type { Schema } from './schema.ts';

/** Something that happened in a conference, `atMs` of conference time. When members and publications were there is in their rows, too. */
export type ChronicleNote = { atMs: number } & (
  | { kind: 'memberJoined' | 'memberLeft' | 'memberLost' | 'memberBack'; memberId: MemberId }
  | { kind: 'memberMuted'; memberId: MemberId; muted: boolean }
  /** From `fromMs` until now. */
  | { kind: 'memberSpoke'; memberId: MemberId; fromMs: number }
  | {
      kind: 'publicationAdded' | 'publicationLost' | 'publicationResumed' | 'publicationEnded';
      pubStreamId: PubStreamId;
    }
  | { kind: 'publicationMuted'; pubStreamId: PubStreamId; audioOff: boolean; videoOff: boolean }
);

/** What was noted of conferences while they ran. */
export class Chronicles {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Adds what happened to what is there. Of conferences that are gone nothing is kept. */
  async append(notes: ReadonlyMap<ConfrId, readonly ChronicleNote[]>): Promise<void> {
    const added = JSON.stringify([...notes].map(([confr_id, of]) => ({ confr_id, notes: of })));
    await sql`
      insert into chronicle (confr_id, notes)
      select added.confr_id, added.notes
      from jsonb_to_recordset(${added}::jsonb) as added (confr_id text, notes jsonb)
      join conference on conference.id = added.confr_id`.execute(this.#db);
  }

  /** In the order in which they were added. */
  async of(confrId: ConfrId): Promise<ChronicleNote[]> {
    const rows = await this.#db
      .selectFrom('chronicle')
      .select('notes')
      .where('confrId', '=', confrId)
      .orderBy('id')
      .execute();
    return rows.flatMap(({ notes }) => notes);
  }
}
