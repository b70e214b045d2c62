import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { readIceServers } from '@callreel/client/ice-servers.ts';
import type { ConferenceView, JoinView } from '@callreel/contract/conference.ts';
import { ANSWER_SDP, type Answer, type Call, OFFER_ICE, OFFER_SDP, type TestApp, WebFixture } from './web-fixture.ts';

const CALLREEL_TURN_SECRET = 'north-wind-and-sun';

let fixture: WebFixture;
let app: TestApp;
let base: string;

before(async () => {
  fixture = await WebFixture.start({
    CALLREEL_ICE_SERVERS: 'stun:turn.example.com,turn:turn.example.com?transport=udp,turns:turn.example.com:443',
    CALLREEL_TURN_SECRET,
    CALLREEL_TURN_TTL_SECONDS: '600',
  });
  app = await fixture.createApp();
  base = `/${app.org}/${app.name}`;
});
after(() => fixture?.stop());

const joinNew = async (role = 'talker', settings: Record<string, unknown> = {}): Promise<JoinView> => {
  const made = await fixture.call(`${base}/conferences`, { method: 'POST', token: app.token, json: settings });
  const path = `/v1${base}/conferences/${made.json<ConferenceView>().id}/join`;
  return (
    await fixture.call(path, { method: 'POST', token: app.token, json: { userName: 'ann', role } })
  ).json<JoinView>();
};

const SDP = { 'content-type': 'application/sdp' };

const offerTo = (url: string, token: string, call: Call = {}): Promise<Answer> =>
  fixture.call(url, { method: 'POST', token, body: OFFER_SDP, headers: SDP, ...call });

const published = async (member: JoinView, query = ''): Promise<{ answer: Answer; url: string }> => {
  const answer = await offerTo(member.whip + query, member.token);
  assert.equal(answer.status, 201, answer.text);
  return { answer, url: answer.headers.get('location') ?? '' };
};

test('an offer is answered, with where and how to end what it made', async () => {
  const member = await joinNew();
  const { answer, url } = await published(member);
  assert.equal(answer.text, ANSWER_SDP);
  assert.equal(answer.headers.get('content-type'), 'application/sdp');
  assert.match(answer.headers.get('etag') ?? '', /^"[\w-]{22}"$/);
  assert.ok(url.startsWith(`${member.whip}/rtc-10-`) && url.endsWith('M1'), url);
  const ended = await fixture.call(url, {
    method: 'DELETE',
    token: member.token,
    headers: { 'content-type': 'application/json' },
  });
  assert.equal(ended.status, 200);
  assert.equal(ended.text, '');
  assert.equal(
    (await fixture.call(url, { method: 'DELETE', token: member.token })).json().error,
    'service_resource_not_found',
  );
});

test('a screen is published beside the camera, and each is ended by itself', async () => {
  const member = await joinNew();
  const [camera, screen] = [await published(member), await published(member, '?type=desktop')];
  assert.notEqual(camera.url, screen.url);
  assert.equal((await fixture.call(screen.url, { method: 'DELETE', token: member.token })).status, 200);
  assert.equal((await fixture.call(camera.url, { method: 'DELETE', token: member.token })).status, 200);
  assert.equal((await offerTo(`${member.whip}?type=tape`, member.token)).json().error, 'illegal_argument');
});

test('a member publishes sixteen streams at most, sound or picture; one that ends makes room, and another member has his own', async () => {
  const member = await joinNew();
  const streams = await Promise.all(Array.from({ length: 16 }, () => published(member)));
  const refused = await offerTo(member.whip, member.token);
  assert.deepEqual([refused.status, refused.json().error], [409, 'conflict'], refused.text);
  assert.equal((await offerTo(`${member.whip}?resume=${streams[0]?.url.split('/').at(-1)}`, member.token)).status, 201);
  await fixture.call(streams[0]?.url ?? '', { method: 'DELETE', token: member.token });
  await published(member);
  const path = member.whip.replace(/whip$/, 'join');
  const bob = await fixture.call(path, { method: 'POST', token: app.token, json: { userName: 'bob' } });
  await published(bob.json<JoinView>());
});

test('a publication goes on under its id; what is none, or not his own, is not found', async () => {
  const member = await joinNew();
  const { url } = await published(member);
  const pubStreamId = url.slice(url.lastIndexOf('/') + 1);
  assert.equal((await published(member, `?resume=${pubStreamId}`)).url, url);
  for (const id of [
    'x',
    'rtc-10-aaaaaaa_C1M1',
    pubStreamId.replace(/M1$/, 'M2'),
    pubStreamId.replace(/-.{7}_/, '-aaaaaaa_'),
  ]) {
    assert.equal(
      (await offerTo(`${member.whip}?resume=${id}`, member.token)).json().error,
      'service_resource_not_found',
      id,
    );
  }
});

test('an offer that cannot be answered says why; one of another type, or none, is not taken', async () => {
  const member = await joinNew();
  const illegal = await offerTo(member.whip, member.token, { body: 'hello' });
  assert.equal(illegal.status, 400);
  assert.equal(illegal.json().error, 'illegal_sdp');
  assert.equal(illegal.json().error_description, 'line 1: "hello": a line is "<letter>=<value>"');
  assert.equal((await offerTo(member.whip, member.token, { body: '' })).json().error, 'illegal_sdp');
  for (const type of ['application/json', 'text/plain', 'application/trickle-ice-sdpfrag']) {
    const answer = await offerTo(member.whip, member.token, { headers: { 'content-type': type } });
    assert.equal(answer.status, 415, type);
  }
  const parameters = await offerTo(member.whip, member.token, {
    headers: { 'content-type': 'Application/SDP; charset=utf-8' },
  });
  assert.equal(parameters.status, 201);
  assert.equal((await fixture.call(member.whip, { method: 'POST', token: member.token })).status, 415);
  const large = await offerTo(member.whip, member.token, { body: `v=0\r\n${'a=x\r\n'.repeat(20_000)}` });
  assert.equal(large.status, 413);
});

test('an offer that cannot be read is 400, before whether there is a place, what it goes on with, or room on the disk', async () => {
  const member = await joinNew('talker', { maxVideoCount: 1 });
  await published(member);
  const illegal = { body: 'hello' };
  assert.equal((await offerTo(member.whip, member.token)).json().error, 'video_limit');
  assert.equal((await offerTo(member.whip, member.token, illegal)).json().error, 'illegal_sdp');
  assert.equal((await offerTo(`${member.whip}?resume=x`, member.token, illegal)).json().error, 'illegal_sdp');
  const listener = await joinNew('audience');
  assert.equal((await offerTo(listener.whip, listener.token, illegal)).json().error, 'forbidden_op');
});

test("only a member of this conference publishes in it, and only his token ends it: not the app's, not a listener's", async () => {
  const [member, stranger] = [await joinNew(), await joinNew()];
  const { url } = await published(member);
  for (const token of [app.token, stranger.token, await fixture.userToken(app, 'ann')]) {
    assert.equal((await offerTo(member.whip, token)).json().error, 'forbidden_op');
    assert.equal((await fixture.call(url, { method: 'DELETE', token })).json().error, 'forbidden_op');
  }
  const listener = await joinNew('audience');
  assert.equal((await offerTo(listener.whip, listener.token)).json().error, 'forbidden_op');
});

test('another member of the same conference does not end it', async () => {
  const member = await joinNew();
  const { url } = await published(member);
  const path = new URL(member.whip).pathname.replace(/whip$/, 'join');
  const bob = (
    await fixture.call(path, { method: 'POST', token: app.token, json: { userName: 'bob' } })
  ).json<JoinView>();
  assert.equal(
    (await fixture.call(url, { method: 'DELETE', token: bob.token })).json().error,
    'service_resource_not_found',
  );
});

test('further candidates are taken, an ICE restart is refused', async () => {
  const member = await joinNew();
  const { url, answer } = await published(member);
  const patch = (headers: Record<string, string>): Promise<Answer> =>
    fixture.call(url, {
      method: 'PATCH',
      token: member.token,
      body: `${OFFER_ICE}m=audio 9 RTP/AVP 0\r\na=mid:0\r\na=end-of-candidates\r\n`,
      headers: { 'content-type': 'application/trickle-ice-sdpfrag', ...headers },
    });
  const taken = await patch({ 'if-match': answer.headers.get('etag') ?? '' });
  assert.equal(taken.status, 204);
  assert.equal(taken.text, '');
  for (const tag of ['*', '"*"']) assert.equal((await patch({ 'if-match': tag })).status, 422);
  assert.equal((await patch({ 'content-type': 'application/sdp' })).status, 415);
});

/** What a TURN server that shares the secret makes of a name. */
const passwordOf = (username: string): string =>
  createHmac('sha1', CALLREEL_TURN_SECRET).update(username).digest('base64');

const assertServers = ({ headers }: Answer, { memberId }: JoinView): void => {
  const [stun, ...turn] = readIceServers(headers.get('link'));
  assert.deepEqual(stun, { urls: 'stun:turn.example.com' });
  assert.deepEqual(
    turn.map(({ urls }) => urls),
    ['turn:turn.example.com?transport=udp', 'turns:turn.example.com:443'],
  );
  for (const { username = '', credential } of turn) {
    const [until, forWhom] = username.split(':');
    assert.equal(forWhom, memberId);
    const leftMs = Number(until) * 1000 - Date.now();
    assert.ok(leftMs > 0 && leftMs <= 600_000, username);
    assert.equal(credential, passwordOf(username));
  }
};

test('whoever publishes is told of TURN servers, with credentials of his own for a while', async () => {
  const member = await joinNew();
  const { answer, url } = await published(member);
  assertServers(answer, member);
  const id = new URL(url).pathname.split('/').at(-1);
  assertServers((await published(member, `?resume=${id}`)).answer, member);
});

test('a member may ask for TURN servers before he offers, and nobody else', async () => {
  const member = await joinNew();
  const ask = (call: Call): Promise<Answer> => fixture.call(member.whip, { method: 'OPTIONS', ...call });
  assertServers(await ask({ token: member.token }), member);
  const elsewhere = await joinNew();
  const refused: [Call, number, string | null][] = [
    [{}, 204, 'application/sdp'],
    [{ headers: { authorization: 'Basic eDp5' } }, 204, 'application/sdp'],
    [{ token: app.token }, 403, null],
    [{ token: elsewhere.token }, 403, null],
    [{ token: `${member.token.slice(0, -2)}xx` }, 401, null],
    [{ token: 'nonsense' }, 401, null],
  ];
  for (const [call, status, takes] of refused) {
    const answer = await ask(call);
    assert.deepEqual([answer.status, answer.headers.get('accept-post')], [status, takes]);
    assert.equal(answer.headers.get('link'), null);
  }
  await fixture.call(member.leave, { method: 'DELETE', token: member.token });
  const gone = await ask({ token: member.token });
  assert.deepEqual([gone.status, gone.headers.get('link')], [401, null]);
});

test('the secret of the TURN servers is neither in an answer nor in the log', async () => {
  const member = await joinNew();
  const { answer } = await published(member);
  const told = [...answer.headers].join();
  assert.match(told, /turns:turn/);
  assert.ok(!told.includes(CALLREEL_TURN_SECRET) && !fixture.logged.join().includes(CALLREEL_TURN_SECRET));
  assert.doesNotMatch(fixture.logged.join(), /credential/);
});

test('the endpoint says what it takes', async () => {
  const member = await joinNew();
  const options = await fixture.call(member.whip, { method: 'OPTIONS' });
  assert.equal(options.status, 204);
  assert.equal(options.headers.get('accept-post'), 'application/sdp');
  const get = await fixture.call(member.whip, { token: member.token });
  assert.equal(get.status, 405);
  assert.equal(get.headers.get('allow'), 'OPTIONS, POST');
});
