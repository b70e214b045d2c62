import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, type Call, type TestApp, WebFixture } from './web-fixture.ts';

/** So slow that no machine is: what was used up does not come back while a test looks. */
const SLOW = 'retrieval=3,management=4,joins=100000,files=3,address=3,account=100000';

let fixture: WebFixture;

before(async () => {
  fixture = await WebFixture.start({ CALLREEL_RATES: SLOW, CALLREEL_TRUSTED_PROXIES: '127.0.0.1' });
});
after(() => fixture?.stop());

let lastAddress = 0;
/** A caller's address that no other test has, as the proxy in front tells it. */
const newAddress = (): Record<string, string> => {
  lastAddress += 1;
  return { 'x-forwarded-for': `198.51.100.${lastAddress}` };
};

const pathOf = (app: TestApp): string => `/${app.org}/${app.name}`;
const listOf = (app: TestApp): string => `${pathOf(app)}/audio/IM_X1C1`;

/** All at once: however slow the machine is, they come faster than the rate. */
const callAtOnce = (count: number, path: string, call: Call = {}): Promise<Answer[]> =>
  Promise.all(Array.from({ length: count }, () => fixture.call(path, call)));

const statusesOf = (answers: readonly Answer[]): Set<number> => new Set(answers.map(({ status }) => status));

const refusedIn = (answers: readonly Answer[]): Answer => {
  const refused = answers.find(({ status }) => status === 429);
  assert.ok(refused, `no 429 among ${[...statusesOf(answers)]}`);
  return refused;
};

/** What the answer says to wait for, and a little: clocks are read in whole milliseconds. */
const waitAsTold = async ({ headers }: Answer): Promise<void> => {
  await delay(Number(headers.get('retry-after')) * 1000 + 50);
};

test('over the rate: 429 with what a client needs to know; after that time it is served again', async () => {
  const app = await fixture.createApp();
  const answers = await callAtOnce(40, listOf(app), { token: app.token });
  assert.deepEqual(statusesOf(answers), new Set([200, 429]));
  const refused = refusedIn(answers);
  assert.equal(refused.json().error, 'reach_limit');
  assert.match(refused.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
  assert.equal(refused.headers.get('ratelimit-limit'), '3');
  assert.equal(refused.headers.get('ratelimit-remaining'), '0');
  assert.match(refused.headers.get('ratelimit-reset') ?? '', /^\d+$/);
  assert.equal(refused.headers.get('ratelimit-policy'), '"retrieval";q=3;w=1');
  await waitAsTold(refused);
  const served = await fixture.call(listOf(app), { token: app.token });
  assert.equal(served.status, 200);
  assert.match(served.headers.get('ratelimit') ?? '', /^"retrieval";r=\d;t=\d$/);
});

test('each app has its own rate, and each class of call', async () => {
  const [app, other] = [await fixture.createApp(), await fixture.createApp()];
  const busy = callAtOnce(20, listOf(app), { token: app.token });
  assert.equal((await fixture.call(listOf(other), { token: other.token })).status, 200);
  const created = await fixture.call(`${pathOf(app)}/conferences`, { method: 'POST', token: app.token, json: {} });
  assert.equal(created.status, 200);
  refusedIn(await busy);
});

test('it is counted after the token and who may: a wrong one is told so, whoever is over the rate', async () => {
  const [app, other] = [await fixture.createApp(), await fixture.createApp()];
  refusedIn(await callAtOnce(20, listOf(app), { token: app.token }));
  const user = await fixture.userToken(app, 'ann');
  for (const [token, status] of [
    ['x', 401],
    [other.token, 403],
    [user, 403],
  ] as const) {
    assert.equal((await fixture.call(listOf(app), { token, headers: newAddress() })).status, status);
  }
});

test('calls without a valid token are counted by address; a good token is served from there all the same', async () => {
  const app = await fixture.createApp();
  const headers = newAddress();
  const wrong = await callAtOnce(30, listOf(app), { token: 'x', headers });
  assert.deepEqual(statusesOf(wrong), new Set([401, 429]));
  assert.equal(refusedIn(wrong).headers.get('ratelimit-policy'), '"address";q=6;w=2');
  assert.equal((await fixture.call(listOf(app), { token: app.token, headers })).status, 200);
  assert.equal((await fixture.call(listOf(app), { token: 'x', headers: newAddress() })).status, 401);
});

test('so are requests for tokens, and links that are none', async () => {
  const app = await fixture.createApp();
  const json = { grant_type: 'client_credentials', client_id: app.clientId, client_secret: app.clientSecret };
  const asked = await callAtOnce(30, `${pathOf(app)}/token`, { method: 'POST', json, headers: newAddress() });
  assert.deepEqual(statusesOf(asked), new Set([200, 429]));
  const forged = await callAtOnce(30, `/files/${app.org}/${app.name}/20260101/x.webm`, { headers: newAddress() });
  assert.deepEqual(statusesOf(forged), new Set([403, 429]));
});

test('downloads are counted for the app whose file it is', async () => {
  const [app, other] = [await fixture.createApp(), await fixture.createApp()];
  const urlOf = async (owner: TestApp): Promise<string> => {
    const { confrId } = await fixture.addRecording(owner, new Uint8Array(10));
    const [view] = (await fixture.call(`${pathOf(owner)}/audio/${confrId}`, { token: owner.token })).json<
      { url: string }[]
    >();
    return view?.url ?? '';
  };
  const answers = await callAtOnce(20, await urlOf(app));
  assert.deepEqual(statusesOf(answers), new Set([200, 429]));
  assert.equal((await fixture.call(await urlOf(other))).status, 200);
});

test('calls that come in one piece over one connection are all answered, those over the rate one by one', async () => {
  const app = await fixture.createApp();
  const { port } = new URL(fixture.url);
  const socket = connect(Number(port), '127.0.0.1');
  const head = (last: boolean) =>
    `GET ${listOf(app)} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${app.token}\r\n${last ? 'Connection: close\r\n' : ''}\r\n`;
  socket.write(head(false).repeat(24) + head(true));
  const answers = (await text(socket)).match(/HTTP\/1\.1 \d+/g) ?? [];
  assert.equal(answers.length, 25);
  assert.ok(answers.includes('HTTP/1.1 429') && answers.includes('HTTP/1.1 200'));
});

const signIn = (app: TestApp, username: string, password: string, headers: Record<string, string>) =>
  fixture.call(`${pathOf(app)}/token`, {
    method: 'POST',
    json: { grant_type: 'password', username, password },
    headers,
  });

const signInTimes = async (count: number, app: TestApp, username: string): Promise<Answer[]> => {
  const answers: Answer[] = [];
  for (let turn = 0; turn < count; turn += 1) answers.push(await signIn(app, username, 'wrong', newAddress()));
  return answers;
};

test('wrong passwords are slowed, and a stranger who guesses locks nobody out', { timeout: 120_000 }, async () => {
  const app = await fixture.createApp();
  const json = { username: 'ann', password: 'right' };
  await fixture.call(`${pathOf(app)}/users`, { method: 'POST', token: app.token, json });
  const home = newAddress();
  assert.equal((await signIn(app, 'ann', 'right', home)).status, 200);
  const guesses = await signInTimes(22, app, 'Ann');
  assert.deepEqual(statusesOf(guesses), new Set([400, 429]));
  assert.equal(refusedIn(guesses).headers.get('ratelimit-policy'), '"guesses";q=20;w=600');
  assert.equal((await signIn(app, 'ann', 'right', newAddress())).status, 429, 'a right one from elsewhere waits too');
  assert.equal((await signIn(app, 'ann', 'right', home)).status, 200, 'from where she signed in before she does again');
  const created = await fixture.call(`${pathOf(app)}/conferences`, { method: 'POST', token: app.token, json: {} });
  const join = { method: 'POST', token: app.token, json: { userName: 'ann' } };
  const joined = await fixture.call(`/v1${pathOf(app)}/conferences/${created.json().id}/join`, join);
  assert.equal(joined.status, 200, "the app's token lets her join");
});

test('a name that is no user is slowed like one that is', { timeout: 120_000 }, async () => {
  const app = await fixture.createApp();
  assert.deepEqual(statusesOf(await signInTimes(22, app, 'nobody')), new Set([400, 429]));
});

test('wrong client secrets are slowed, and the right server goes on', async () => {
  const app = await fixture.createApp();
  const ask = (client_secret: string, headers: Record<string, string>) => {
    const json = { grant_type: 'client_credentials', client_id: app.clientId, client_secret };
    return fixture.call(`${pathOf(app)}/token`, { method: 'POST', json, headers });
  };
  const server = newAddress();
  assert.equal((await ask(app.clientSecret, server)).status, 200);
  const told: Answer[] = [];
  for (let turn = 0; turn < 22; turn += 1) told.push(await ask('wrong', newAddress()));
  assert.deepEqual(statusesOf(told), new Set([400, 429]));
  assert.equal((await ask(app.clientSecret, server)).status, 200);
});

test('wrong passwords of a conference are slowed, for the user who guesses', async () => {
  const app = await fixture.createApp();
  const create = { method: 'POST', token: app.token, json: { password: 'secret' } };
  const { id } = (await fixture.call(`${pathOf(app)}/conferences`, create)).json();
  const join = (token: string, password: string) =>
    fixture.call(`/v1${pathOf(app)}/conferences/${id}/join`, {
      ...{ method: 'POST', token, json: { password }, headers: newAddress() },
    });
  const [ann, ben] = [await fixture.userToken(app, 'ann'), await fixture.userToken(app, 'ben')];
  const told: Answer[] = [];
  for (let turn = 0; turn < 22; turn += 1) told.push(await join(ann, 'wrong'));
  assert.deepEqual(statusesOf(told), new Set([403, 429]));
  assert.equal((await join(ben, 'secret')).status, 200);
});

test('what a caller says his address is counts for nothing, unless a proxy that is trusted says it', async () => {
  const direct = await WebFixture.start({ CALLREEL_RATES: SLOW });
  try {
    const calls = Array.from({ length: 30 }, () => direct.call('/a/b/audio/IM_X1C1', { headers: newAddress() }));
    assert.deepEqual(statusesOf(await Promise.all(calls)), new Set([404, 429]));
  } finally {
    await direct.stop();
  }
});

test('a rate that is settled for one app holds for that app', async () => {
  const settled = await WebFixture.start({ CALLREEL_RATES: 'retrieval=2,acme/big:retrieval=1000' });
  try {
    const [big, small] = [await settled.createApp('Acme', 'Big'), await settled.createApp()];
    const ask = (app: TestApp) => Array.from({ length: 40 }, () => settled.call(listOf(app), { token: app.token }));
    assert.deepEqual(statusesOf(await Promise.all(ask(big))), new Set([200]));
    assert.deepEqual(statusesOf(await Promise.all(ask(small))), new Set([200, 429]));
  } finally {
    await settled.stop();
  }
});
