import { randomBytes } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { LinkKey } from './rows.ts';
import type { Schema } from './schema.ts';
import { StoreError } from './store-error.ts';

/** Any number that no other part of the service locks by. */
const LINK_KEY_LOCK = 7_211_904;
const ID_BYTES = 4;
const KEY_BYTES = 32;

/** The keys that sign download links. The newest signs; older ones still verify until they are retired. */
export class LinkKeys {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Makes the first one, where there is none. Several may ask at once. */
  async ensureOne(): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      await sql`select pg_advisory_xact_lock(${LINK_KEY_LOCK}::bigint)`.execute(tx);
      const found = await tx.selectFrom('linkKey').select('id').where('retiredAt', 'is', null).limit(1).execute();
      if (found.length > 0) return;
      const id = randomBytes(ID_BYTES).toString('hex');
      await tx
        .insertInto('linkKey')
        .values({ id, key: randomBytes(KEY_BYTES), retiredAt: null })
        .execute();
    });
  }

  /** The one to sign with. */
  async current(): Promise<LinkKey> {
    const newest = await this.#alive().orderBy('createdAt', 'desc').orderBy('id').limit(1).executeTakeFirst();
    if (newest === undefined) throw StoreError.missing('link key');
    return newest;
  }

  /** The one to verify with; undefined for a retired one too. */
  find(id: string): Promise<LinkKey | undefined> {
    return this.#alive().where('id', '=', id).executeTakeFirst();
  }

  #alive() {
    return this.#db.selectFrom('linkKey').select(['id', 'key']).where('retiredAt', 'is', null);
  }
}
