import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { UserName } from '@callreel/contract/ids.ts';
import { makePubStreamId } from '@callreel/contract/ids.ts';
import pg from 'pg';
import { startPostgres, type TestPostgres } from '../../../../tests/support/postgres.ts';
import { conferenceRow, createApp, createConference, ids, memberRow } from '../../../../tests/support/store-rows.ts';
import { postgresAddress } from './connect.ts';
import { openStore, type Store } from './store.ts';

let postgres: TestPostgres;
let store: Store;

before(async () => {
  postgres = await startPostgres();
  store = await openStore(postgres);
});

after(async () => {
  await store?.close();
  await postgres?.stop();
});

const minute = (minutes: number) => new Date(Date.UTC(2024, 0, 1, 10, minutes));

test('a conference comes back as it went in, to its own app alone', async () => {
  const [app, other] = [await createApp(store), await createApp(store)];
  const row = conferenceRow(app.id, {
    type: 'CONFR',
    password: 'p',
    recMerge: true,
    creator: 'user1' as UserName,
    settings: { useVCodes: ['H264', 'VP8'], snake_case: { maxTalkerCount: 9 } },
  });
  await store.conferences.insert(row);
  assert.deepEqual(await store.conferences.find(app.id, row.id), row);
  assert.equal(await store.conferences.find(other.id, row.id), undefined);
  await assert.rejects(store.conferences.insert(row), { reason: 'exists' });
});

test('the first begin and the first end count', async () => {
  const app = await createApp(store);
  const { id } = await createConference(store, app.id, { createdAt: minute(0) });
  await store.conferences.markBegan(id, minute(1));
  await store.conferences.markBegan(id, minute(2));
  await store.conferences.markEnded(id, minute(3));
  await store.conferences.markEnded(id, minute(4));
  const row = await store.conferences.find(app.id, id);
  assert.deepEqual([row?.beganAt, row?.endedAt], [minute(1), minute(3)]);
});

test('after a crash: open lists the conferences that had not ended, oldest first', async () => {
  const app = await createApp(store);
  const younger = await createConference(store, app.id, { createdAt: minute(2) });
  const older = await createConference(store, app.id, { createdAt: minute(1) });
  const ended = await createConference(store, app.id, { createdAt: minute(0) });
  await store.conferences.markEnded(ended.id, minute(5));
  const open = (await store.conferences.open()).filter((row) => row.appId === app.id);
  assert.deepEqual(open, [older, younger]);
});

test('members come in the order they joined, with when they left', async () => {
  const app = await createApp(store);
  const conference = await createConference(store, app.id);
  const second = memberRow(conference, 1, { joinedAt: minute(2) });
  const first = memberRow(conference, 2, { joinedAt: minute(1), role: 'admin' });
  await store.conferences.insertMember(second);
  await store.conferences.insertMember(first);
  await store.conferences.markLeft(first.id, minute(3));
  await store.conferences.markLeft(first.id, minute(4));
  assert.deepEqual(await store.conferences.members(conference.id), [{ ...first, leftAt: minute(3) }, second]);
});

test('the end of a member, or of what he publishes, waits for the end of the conference and holds nothing that it needs', async () => {
  const app = await createApp(store);
  const conference = await createConference(store, app.id);
  const member = memberRow(conference, 1);
  await store.conferences.insertMember(member);
  const id = makePubStreamId(ids, 10, member.id);
  const publication = { id, confrId: conference.id, memberId: member.id, kind: 'av' as const, startedAt: minute(1) };
  await store.conferences.insertPublication({ ...publication, endedAt: null });
  const client = new pg.Client(postgresAddress(postgres.connection));
  await client.connect();
  try {
    await client.query('begin');
    await client.query('select from conference where id = $1 for update', [conference.id]);
    const ends = [
      store.conferences.markLeft(member.id, minute(2)),
      store.conferences.markPublicationEnded(id, minute(2)),
    ];
    await waitingFor(client, ends.length);
    await client.query('select from member where id = $1 for update nowait', [member.id]);
    await client.query('select from publication where id = $1 for update nowait', [id]);
    await client.query('commit');
    await Promise.all(ends);
  } finally {
    await client.end();
  }
  assert.deepEqual((await store.conferences.members(conference.id))[0]?.leftAt, minute(2));
});

/** Resolves when so many statements wait for a lock of this client's. */
const waitingFor = async (client: pg.Client, count: number): Promise<void> => {
  while ((await client.query('select from pg_locks where not granted')).rowCount !== count);
};

test('a publication belongs to a member', async () => {
  const app = await createApp(store);
  const conference = await createConference(store, app.id);
  const member = memberRow(conference, 1);
  const publication = {
    id: makePubStreamId(ids, 10, member.id),
    confrId: conference.id,
    memberId: member.id,
    kind: 'av' as const,
    startedAt: minute(1),
    endedAt: null,
  };
  await assert.rejects(store.conferences.insertPublication(publication), { name: 'StoreError', reason: 'failed' });
  await store.conferences.insertMember(member);
  await store.conferences.insertPublication(publication);
  await assert.rejects(store.conferences.insertPublication(publication), { reason: 'exists' });
  await store.conferences.markPublicationEnded(publication.id, minute(2));
});
