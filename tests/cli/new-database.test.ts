/** Commands before the first start. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { callreel, startCallreel } from '../support/callreel.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';

let home: string;
let postgres: TestPostgres;

before(async () => {
  home = await mkdtemp(join(tmpdir(), 'callreel-cli-'));
  postgres = await startPostgres();
});

after(async () => {
  await postgres?.stop();
  await rm(home, { recursive: true, force: true });
});

test('the doctor makes nothing; the first app makes the data folder, for its owner alone', async () => {
  const dataDir = join(home, 'data');
  const settings = { CALLREEL_DATA_DIR: dataDir, CALLREEL_PORT: '0', CALLREEL_RTC_PORT: '0' };
  const examined = await callreel(['doctor'], { settings });
  assert.equal(examined.code, 0, examined.stdout);
  assert.match(examined.stdout, /no database yet/);
  assert.deepEqual(await readdir(home), []);
  assert.equal((await callreel(['app', 'create', 'acme/calls'], { settings })).code, 0);
  assert.equal((await stat(dataDir)).mode & 0o777, 0o700);
  const listed = await callreel(['app', 'list'], { settings });
  assert.match(listed.stdout, /^app +client_id +days +application\nacme\/calls /);
});

/** Stands in for a Node that cannot become another program, as those before 22.15 cannot. */
const WITHOUT_EXECVE = ['--import', 'data:text/javascript,delete process.execve'];

test('started by an older Node, the service goes on in its own, and stops when that is told to', async () => {
  const settings = { CALLREEL_DATA_DIR: join(home, 'data'), CALLREEL_PORT: '0', CALLREEL_RTC_PORT: '0' };
  const child = startCallreel(['serve'], { settings, nodeArgs: WITHOUT_EXECVE });
  const closed = once(child, 'close');
  let output = '';
  let told = false;
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    output += chunk;
    if (told || !/^Callreel is ready at/m.test(output)) continue;
    told = true;
    child.kill('SIGTERM');
  }
  assert.deepEqual(await closed, [0, null], output);
  const wrong = await callreel(['app', 'list', 'now'], { nodeArgs: WITHOUT_EXECVE });
  assert.equal(wrong.code, 2);
});

test('a PostgreSQL of your own: tables are made by migrate, and once', async () => {
  assert.ok(postgres.connection.kind === 'socket');
  const { directory, user, database } = postgres.connection;
  const settings = { DATABASE_URL: `postgres://${user}@${encodeURIComponent(directory)}/${database}` };
  const first = await callreel(['migrate'], { settings });
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /^ran 0001-first-tables\n/);
  assert.equal((await callreel(['migrate'], { settings })).stdout, 'The tables are up to date.\n');
  assert.equal((await callreel(['app', 'create', 'acme/calls'], { settings })).code, 0);
  assert.equal((await callreel(['app', 'create', 'acme/calls'], { settings })).code, 4);
});

test('a PostgreSQL that is not there is told, without its password', async () => {
  const settings = { DATABASE_URL: 'postgres://user:hidden@127.0.0.1:1/calls' };
  const { code, stdout, stderr } = await callreel(['app', 'list'], { settings });
  assert.equal(code, 1);
  assert.match(stderr, /the database cannot be reached/);
  assert.doesNotMatch(stdout + stderr, /hidden/);
});
