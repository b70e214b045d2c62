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

  /** The user and his tokens, those of his memberships too. False where there is no such user. */
  async remove(appId: number, name: UserName): Promise<boolean> {
    return await this.#db.transaction().execute(async (tx) => {
      const { numDeletedRows } = await tx
        .deleteFrom('appUser')
        .where('appId', '=', appId)
        .where('name', '=', name)
        .executeTakeFirstOrThrow();
      if (numDeletedRows === 0n) return false;
      // One kind after the other: the second statement sees what was got with the first kind until a moment ago.
      for (const kind of ['user', 'member'] as const) {
        await tx
          .updateTable('token')
          .set({ revokedAt: sql<Date>`now()` })
          .where('appId', '=', appId)
          .where('kind', '=', kind)
          .where('userName', '=', name)
          .where('revokedAt', 'is', null)
          .execute();
      }
      return true;
    });
  }
}
