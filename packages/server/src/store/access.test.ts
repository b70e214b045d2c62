/** Apps, users and tokens. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { UserName } from '@callreel/contract/ids.ts';
import { startPostgres, type TestPostgres } from '../../../../tests/support/postgres.ts';
import { createApp, createConference, memberRow } from '../../../../tests/support/store-rows.ts';
import type { TokenRecord, TokenSubject } from './rows.ts';
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

const user = 'user1' as UserName;
const sha256 = (text: string) => createHash('sha256').update(text).digest();

test('an app is found whatever the case, keeps its names as given, and bars the same names in another case', async () => {
  const app = { org: 'Acme', name: 'Calls', clientId: 'id', clientSecretHash: sha256('secret'), retentionDays: 3 };
  const created = await store.apps.create(app);
  assert.deepEqual([created.org, created.name, created.retentionDays], ['Acme', 'Calls', 3]);
  assert.match(created.uuid, /^[0-9a-f-]{36}$/);
  assert.deepEqual(await store.apps.find('aCME', 'cALLS'), created);
  assert.equal(await store.apps.find('acme', 'other'), undefined);
  await assert.rejects(store.apps.create({ ...app, org: 'ACME', name: 'CALLS' }), { reason: 'exists' });
});

test('an app keeps files 30 days unless told otherwise', async () => {
  const app = await store.apps.create({ org: 'o', name: 'n', clientId: 'id', clientSecretHash: sha256('secret') });
  assert.equal(app.retentionDays, 30);
});

test('a client secret is right only with its own id and for its own app', async () => {
  const app = await store.apps.create({ org: 'o', name: 'secret', clientId: 'id', clientSecretHash: sha256('secret') });
  const other = await createApp(store);
  const verify = store.apps.verifySecret.bind(store.apps);
  assert.equal(await verify(app, 'id', sha256('secret')), true);
  assert.equal(await verify(app, 'id', sha256('wrong')), false);
  assert.equal(await verify(app, 'wrong', sha256('secret')), false);
  assert.equal(await verify(app, 'id', new Uint8Array()), false);
  assert.equal(await verify(other, 'id', sha256('secret')), false);
  assert.equal(await verify({ ...app, id: 1_000_000 }, 'id', sha256('secret')), false);
});

test('users: made once an app, found, removed once', async () => {
  const [app, other] = [await createApp(store), await createApp(store)];
  await store.users.create(app.id, user, 'hash');
  await assert.rejects(store.users.create(app.id, user, 'hash'), { reason: 'exists' });
  await store.users.create(other.id, user, 'other hash');
  assert.deepEqual(await store.users.find(app.id, user), { name: user, passwordHash: 'hash' });
  assert.equal(await store.users.remove(app.id, user), true);
  assert.equal(await store.users.remove(app.id, user), false);
  assert.equal(await store.users.find(app.id, user), undefined);
  assert.equal((await store.users.find(other.id, user))?.passwordHash, 'other hash');
});

const insertToken = async (appId: number, subject: TokenSubject, expiresAt: Date | null = null) => {
  const hash = randomBytes(32);
  const record: TokenRecord = { appId, subject, expiresAt, revokedAt: null };
  await store.tokens.insert(hash, record);
  return { hash, record };
};

test('tokens of each kind come back as they went in, until they are revoked', async () => {
  const app = await createApp(store);
  const member = memberRow(await createConference(store, app.id), 1);
  const subjects: TokenSubject[] = [
    { kind: 'app' },
    { kind: 'user', userName: user },
    { kind: 'member', userName: user, confrId: member.confrId, memberId: member.id },
  ];
  for (const subject of subjects) {
    const { hash, record } = await insertToken(app.id, subject, new Date('2030-01-01T00:00:00.5Z'));
    assert.deepEqual(await store.tokens.find(hash), record);
    assert.equal(await store.tokens.revoke(hash), true);
    const revokedAt = (await store.tokens.find(hash))?.revokedAt;
    assert.ok(revokedAt instanceof Date);
    assert.equal(await store.tokens.revoke(hash), true);
    assert.deepEqual((await store.tokens.find(hash))?.revokedAt, revokedAt);
  }
});

test('a token that was never made is not found and not revoked', async () => {
  assert.equal(await store.tokens.find(randomBytes(32)), undefined);
  assert.equal(await store.tokens.revoke(randomBytes(32)), false);
});

test('revoking a member’s tokens leaves other members’ alone', async () => {
  const app = await createApp(store);
  const conference = await createConference(store, app.id);
  const [first, second] = [memberRow(conference, 1), memberRow(conference, 2)];
  const tokens = [first, first, second].map(({ userName, confrId, id }) =>
    insertToken(app.id, { kind: 'member', userName, confrId, memberId: id }),
  );
  const hashes = (await Promise.all(tokens)).map((token) => token.hash);
  await store.tokens.revokeMember(first.id);
  const found = await Promise.all(hashes.map((hash) => store.tokens.find(hash)));
  assert.deepEqual(
    found.map((token) => token?.revokedAt !== null),
    [true, true, false],
  );
});

test('a removed user’s tokens die with him', async () => {
  const app = await createApp(store);
  await store.users.create(app.id, user, 'hash');
  const { hash } = await insertToken(app.id, { kind: 'user', userName: user });
  await store.users.remove(app.id, user);
  assert.notEqual((await store.tokens.find(hash))?.revokedAt, null);
});
