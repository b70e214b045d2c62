import { randomBytes } from 'node:crypto';
import { type Kysely, sql, type Transaction } from 'kysely';
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
    await this.#inTurn(async (tx) => {
      const found = await alive(tx).limit(1).execute();
      if (found.length === 0) await tx.insertInto('linkKey').values(makeKey()).execute();
    });
  }

  /** Signs with a new key from now on, in every process. The one before still verifies; those before it are retired, and their links with them. */
  async rotate(): Promise<{ id: string; previousId: string | undefined; retired: number }> {
    return await this.#inTurn(async (tx) => {
      const previous = await newestFirst(alive(tx)).limit(1).executeTakeFirst();
      const { id, ...made } = makeKey();
      // Newer than the one before, also where the clock was put back since.
      const createdAt = sql<Date>`greatest(clock_timestamp(), (select max(created_at) from link_key) + interval '1 ms')`;
      await tx
        .insertInto('linkKey')
        .values({ id, ...made, createdAt })
        .execute();
      const kept = previous === undefined ? [id] : [id, previous.id];
      const { numUpdatedRows } = await tx
        .updateTable('linkKey')
        .set({ retiredAt: new Date() })
        .where('retiredAt', 'is', null)
        .where('id', 'not in', kept)
        .executeTakeFirst();
      return { id, previousId: previous?.id, retired: Number(numUpdatedRows) };
    });
  }

  /** The one to sign with. */
  async current(): Promise<LinkKey> {
    const newest = await newestFirst(alive(this.#db)).limit(1).executeTakeFirst();
    if (newest === undefined) throw StoreError.missing('link key');
    return newest;
  }

  /** The one to verify with; undefined for a retired one too. */
  find(id: string): Promise<LinkKey | undefined> {
    return alive(this.#db).where('id', '=', id).executeTakeFirst();
  }

  /** One at a time, on all nodes. */
  #inTurn<Result>(work: (tx: Transaction<Schema>) => Promise<Result>): Promise<Result> {
    return this.#db.transaction().execute(async (tx) => {
      await sql`select pg_advisory_xact_lock(${LINK_KEY_LOCK}::bigint)`.execute(tx);
      return await work(tx);
    });
  }
}

const makeKey = () => ({ id: randomBytes(ID_BYTES).toString('hex'), key: randomBytes(KEY_BYTES), retiredAt: null });

const alive = (db: Kysely<Schema>) => db.selectFrom('linkKey').select(['id', 'key']).where('retiredAt', 'is', null);

const newestFirst = (keys: ReturnType<typeof alive>) => keys.orderBy('createdAt', 'desc').orderBy('id');
