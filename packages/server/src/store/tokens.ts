import type { ConfrId, MemberId } from '@callreel/contract/ids.ts';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { TokenRecord, TokenSubject } from './rows.ts';
import type { Schema } from './schema.ts';

type TokenRow = Pick<Selectable<Schema['token']>, 'kind' | 'userName' | 'confrId' | 'memberId'>;

const toColumns = (subject: TokenSubject): TokenRow => ({
  kind: subject.kind,
  userName: subject.kind === 'app' ? null : subject.userName,
  confrId: subject.kind === 'member' ? subject.confrId : null,
  memberId: subject.kind === 'member' ? subject.memberId : null,
});

/** The table's checks hold the columns together; a token that breaks them is nobody's. */
const toSubject = ({ kind, userName, confrId, memberId }: TokenRow): TokenSubject | undefined => {
  if (kind === 'app') return { kind };
  if (userName === null) return undefined;
  if (kind === 'user') return { kind, userName };
  return confrId === null || memberId === null ? undefined : { kind, userName, confrId, memberId };
};

/** Tokens, known by the SHA-256 of their text alone. */
export class Tokens {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  async insert(hash: Uint8Array, record: TokenRecord): Promise<void> {
    const { appId, subject, expiresAt, revokedAt } = record;
    await this.#db
      .insertInto('token')
      .values({ hash, appId, ...toColumns(subject), expiresAt, revokedAt })
      .execute();
  }

  /** A token that dies with its parent. False where that one is not there, or is revoked by now: then there is none. */
  async insertUnder(parent: Uint8Array, hash: Uint8Array, record: TokenRecord): Promise<boolean> {
    const { appId, subject, expiresAt } = record;
    const { kind, userName, confrId, memberId } = toColumns(subject);
    // The lock makes a revocation wait, which then finds this one too; or it makes this wait and find the parent revoked.
    const { numAffectedRows = 0n } = await sql`
      insert into token (hash, app_id, kind, user_name, confr_id, member_id, expires_at, parent)
      select ${hash}::bytea, ${appId}::int, ${kind}, ${userName}, ${confrId}, ${memberId}, ${expiresAt}::timestamptz, hash
      from token where hash = ${parent} and revoked_at is null
      for share
    `.execute(this.#db);
    return numAffectedRows > 0n;
  }

  /** Expired and revoked ones too: what they are worth, the caller says. */
  async find(hash: Uint8Array): Promise<TokenRecord | undefined> {
    const row = await this.#db
      .selectFrom('token')
      .select(['appId', 'kind', 'userName', 'confrId', 'memberId', 'expiresAt', 'revokedAt'])
      .where('hash', '=', hash)
      .executeTakeFirst();
    const subject = row && toSubject(row);
    return row && subject && { appId: row.appId, subject, expiresAt: row.expiresAt, revokedAt: row.revokedAt };
  }

  /** With those that were got with it. False where there is no such token; revoking twice keeps the first time. */
  async revoke(hash: Uint8Array): Promise<boolean> {
    return await this.#db.transaction().execute(async (tx) => {
      const { numUpdatedRows } = await tx
        .updateTable('token')
        .set({ revokedAt: sql<Date>`coalesce(revoked_at, now())` })
        .where('hash', '=', hash)
        .executeTakeFirstOrThrow();
      // A statement of its own: it sees those that were inserted while the first one waited.
      await tx
        .updateTable('token')
        .set({ revokedAt: sql<Date>`now()` })
        .where('parent', '=', hash)
        .where('revokedAt', 'is', null)
        .execute();
      return numUpdatedRows > 0n;
    });
  }

  /** The members whose tokens were revoked within this time, by the database's clock. */
  async revokedMembers(withinMs: number): Promise<{ confrId: ConfrId; memberId: MemberId }[]> {
    const { rows } = await sql<{ confrId: ConfrId; memberId: MemberId }>`
      select confr_id, member_id from token
      where member_id is not null and revoked_at > now() - make_interval(secs => ${withinMs / 1000})
    `.execute(this.#db);
    return rows;
  }

  /** Which of these, in hexadecimal, are revoked, expired, or not there. */
  async deadAmong(hashes: readonly string[], at: Date): Promise<string[]> {
    const { rows } = await sql<{ hash: string }>`
      select given as hash from unnest(${hashes}::text[]) given
      where not exists (
        select from token
        where hash = decode(given, 'hex') and revoked_at is null and (expires_at is null or expires_at > ${at}::timestamptz)
      )
    `.execute(this.#db);
    return rows.map(({ hash }) => hash);
  }

  /** All tokens of a member. */
  async revokeMember(memberId: MemberId): Promise<void> {
    await this.#db
      .updateTable('token')
      .set({ revokedAt: sql<Date>`now()` })
      .where('memberId', '=', memberId)
      .where('revokedAt', 'is', null)
      .execute();
  }
}
