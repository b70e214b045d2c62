/** What a refused call might leave behind: rows, files, open files, memory. */
import { readdirSync, readlinkSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import pg from 'pg';
import type { WebFixture } from '../api/web-fixture.ts';

export type Traces = { rows: Record<string, number>; files: string[]; openFiles: string[] };

const countRows = async ({ postgres }: WebFixture): Promise<Record<string, number>> => {
  const { connection } = postgres;
  if (connection.kind !== 'socket') throw new TypeError('fixture: must have the embedded PostgreSQL');
  const client = new pg.Client({ host: connection.directory, user: connection.user, database: connection.database });
  await client.connect();
  const { rows: tables } = await client.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'public'`,
  );
  const counts: [string, number][] = [];
  for (const { name } of tables) {
    const { rows } = await client.query<{ count: string }>(`select count(*) from "${name}"`);
    counts.push([name, Number(rows[0]?.count)]);
  }
  await client.end();
  return Object.fromEntries(counts.sort());
};

/** Of those within the data folder: sockets come and go with the calls themselves. Empty where there is no `/proc`. */
const openFilesIn = (folder: string): string[] => {
  try {
    return readdirSync('/proc/self/fd').flatMap((fd) => linkOf(fd, folder));
  } catch {
    return [];
  }
};

const linkOf = (fd: string, folder: string): string[] => {
  try {
    const path = readlinkSync(`/proc/self/fd/${fd}`);
    return path.startsWith(folder) ? [path] : [];
  } catch {
    return [];
  }
};

export const readTraces = async (fixture: WebFixture): Promise<Traces> => ({
  rows: await countRows(fixture),
  files: (await readdir(fixture.config.dataDir, { recursive: true })).sort(),
  openFiles: openFilesIn(fixture.config.dataDir),
});

let collect: (() => void) | undefined;

/** Bytes that are still held after all garbage is collected: what native code holds goes a turn after what held it. */
export const heldBytes = async (): Promise<number> => {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  for (let round = 0; round < 4; round += 1) {
    collect();
    await nextTurn();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};
