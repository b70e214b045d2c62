import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { startPostgres, type TestPostgres } from '../../../../tests/support/postgres.ts';
import { createApp, createConference, newRecording } from '../../../../tests/support/store-rows.ts';
import { connect } from './connect.ts';
import { openStore, type Store } from './store.ts';

let postgres: TestPostgres;

before(async () => {
  postgres = await startPostgres();
});

after(() => postgres?.stop());

const openDatabase = (statementTimeoutMs = 0) => connect({ ...postgres, maxConnections: 1, statementTimeoutMs });

test('nodes that start at once on an empty database: each comes up, the tables and the link key are made once', async () => {
  const stores = await Promise.all(Array.from({ length: 4 }, () => openStore(postgres)));
  const keys = await Promise.all(stores.map((store) => store.linkKeys.current()));
  assert.equal(new Set(keys.map((key) => key.id)).size, 1);
  assert.equal(keys[0]?.key.length, 32);
  await Promise.all(stores.map((store) => store.close()));
});

test('a second start finds what the first one left', async () => {
  const first = await openStore(postgres);
  const app = await createApp(first);
  const key = await first.linkKeys.current();
  await first.close();
  const second = await openStore(postgres);
  assert.deepEqual(await second.apps.find(app.org, app.name), app);
  assert.deepEqual(await second.linkKeys.current(), key);
  await second.close();
});

test('tables of a newer version are refused', async () => {
  const db = openDatabase();
  const newer = '9999-of-a-newer-version';
  await sql`insert into kysely_migration values (${newer}, ${new Date().toISOString()})`.execute(db);
  await assert.rejects(openStore(postgres), { name: 'StoreError', reason: 'migration', message: new RegExp(newer) });
  await sql`delete from kysely_migration where name = ${newer}`.execute(db);
  await db.destroy();
});

test('link keys: the newest signs, older ones verify, retired and unknown ones do not', async () => {
  const store = await openStore(postgres);
  const db = openDatabase();
  const old = await store.linkKeys.current();
  await db
    .insertInto('linkKey')
    .values({ id: 'next', key: new Uint8Array(32), retiredAt: null })
    .execute();
  assert.equal((await store.linkKeys.current()).id, 'next');
  assert.deepEqual(await store.linkKeys.find(old.id), old);
  await db.updateTable('linkKey').set({ retiredAt: new Date() }).where('id', '=', old.id).execute();
  assert.equal(await store.linkKeys.find(old.id), undefined);
  assert.equal(await store.linkKeys.find('unknown'), undefined);
  await db.destroy();
  await store.close();
});

test('link keys are rotated: a new one signs, the one before verifies, older ones do not; the clock has no say in it', async () => {
  const store = await openStore(postgres);
  const db = openDatabase();
  await db
    .updateTable('linkKey')
    .set({ createdAt: new Date(Date.now() + 3_600_000) })
    .execute();
  const first = await store.linkKeys.current();
  const second = await store.linkKeys.rotate();
  assert.equal(second.previousId, first.id);
  const current = await store.linkKeys.current();
  assert.deepEqual([current.id, current.key.length], [second.id, 32]);
  assert.deepEqual(await store.linkKeys.find(first.id), first);
  const [third, fourth] = await Promise.all([store.linkKeys.rotate(), store.linkKeys.rotate()]);
  assert.equal((await store.linkKeys.current()).id, third.previousId === fourth.id ? third.id : fourth.id);
  assert.equal(await store.linkKeys.find(second.id), undefined);
  for (const { id } of [third, fourth]) assert.equal((await store.linkKeys.find(id))?.id, id);
  await db.destroy();
  await store.close();
});

test('a statement over its limit is stopped', async () => {
  const db = openDatabase(30);
  await assert.rejects(sql`select pg_sleep(60)`.execute(db), { name: 'StoreError', reason: 'timeout' });
  await db.destroy();
});

test('a database that is not there: an error that says so', async () => {
  const connection = { kind: 'socket', directory: '/nonexistent', user: 'callreel', database: 'postgres' } as const;
  await assert.rejects(openStore({ connection, log: postgres.log }), { name: 'StoreError', reason: 'unavailable' });
});

const waitForHealth = async (store: Store): Promise<void> => {
  while (!(await store.health()));
};

// Takes as long as a caller may wait for a connection: 5 seconds.
test('all connections are held up by another: who finds none is told so, nothing is lost, and it works on when they are free', async () => {
  const store = await openStore({ ...postgres, maxConnections: 2 });
  const app = await createApp(store);
  const conference = await createConference(store, app.id);
  const held = Promise.withResolvers<void>();
  const locked = Promise.withResolvers<void>();
  const db = openDatabase();
  const holder = db.transaction().execute(async (tx) => {
    await tx.selectFrom('appCounter').select('n').where('appId', '=', app.id).forUpdate().execute();
    locked.resolve();
    await held.promise;
  });
  await locked.promise;
  const recordings = [newRecording(conference), newRecording(conference)];
  const listings = recordings.map((recording) => store.recordings.list(recording));
  await assert.rejects(store.apps.findById(app.id), { name: 'StoreError', reason: 'unavailable' });
  assert.equal(await store.health(), false);
  held.resolve();
  await holder;
  const listed = await Promise.all(listings);
  assert.deepEqual(listed.map((each) => each !== 'duplicate' && each.id).sort(), [1, 2]);
  assert.equal(await store.health(), true);
  await db.destroy();
  await store.close();
});

test('the database dies under a statement: that one fails, the service lives on and works when it is back', async () => {
  const store = await openStore(postgres);
  const db = openDatabase();
  assert.equal(await store.health(), true);
  await sql`select 1`.execute(db);
  const running = sql`select pg_sleep(60)`.execute(db);
  const failed = assert.rejects(running, { name: 'StoreError', reason: 'unavailable' });
  process.kill(postgres.server.pid ?? 0, 'SIGKILL');
  await failed;
  await waitForHealth(store);
  await db.destroy();
  await store.close();
});
