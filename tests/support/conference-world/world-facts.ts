/** What the database says of one app's conferences. */
import type { Role } from '@callreel/contract/conference.ts';
import type { ConfrId, MemberId, PubStreamId, RecordingKey } from '@callreel/contract/ids.ts';
import type { PostgresConnection } from '@callreel/server/base/postgres-connection.ts';
import pg from 'pg';

export type ConferenceFact = { id: ConfrId; createdMs: number; began: boolean; ended: boolean };
export type MemberFact = {
  id: MemberId;
  confrId: ConfrId;
  role: Role;
  left: boolean;
  /** None of his tokens is good. */
  tokenDead: boolean;
};
export type PublicationFact = {
  id: PubStreamId;
  confrId: ConfrId;
  memberId: MemberId;
  ended: boolean;
  endedMs: number | null;
};
export type WorkFact = { key: RecordingKey; settled: boolean };

export type WorldFacts = {
  conferences: ConferenceFact[];
  members: MemberFact[];
  publications: PublicationFact[];
  work: WorkFact[];
};

const FACTS = `
  with c as (select * from conference where app_id = $1),
  m as (select * from member where confr_id in (select id from c)),
  p as (select * from publication where confr_id in (select id from c)),
  w as (select * from recording_work where app_id = $1)
  select json_build_object(
    'conferences', (select coalesce(json_agg(json_build_object(
      'id', id, 'createdMs', extract(epoch from created_at) * 1000,
      'began', began_at is not null, 'ended', ended_at is not null)), '[]') from c),
    'members', (select coalesce(json_agg(json_build_object(
      'id', id, 'confrId', confr_id, 'role', role, 'left', left_at is not null,
      'tokenDead', not exists (select from token where member_id = m.id and revoked_at is null))), '[]') from m),
    'publications', (select coalesce(json_agg(json_build_object(
      'id', id, 'confrId', confr_id, 'memberId', member_id, 'ended', ended_at is not null,
      'endedMs', extract(epoch from ended_at) * 1000)), '[]') from p),
    'work', (select coalesce(json_agg(json_build_object(
      'key', recording_key, 'settled', settled_at is not null)), '[]') from w)
  ) as facts`;

export class FactReader {
  readonly #pool: pg.Pool;

  constructor(connection: PostgresConnection) {
    this.#pool =
      connection.kind === 'url'
        ? new pg.Pool({ connectionString: connection.url, max: 1 })
        : new pg.Pool({ host: connection.directory, user: connection.user, database: connection.database, max: 1 });
    this.#pool.on('error', () => {});
  }

  async read(appId: number): Promise<WorldFacts> {
    const { rows } = await this.#pool.query<{ facts: WorldFacts }>(FACTS, [appId]);
    const [row] = rows;
    if (row === undefined) throw new Error('the facts were not read');
    return row.facts;
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}
