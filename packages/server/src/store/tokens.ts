import type { MemberId } from '@callreel/contract/ids.ts';
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

  /** False where there is no such token; revoking twice keeps the first time. */
  async revoke(hash: Uint8Array): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('token')
      .set({ revokedAt: sql<Date>`coalesce(revoked_at, now())` })
      .where('hash', '=', hash)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
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
