import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TokenView } from '@callreel/contract/token.ts';
import { type Answer, type TestApp, WebFixture } from './web-fixture.ts';

let fixture: WebFixture;
let app: TestApp;
let base: string;

before(async () => {
  fixture = await WebFixture.start();
  app = await fixture.createApp();
  base = `/${app.org}/${app.name}`;
});
after(() => fixture?.stop());

const askFor = (json: Record<string, unknown>): Promise<Answer> =>
  fixture.call(`${base}/token`, { method: 'POST', json });

const appGrant = (): Record<string, unknown> => ({
  grant_type: 'client_credentials',
  client_id: app.clientId,
  client_secret: app.clientSecret,
});

const worksFor = async (token: string): Promise<number> =>
  (await fixture.call(`${base}/audio/IM_X1C1`, { token })).status;

const makeUser = (username: string, password = 'secret'): Promise<Answer> =>
  fixture.call(`${base}/users`, { method: 'POST', token: app.token, json: { username, password } });

test("an app's credentials give a token that works, for sixty days unless said otherwise", async () => {
  for (const [ttl, expiresIn] of [
    [undefined, 5_184_000],
    [1024000, 1024000],
    ['1024000', 1024000],
    [0, 0],
    ['0', 0],
  ] as const) {
    const answer = await askFor({ ...appGrant(), ...(ttl === undefined ? {} : { ttl }) });
    const view = answer.json<TokenView>();
    assert.equal(answer.status, 200);
    assert.match(view.access_token, /^YWMt[\w-]{43}$/);
    assert.equal(view.expires_in, expiresIn);
    assert.equal(view.application, app.uuid);
    assert.equal(await worksFor(view.access_token), 200);
  }
});

test('wrong credentials are told apart from a wrong call, and not from each other', async () => {
  const wrong = [{ client_id: 'x' }, { client_secret: 'x' }, { client_secret: '' }];
  const texts = await Promise.all(
    wrong.map(async (part) => {
      const answer = await askFor({ ...appGrant(), ...part });
      assert.equal(answer.status, 400);
      assert.equal(answer.json().error, 'invalid_grant');
      return answer.json().error_description;
    }),
  );
  assert.equal(new Set(texts).size, 1);
  for (const part of [
    { client_id: undefined },
    { ttl: -1 },
    { ttl: '1.5' },
    { ttl: 1e15 },
    { ttl: '99999999999' },
    { grant_type: 'x' },
  ]) {
    assert.equal((await askFor({ ...appGrant(), ...part })).json().error, 'illegal_argument', JSON.stringify(part));
  }
});

test('a user is made once, folded to lower case, and signs in with his password', async () => {
  const made = await makeUser('Ann.1');
  assert.equal(made.status, 200);
  assert.deepEqual(made.json<{ entities: unknown }>().entities, [{ type: 'user', username: 'ann.1' }]);
  const again = await makeUser('ANN.1');
  assert.equal(again.status, 400);
  assert.equal(again.json().error, 'duplicate_unique_property_exists');
  const grant = { grant_type: 'password', username: 'ANN.1', password: 'secret' };
  const signedIn = await askFor(grant);
  assert.equal(signedIn.status, 200);
  assert.equal(await worksFor(signedIn.json<TokenView>().access_token), 403);
  assert.equal((await askFor({ ...grant, ttl: 0 })).json().error, 'illegal_argument');
  assert.equal((await askFor({ ...grant, ttl: 60 })).json<TokenView>().expires_in, 60);
});

test('a wrong password and an unknown user are the same refusal', async () => {
  await makeUser('bob');
  const wrong = await askFor({ grant_type: 'password', username: 'bob', password: 'other' });
  const unknown = await askFor({ grant_type: 'password', username: 'nobody', password: 'other' });
  const noName = await askFor({ grant_type: 'password', username: 'no name', password: 'other' });
  for (const answer of [wrong, unknown, noName]) {
    assert.equal(answer.status, 400);
    assert.equal(answer.json().error, 'invalid_grant');
    assert.equal(answer.json().error_description, wrong.json().error_description);
  }
});

test('two who make the same user at once: one does', async () => {
  const statuses = (await Promise.all([makeUser('twin'), makeUser('twin')])).map(({ status }) => status);
  assert.deepEqual(statuses.sort(), [200, 400]);
});

test('a name that is none is refused', async () => {
  for (const username of ['', 'a b', '..', 'a#b', 'x'.repeat(65), '中文']) {
    assert.equal((await makeUser(username)).json().error, 'illegal_argument', username);
  }
});

test('a deleted user is gone with his tokens', async () => {
  await makeUser('carl');
  const { access_token: token } = (
    await askFor({ grant_type: 'password', username: 'carl', password: 'secret' })
  ).json<TokenView>();
  const remove = () => fixture.call(`${base}/users/carl`, { method: 'DELETE', token: app.token });
  assert.equal((await remove()).status, 200);
  assert.equal((await remove()).json().error, 'service_resource_not_found');
  assert.equal(
    (await askFor({ grant_type: 'password', username: 'carl', password: 'secret' })).json().error,
    'invalid_grant',
  );
  assert.equal(await worksFor(token), 401);
});

const revoke = (token: string, by: string): Promise<Answer> =>
  fixture.call(`/v1${base}/tokens/revoke`, { method: 'POST', token: by, json: { token } });

test('a revoked token is refused from then on; revoking it again is no error', async () => {
  const { token } = await fixture.tokens.issueApp(app, undefined);
  assert.equal((await revoke(token, app.token)).status, 200);
  assert.equal(await worksFor(token), 401);
  assert.equal((await revoke(token, app.token)).status, 200);
});

test("nobody revokes what is not his to revoke: a user another's, an app another app's", async () => {
  const [ann, bob] = [await fixture.userToken(app, 'ann'), await fixture.userToken(app, 'bob')];
  assert.equal((await revoke(bob, ann)).json().error, 'forbidden_op');
  const other = await fixture.createApp();
  assert.equal((await revoke(other.token, app.token)).json().error, 'service_resource_not_found');
  assert.equal((await revoke('YWMtnonsense', app.token)).json().error, 'service_resource_not_found');
  assert.equal((await revoke(ann, ann)).status, 200);
  assert.equal((await revoke(bob, ann)).status, 401);
});
