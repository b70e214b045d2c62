import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lchownSync, readdirSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { createLogger } from '../log.ts';
import type { PostgresConnection } from '../postgres-connection.ts';
import { EmbeddedPostgres } from './embedded-postgres.ts';
import { hasCluster, openRunning } from './found-cluster.ts';

const isRoot = process.getuid?.() === 0;
const running: EmbeddedPostgres[] = [];
let template: string;
let home: string;

// A first start takes a second; most tests go on from a copy of what one has made.
before(async () => {
  template = await mkdtemp(join(tmpdir(), 'callreel-postgres-'));
  const postgres = await start(template);
  await postgres.stop();
});

after(() => rm(template, { recursive: true, force: true }));

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'callreel-postgres-'));
  await cp(template, join(home, 'postgres'), { recursive: true });
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((postgres) => postgres.stop()));
  await rm(home, { recursive: true, force: true });
});

const fail = (error: unknown): void => {
  throw error;
};

const start = async (directory = join(home, 'postgres'), waitForLockMs = 0): Promise<EmbeddedPostgres> => {
  const log = createLogger('silent');
  const postgres = await EmbeddedPostgres.start({ directory, log, onFailed: fail, durable: false, waitForLockMs });
  running.push(postgres);
  return postgres;
};

const query = async (connection: PostgresConnection, text: string): Promise<Record<string, unknown>[]> => {
  assert.equal(connection.kind, 'socket');
  assert.ok(connection.kind === 'socket');
  const { directory: host, user, database } = connection;
  const client = new pg.Client({ host, user, database });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
};

/** Resolves when the process is gone, or gone but for its parent's asking. */
const waitUntilGone = async (pid: number): Promise<void> => {
  for (;;) {
    const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
    if (status.slice(status.lastIndexOf(')') + 2).startsWith('Z')) return;
  }
};

test('what was written is there after a stop and a start', async () => {
  const first = await start();
  await query(first.connection, 'create table t as select 42 as n');
  await first.stop();
  const second = await start();
  assert.deepEqual(await query(second.connection, 'select n from t'), [{ n: 42 }]);
});

test('it is reached by a socket in a folder of mode 0700 and by no network, in UTF-8 and the C locale', async () => {
  const { connection } = await start();
  assert.ok(connection.kind === 'socket');
  assert.equal((await stat(connection.directory)).mode & 0o777, 0o700);
  assert.equal((await stat(template)).mode & 0o777, 0o700);
  const show = async (name: string) => Object.values((await query(connection, `show ${name}`))[0] ?? {})[0];
  assert.deepEqual(await show('listen_addresses'), '');
  assert.deepEqual(await show('server_encoding'), 'UTF8');
  assert.deepEqual(await query(connection, "select datcollate c from pg_database where datname = 'postgres'"), [
    { c: 'C' },
  ]);
});

test('a second service on the folder is refused, and the first goes on', async () => {
  const first = await start();
  await assert.rejects(start(), { name: 'EmbeddedPostgresError', reason: 'inUse', message: /in use by another/ });
  assert.deepEqual(await query(first.connection, 'select 1 as n'), [{ n: 1 }]);
  await first.stop();
  await start();
});

test('one that waits for the folder starts when it is let go of', async () => {
  const first = await start();
  const waiting = start(join(home, 'postgres'), 300_000);
  await query(first.connection, 'create table t as select 42 as n');
  await first.stop();
  assert.deepEqual(await query((await waiting).connection, 'select n from t'), [{ n: 42 }]);
});

test('a cluster is seen and reached from elsewhere', async () => {
  assert.equal(await hasCluster(join(home, 'postgres')), true);
  assert.equal(await hasCluster(join(home, 'none')), false);
  await start();
  const running = openRunning(join(home, 'postgres'));
  assert.deepEqual(await query(running.connection, 'select 1 as n'), [{ n: 1 }]);
  running.close();
});

test('the service is killed: the PostgreSQL it leaves is stopped by the next start, and nothing is lost', async () => {
  const owner = spawn(
    process.execPath,
    [fileURLToPath(import.meta.resolve('../fixtures/postgres-owner.ts')), join(home, 'postgres')],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [line] = (await once(createInterface({ input: owner.stdout }), 'line')) as [string];
  const pid = Number(line);
  await assert.rejects(start(), { reason: 'inUse' });
  const connection = {
    kind: 'socket',
    directory: join(home, 'postgres/cluster'),
    user: 'callreel',
    database: 'postgres',
  } as const;
  await query(connection, 'create table t as select 42 as n');
  owner.kill('SIGKILL');
  await once(owner, 'exit');
  process.kill(pid, 0);
  const next = await start();
  await waitUntilGone(pid);
  assert.notEqual(next.pid, pid);
  assert.deepEqual(await query(next.connection, 'select n from t'), [{ n: 42 }]);
});

test('the PostgreSQL is killed: it is started again', async () => {
  const postgres = await start();
  const killed = postgres.pid ?? 0;
  await query(postgres.connection, 'create table t as select 42 as n');
  process.kill(killed, 'SIGKILL');
  let up = false;
  while (!up) up = await query(postgres.connection, 'select 1').then(Boolean, () => false);
  assert.deepEqual(await query(postgres.connection, 'select n from t'), [{ n: 42 }]);
  assert.notEqual(postgres.pid, killed);
});

test('stopped while it is being started again, it stays stopped', async () => {
  const postgres = await start();
  process.kill(postgres.pid ?? 0, 'SIGKILL');
  await postgres.stop();
  await assert.rejects(query(postgres.connection, 'select 1'));
});

test('a pid file that names another program by now is no hindrance', async () => {
  const first = await start();
  await first.stop();
  const pidFile = join(home, 'postgres/cluster/postmaster.pid');
  await writeFile(pidFile, `${process.pid}\n${join(home, 'postgres/cluster')}\n1\n5432\n.\n\n\nready\n`);
  await start();
});

test('a first start that was cut off leaves nothing half made', async () => {
  await mkdir(join(home, 'fresh/cluster.new/base'), { recursive: true });
  await writeFile(join(home, 'fresh/cluster.new/PG_VERSION'), '18\n');
  const postgres = await start(join(home, 'fresh'));
  assert.deepEqual(await query(postgres.connection, 'select 1 as n'), [{ n: 1 }]);
});

test('a database of another version is refused, and left as it is', async () => {
  const cluster = join(home, 'old/cluster');
  await mkdir(cluster, { recursive: true });
  await writeFile(join(cluster, 'PG_VERSION'), '9.6\n');
  await assert.rejects(start(join(home, 'old')), { reason: 'otherVersion', message: /made by PostgreSQL 9\.6/ });
  assert.deepEqual(readdirSync(cluster), ['PG_VERSION']);
});

test('a path longer than a socket may have is no hindrance', { skip: process.platform !== 'linux' }, async () => {
  const directory = join(home, 'a'.repeat(100), 'b'.repeat(100));
  await cp(template, directory, { recursive: true });
  const postgres = await start(directory);
  assert.deepEqual(await query(postgres.connection, 'select 1 as n'), [{ n: 1 }]);
});

test('as root: it runs as another user, in a data folder that this user may not enter', { skip: !isRoot }, async () => {
  await mkdir(join(home, 'root'), { mode: 0o700 });
  const postgres = await start(join(home, 'root/data/postgres'));
  assert.notEqual((await stat(`/proc/${postgres.pid}`)).uid, 0);
  assert.equal((await stat(join(home, 'root'))).mode & 0o777, 0o700);
  assert.deepEqual(await query(postgres.connection, 'select count(*) > 0 as n from pg_timezone_names'), [{ n: true }]);
});

test('as root: a backup that was restored as root is taken over', { skip: !isRoot }, async () => {
  const first = await start();
  await query(first.connection, 'create table t as select 42 as n');
  await first.stop();
  const cluster = join(home, 'postgres/cluster');
  for (const entry of ['', ...readdirSync(cluster, { recursive: true, encoding: 'utf8' })]) {
    lchownSync(join(cluster, entry), 0, 0);
  }
  const second = await start();
  assert.deepEqual(await query(second.connection, 'select n from t'), [{ n: 42 }]);
});

test('a folder that cannot be written is told', { skip: isRoot }, async () => {
  await rm(join(home, 'postgres/lock'));
  await chmod(join(home, 'postgres'), 0o500);
  await assert.rejects(start(), { name: 'DirectoryLockError', reason: 'impossible' });
  await chmod(join(home, 'postgres'), 0o700);
});
