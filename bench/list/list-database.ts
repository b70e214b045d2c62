/** A database of recordings for the benchmark: what the service asks of it, as the service asks, and how PostgreSQL went about it. */
import type { Logger } from '@callreel/server/base/log.ts';
import type { PostgresConnection } from '@callreel/server/base/postgres-connection.ts';
import { Recordings } from '@callreel/server/store/recordings.ts';
import type { Schema } from '@callreel/server/store/schema.ts';
import { openStore, type Store } from '@callreel/server/store/store.ts';
import { CamelCasePlugin, Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';

type Socket = Extract<PostgresConnection, { kind: 'socket' }>;
type Statement = { sql: string; parameters: readonly unknown[] };
type PlanNode = {
  'Node Type': string;
  'Index Name'?: string;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: PlanNode[];
};

export type Explained = { buffers: number; index: string };

const indexesIn = (node: PlanNode): string[] => [
  ...(node['Index Name'] === undefined ? [] : [node['Index Name']]),
  ...(node.Plans ?? []).flatMap(indexesIn),
];

export class ListDatabase {
  readonly store: Store;
  /** The service's own queries. */
  readonly recordings: Recordings;
  readonly #pool: pg.Pool;
  readonly #db: Kysely<Schema>;
  #last: Statement = { sql: '', parameters: [] };

  private constructor(store: Store, connection: Socket) {
    this.store = store;
    const { directory, user, database } = connection;
    this.#pool = new pg.Pool({ host: directory, user, database, max: 1 });
    // Of a connection that is told of the server's stop while it goes; without a listener the event would end the process.
    this.#pool.on('error', () => {});
    this.#db = new Kysely<Schema>({
      dialect: new PostgresDialect({ pool: this.#pool }),
      plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
      log: ({ query }) => {
        this.#last = query;
      },
    });
    this.recordings = new Recordings(this.#db);
  }

  /** In the cluster behind `connection`, under this name; made anew. */
  static async create(connection: PostgresConnection, log: Logger, name: string): Promise<ListDatabase> {
    if (connection.kind !== 'socket') throw new TypeError('connection: must be that of the embedded PostgreSQL');
    const { directory, user, database } = connection;
    const client = new pg.Client({ host: directory, user, database });
    await client.connect();
    await client.query(`create database ${name}`);
    await client.end();
    const own = { ...connection, database: name };
    return new ListDatabase(await openStore({ connection: own, log }), own);
  }

  async run<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.#pool.query<Row>(text, [...values])).rows;
  }

  /** What `ask` makes the store ask: the pages that PostgreSQL looked at, and through which index. `ask` makes one statement. */
  async explain(ask: () => Promise<unknown>): Promise<Explained> {
    await ask();
    const { sql, parameters } = this.#last;
    const [row] = await this.run<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
      `explain (analyze, buffers, format json) ${sql}`,
      parameters,
    );
    const plan = row?.['QUERY PLAN'][0]?.Plan;
    if (plan === undefined) throw new TypeError('explain: PostgreSQL gave no plan');
    const buffers = plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
    return { buffers, index: [...new Set(indexesIn(plan))].join(', ') };
  }

  async close(): Promise<void> {
    await this.#db.destroy();
    await this.store.close();
  }
}
