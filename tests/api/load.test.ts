import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, beforeEach, test } from 'node:test';
import { type Answer, OFFER_SDP, type TestApp, WebFixture } from './web-fixture.ts';

type Joined = { memberId: string; token: string; whip: string; leave: string };

const state = { isBehind: false, freeBytes: 1e12 };
let fixture: WebFixture;
let app: TestApp;
let base: string;

before(async () => {
  fixture = await WebFixture.start(
    {},
    { workload: { isBehind: () => state.isBehind }, freeBytes: async () => state.freeBytes },
  );
  app = await fixture.createApp();
  base = `/${app.org}/${app.name}`;
});
after(() => fixture?.stop());
beforeEach(() => {
  state.isBehind = false;
  state.freeBytes = 1e12;
});

const assertBusy = (answer: Answer): void => {
  assert.equal(answer.status, 503, answer.text);
  assert.equal(answer.json().error, 'server_busy');
  assert.match(answer.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
};

const join = async (userName: string): Promise<Joined> => {
  const created = await fixture.call(`${base}/conferences`, { method: 'POST', token: app.token, json: {} });
  const path = `/v1${base}/conferences/${created.json().id}/join`;
  return (await fixture.call(path, { method: 'POST', token: app.token, json: { userName } })).json<Joined>();
};

const publish = ({ whip, token }: Joined, query = '', body = OFFER_SDP): Promise<Answer> =>
  fixture.call(whip + query, {
    ...{ method: 'POST', token, body },
    headers: { 'content-type': 'application/sdp' },
  });

test('a node that is behind turns calls away before any work on them, and lets go whoever wants to go', async () => {
  const member = await join('ann');
  const published = await publish(member);
  assert.equal(published.status, 201, published.text);
  state.isBehind = true;
  assertBusy(await fixture.call(`${base}/audio/IM_X1C1`, { token: app.token }));
  assertBusy(await fixture.call(`${base}/token`, { method: 'POST', json: {} }));
  assertBusy(await publish(member));
  assert.equal((await fixture.call('/healthz')).status, 200);
  const resource = published.headers.get('location') ?? '';
  assert.equal((await fixture.call(resource, { method: 'DELETE', token: member.token })).status, 200);
  assert.equal((await fixture.call(member.leave, { method: 'DELETE', token: member.token })).status, 200);
  state.isBehind = false;
  assert.equal((await fixture.call(`${base}/audio/IM_X1C1`, { token: app.token })).status, 200);
});

test('a full disk refuses new publications, and nothing else', async () => {
  const member = await join('ben');
  const published = await publish(member);
  assert.equal(published.status, 201, published.text);
  state.freeBytes = 1_000_000;
  // The disk is asked once a second at most.
  while ((await fixture.call('/readyz')).status !== 503);
  assertBusy(await publish(member));
  assert.equal((await publish(member, '', 'hello')).json().error, 'illegal_sdp', 'what is wrong is told first');
  const stream = published.headers.get('location')?.split('/').at(-1) ?? '';
  assert.equal((await publish(member, `?resume=${stream}`)).status, 201, 'what runs may go on');
  assertBusy(await fixture.call('/readyz'));
  assert.equal((await fixture.call(`${base}/audio/IM_X1C1`, { token: app.token })).status, 200);
  assert.equal((await join('carl')).memberId.length > 0, true);
  const resource = published.headers.get('location') ?? '';
  assert.equal((await fixture.call(resource, { method: 'DELETE', token: member.token })).status, 200);
});

/** Resolves when so many more are there. */
const requestsCame = (wanted: number): Promise<void> => {
  const { server } = fixture.web;
  const came = Promise.withResolvers<void>();
  let count = 0;
  const onRequest = () => {
    count += 1;
    if (count < wanted) return;
    server.off('request', onRequest);
    came.resolve();
  };
  server.on('request', onRequest);
  return came.promise;
};

test('however many ask at once whether it is ready, the database is asked once', async (t) => {
  const held = Promise.withResolvers<void>();
  const { store } = fixture;
  const ask = store.health.bind(store);
  const health = t.mock.method(store, 'health', () => held.promise.then(ask));
  const askers = 30;
  const came = requestsCame(askers);
  const answers = Array.from({ length: askers }, () => fixture.call('/readyz'));
  await came;
  // By its answer those before it have come as far as they can.
  await fixture.call('/healthz');
  held.resolve();
  for (const answer of answers) assert.notEqual((await answer).text, '');
  assert.equal(health.mock.callCount(), 1);
});

test('calls that would wait too long for their turn are told to come back', async () => {
  const limits = { mostAtOnce: 1, mostOfOne: 1, mostWaiting: 1 };
  const narrow = await WebFixture.start({}, { workload: { limits } });
  try {
    const owner = await narrow.createApp();
    const call = () => narrow.call(`/${owner.org}/${owner.name}/audio/IM_X1C1`, { token: owner.token });
    const answers = await Promise.all(Array.from({ length: 60 }, call));
    const busy = answers.find(({ status }) => status === 503);
    assert.ok(busy);
    assertBusy(busy);
    assert.ok(answers.some(({ status }) => status === 200));
    assert.equal((await call()).status, 200);
  } finally {
    await narrow.stop();
  }
});

/** Announces a body, is told to go on, and does not. */
const beginBody = async (url: string, path: string): Promise<Socket> => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const head = ['Host: x', 'Connection: close', 'Expect: 100-continue', 'Content-Type: application/json'];
  socket.write([`POST ${path} HTTP/1.1`, ...head, 'Content-Length: 2', '', ''].join('\r\n'));
  await once(socket, 'data');
  return socket.pause();
};

test('strangers who never end their bodies keep nobody of the same application waiting', async () => {
  const limits = { longestTurnMs: 600_000 };
  const patient = await WebFixture.start({}, { workload: { limits } });
  try {
    const owner = await patient.createApp();
    const path = `/${owner.org}/${owner.name}`;
    const slow = await Promise.all(Array.from({ length: 20 }, () => beginBody(patient.url, `${path}/token`)));
    assert.equal((await patient.call(`${path}/audio/IM_X1C1`, { token: owner.token })).status, 200);
    assert.equal(
      (await patient.call(`${path}/conferences`, { method: 'POST', json: {}, token: owner.token })).status,
      200,
    );
    const [first, ...others] = slow;
    assert.ok(first);
    first.write('{}');
    assert.match(await text(first), /^HTTP\/1\.1 400 [\s\S]*grant_type must be given/);
    for (const socket of others) socket.destroy();
  } finally {
    await patient.stop();
  }
});

test('many who sign in keep no other call of their application waiting', async () => {
  let answered = 0;
  const came = requestsCame(16);
  const grants = Array.from({ length: 16 }, async (_, index) => {
    const json = { grant_type: 'password', username: `nobody${index}`, password: 'x' };
    const { status } = await fixture.call(`${base}/token`, { method: 'POST', json });
    answered += 1;
    return status;
  });
  await came;
  assert.equal((await fixture.call(`${base}/audio/IM_X1C1`, { token: app.token })).status, 200);
  assert.ok(answered <= 10, `${answered} of them were answered before`);
  assert.deepEqual(new Set(await Promise.all(grants)), new Set([400]));
});
