import { createHash, timingSafeEqual } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { AppRecord, NewApp } from './rows.ts';
import type { Schema } from './schema.ts';

const DEFAULT_RETENTION_DAYS = 30;
const COLUMNS = ['id', 'uuid', 'org', 'name', 'clientId', 'retentionDays', 'usersMayCreate'] as const;

/** Equal lengths let the comparison take the same time whatever differs. */
const digest = (value: string | Uint8Array): Buffer => createHash('sha256').update(value).digest();

/** Tenants. */
export class Apps {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Whatever the case of the names. */
  find(org: string, name: string): Promise<AppRecord | undefined> {
    return this.#db
      .selectFrom('app')
      .select(COLUMNS)
      .where(sql`lower(org)`, '=', org.toLowerCase())
      .where(sql`lower(name)`, '=', name.toLowerCase())
      .executeTakeFirst();
  }

  findById(id: number): Promise<AppRecord | undefined> {
    return this.#db.selectFrom('app').select(COLUMNS).where('id', '=', id).executeTakeFirst();
  }

  /** All of them, by name. */
  list(): Promise<AppRecord[]> {
    return this.#db.selectFrom('app').select(COLUMNS).orderBy('org').orderBy('name').execute();
  }

  async count(): Promise<number> {
    const { apps } = await this.#db
      .selectFrom('app')
      .select((eb) => eb.fn.countAll<number>().as('apps'))
      .executeTakeFirstOrThrow();
    return Number(apps);
  }

  /** Throws StoreError 'exists' where the names are taken, in whatever case. */
  async create(app: NewApp): Promise<AppRecord> {
    return await this.#db.transaction().execute(async (tx) => {
      const created = await tx
        .insertInto('app')
        .values({ retentionDays: DEFAULT_RETENTION_DAYS, ...app })
        .returning(COLUMNS)
        .executeTakeFirstOrThrow();
      await tx.insertInto('appCounter').values({ appId: created.id }).execute();
      return created;
    });
  }

  /** How many recordings were ever listed, of all apps together. */
  async listedTotal(): Promise<number> {
    const { total } = await this.#db
      .selectFrom('appCounter')
      .select((eb) => eb.fn.sum('n').as('total'))
      .executeTakeFirstOrThrow();
    return Number(total);
  }

  /** Whether users create conferences with their own tokens; allowed unless this was said. */
  async allowUsersToCreate(appId: number, allowed: boolean): Promise<void> {
    await this.#db.updateTable('app').set({ usersMayCreate: allowed }).where('id', '=', appId).execute();
  }

  /** From then on the old secret is refused. The tokens that were got with it stay good until they expire or are revoked. */
  async replaceSecret(appId: number, clientSecretHash: Uint8Array): Promise<void> {
    await this.#db.updateTable('app').set({ clientSecretHash }).where('id', '=', appId).execute();
  }

  /** For files that are listed from then on: those that are listed already keep their time. */
  async setRetentionDays(appId: number, retentionDays: number): Promise<void> {
    await this.#db.updateTable('app').set({ retentionDays }).where('id', '=', appId).execute();
  }

  /** `secretHash` is the SHA-256 of the secret that was given. Compares in constant time. */
  async verifySecret(app: AppRecord, clientId: string, secretHash: Uint8Array): Promise<boolean> {
    const row = await this.#db
      .selectFrom('app')
      .select(['clientId', 'clientSecretHash'])
      .where('id', '=', app.id)
      .executeTakeFirst();
    if (row === undefined) return false;
    const sameId = timingSafeEqual(digest(clientId), digest(row.clientId));
    const sameSecret = timingSafeEqual(digest(secretHash), digest(row.clientSecretHash));
    return sameId && sameSecret;
  }
}
