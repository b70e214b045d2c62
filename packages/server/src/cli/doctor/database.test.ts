import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { startPostgres, type TestPostgres } from '../../../../../tests/support/postgres.ts';
import { readConfig } from '../../base/config.ts';
import { migrate } from '../../store/migrate.ts';
import { checkDatabase } from './database.ts';
import type { Seen } from './finding.ts';

let postgres: TestPostgres;
let url: string;
let client: pg.Client;

before(async () => {
  postgres = await startPostgres();
  assert.ok(postgres.connection.kind === 'socket');
  const { directory, user, database } = postgres.connection;
  url = `postgres://${user}@${encodeURIComponent(directory)}/${database}`;
  client = new pg.Client({ host: directory, user, database });
  await client.connect();
});

after(async () => {
  await client?.end();
  await postgres?.stop();
});

const check = (databaseUrl = url): Promise<Seen[]> =>
  checkDatabase({ config: readConfig({ DATABASE_URL: databaseUrl }), servicePid: undefined });

const textsOf = (seen: readonly Seen[], level: Seen['level']): string[] =>
  seen.filter((one) => one.level === level).map(({ text }) => text);

test('tables that are missing are a warning, and are not made; then all is well', async () => {
  assert.match(textsOf(await check(), 'warning')[0] ?? '', /its tables lack 0001-first-tables/);
  assert.match(textsOf(await check(), 'warning')[0] ?? '', /its tables lack 0001-first-tables/);
  await migrate(postgres);
  const seen = await check();
  assert.deepEqual([...textsOf(seen, 'warning'), ...textsOf(seen, 'problem')], []);
});

test('tables of a newer version', async () => {
  await client.query("insert into kysely_migration values ('9999-later', now())");
  assert.match(textsOf(await check(), 'problem')[0] ?? '', /of a newer version \(9999-later\)/);
  await client.query("delete from kysely_migration where name = '9999-later'");
});

test('a clock that was set back after files were listed', async () => {
  await client.query(
    "insert into app (org, name, client_id, client_secret_hash, retention_days) values ('o','a','','',1)",
  );
  await client.query("insert into app_counter (app_id, last_time) select id, now() + interval '1 day' from app");
  assert.match(textsOf(await check(), 'warning')[0] ?? '', /still to come/);
});

test('a removal of expired files that has stopped, until a person confirms', async () => {
  await client.query("insert into retention_alarm (kind, detail, raised_at) values ('clock', 'it leapt', now())");
  assert.match(textsOf(await check(), 'problem')[0] ?? '', /expired files are not removed: it leapt/);
  await client.query('update retention_alarm set confirmed_at = now()');
  assert.deepEqual(textsOf(await check(), 'problem'), []);
});

test('a user who may not make schemas, and text that is kept as something else', async () => {
  await client.query('create role small login');
  await client.query('grant select on all tables in schema public to small');
  const smaller = url.replace('callreel@', 'small@');
  assert.match(textsOf(await check(smaller), 'warning').join(), /may not make schemas/);
  await client.query("create database latin encoding 'LATIN1' template template0 locale 'C'");
  assert.match(textsOf(await check(url.replace(/\/\w+$/, '/latin')), 'problem').join(), /keeps text as LATIN1/);
});

test('a server that is not there: the password is in no text', async () => {
  const seen = await check('postgres://user:hidden@127.0.0.1:1/db');
  assert.match(textsOf(seen, 'problem')[0] ?? '', /ECONNREFUSED/);
  assert.equal(JSON.stringify(seen).includes('hidden'), false);
});
