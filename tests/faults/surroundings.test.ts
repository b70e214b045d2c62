import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Service } from '@callreel/synthetic/service.ts';
import { cleanupsOf } from '../support/cleanups.ts';
import { startPostgres } from '../support/postgres.ts';
import { ALICE, childrenOf, joinAs, mediaOf, publishAs, sentUpTo } from '../support/recorded-call.ts';
import { createCall, startTestService, waitForRecordings } from '../support/service.ts';

/** No app is named: the first start makes one. */
const WITHOUT_BOOTSTRAP = { CALLREEL_BOOTSTRAP: '' };

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'callreel-surroundings-'));
});

after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

test('the port is taken at the first start: that is said, and the credentials are shown by the next one', async (t) => {
  const cleanups = cleanupsOf(t);
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  cleanups.add(async () => other.close());
  const address = other.address();
  assert.ok(address !== null && typeof address === 'object');
  const dataDir = join(folder, 'first-start');
  const refused = Service.start({ dataDir, settings: { ...WITHOUT_BOOTSTRAP, CALLREEL_PORT: String(address.port) } });
  await assert.rejects(refused, /another program has this port/);
  const service = await Service.start({ dataDir, settings: WITHOUT_BOOTSTRAP });
  cleanups.add(() => service.stop());
  assert.match(service.output, /client_secret {2}\S+/);
});

test('a second service on the same database is refused, and the first goes on', async (t) => {
  const cleanups = cleanupsOf(t);
  const postgres = await startPostgres();
  cleanups.add(() => postgres.stop());
  assert.ok(postgres.connection.kind === 'socket');
  const { directory, user, database } = postgres.connection;
  const settings = { DATABASE_URL: `postgres://${user}@${encodeURIComponent(directory)}/${database}` };
  const first = await startTestService({ settings });
  cleanups.add(() => first.service.stop());
  await assert.rejects(Service.start({ settings }), /another running Callreel uses this database/);
  assert.match(await createCall(first.api), /^IM_X/);
});

test('a media process that hangs is killed: its recording is listed, and leaving works', async (t) => {
  const cleanups = cleanupsOf(t);
  const { service, api } = await startTestService();
  cleanups.add(() => service.stop());
  const confrId = await createCall(api);
  const media = await mediaOf(ALICE, { durationMs: 30_000, videoCodec: 'VP8' });
  const caller = await publishAs(await joinAs(api, confrId, 'alice'), media, { canVanish: true });
  cleanups.add(async () => caller.vanish());
  await sentUpTo(caller, 2000);
  const [mediaProcess] = await childrenOf(service.pid, 'sfu/worker.ts');
  assert.ok(mediaProcess);
  process.kill(mediaProcess, 'SIGSTOP');
  const [recording] = await waitForRecordings(api, confrId, (listed) => listed.length === 1, 60_000);
  assert.ok(recording);
  await api.endConference(confrId);
});

test('told to stop while it still starts: it stops, and leaves no PostgreSQL behind', async () => {
  const dataDir = join(folder, 'stopped-early');
  const starting = Service.start({ dataDir }).catch((error: unknown) => error);
  const cluster = join(dataDir, 'postgres', 'cluster', 'postmaster.pid');
  while (!existsSync(cluster)) await new Promise((resolve) => setTimeout(resolve, 5));
  for (const pid of await childrenOf(process.pid, 'server/src/main.ts')) process.kill(pid, 'SIGTERM');
  const started = await starting;
  if (started instanceof Service) await started.exited;
  assert.equal(existsSync(cluster), false, 'PostgreSQL removes its pid file when it stops');
});
