import type { UserName } from '@callreel/contract/ids.ts';
import { type Kysely, sql } from 'kysely';
import type { UserRecord } from './rows.ts';
import type { Schema } from './schema.ts';

/** Users of apps, with their passwords' hashes as the caller made them. */
export class Users {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Throws StoreError 'exists'. */
  async create(appId: number, name: UserName, passwordHash: string): Promise<void> {
    await this.#db.insertInto('appUser').values({ appId, name, passwordHash }).execute();
  }

  find(appId: number, name: UserName): Promise<UserRecord | undefined> {
    return this.#db
      .selectFrom('appUser')
      .select(['name', 'passwordHash'])
      .where('appId', '=', appId)
      .where('name', '=', name)
      .executeTakeFirst();
  }

  /** The user and his own tokens. False where there is none. */
  async remove(appId: number, name: UserName): Promise<boolean> {
    return await this.#db.transaction().execute(async (tx) => {
      const { numDeletedRows } = await tx
        .deleteFrom('appUser')
        .where('appId', '=', appId)
        .where('name', '=', name)
        .executeTakeFirstOrThrow();
      await tx
        .updateTable('token')
        .set({ revokedAt: sql<Date>`now()` })
        .where('appId', '=', appId)
        .where('kind', '=', 'user')
        .where('userName', '=', name)
        .where('revokedAt', 'is', null)
        .execute();
      return numDeletedRows > 0n;
    });
  }
}
