import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ConferenceView, JoinView } from '@callreel/contract/conference.ts';
import { ScriptedMedia } from '@callreel/server/conference/scripted-media-fixture.ts';
import { type Answer, OFFER_ICE, OFFER_SDP, RECEIVE_SDP, type TestApp, WebFixture } from './web-fixture.ts';

const media = new ScriptedMedia();
let fixture: WebFixture;
let app: TestApp;
let base: string;

before(async () => {
  fixture = await WebFixture.start({}, { spawnMedia: media.spawn });
  app = await fixture.createApp();
  base = `/${app.org}/${app.name}`;
});
after(() => fixture?.stop());

const SDP = { 'content-type': 'application/sdp' };

const createCall = async (): Promise<string> =>
  (await fixture.call(`${base}/conferences`, { method: 'POST', token: app.token, json: {} })).json<ConferenceView>().id;

const join = async (confrId: string, userName: string, role = 'talker'): Promise<JoinView> => {
  const json = { userName, role };
  return (
    await fixture.call(`/v1${base}/conferences/${confrId}/join`, { method: 'POST', token: app.token, json })
  ).json();
};

const publish = async (member: JoinView): Promise<string> => {
  const answer = await fixture.call(member.whip, {
    method: 'POST',
    token: member.token,
    body: OFFER_SDP,
    headers: SDP,
  });
  assert.equal(answer.status, 201, answer.text);
  return answer.headers.get('location')?.split('/').at(-1) ?? '';
};

const whepOf = (member: JoinView, stream: string): string =>
  member.whip.replace(/whip$/, `publications/${stream}/whep`);

const offerTo = (member: JoinView, stream: string, body = RECEIVE_SDP): Promise<Answer> =>
  fixture.call(whepOf(member, stream), { method: 'POST', token: member.token, body, headers: SDP });

const subscribe = async (member: JoinView, stream: string): Promise<{ url: string; etag: string; id: string }> => {
  const answer = await offerTo(member, stream);
  assert.equal(answer.status, 201, answer.text);
  const url = answer.headers.get('location') ?? '';
  return { url, etag: answer.headers.get('etag') ?? '', id: url.split('/').at(-1) ?? '' };
};

const end = (url: string, { token }: JoinView): Promise<Answer> => fixture.call(url, { method: 'DELETE', token });

/** Two who talk and one who listens; the first one publishes. */
const call = async () => {
  const confrId = await createCall();
  const [ann, bob, lou] = [
    await join(confrId, 'ann'),
    await join(confrId, 'bob'),
    await join(confrId, 'lou', 'audience'),
  ];
  return { confrId, ann, bob, lou, stream: await publish(ann) };
};

test('an offer to receive is answered with where and how to end what it made; listeners receive too', async () => {
  const { bob, lou, stream } = await call();
  for (const member of [bob, lou]) {
    const { url, etag } = await subscribe(member, stream);
    assert.ok(url.startsWith(`${whepOf(member, stream)}/sub-`), url);
    assert.match(etag, /^"[\w-]{22}"$/);
    assert.equal((await end(url, member)).status, 200);
    assert.equal((await end(url, member)).json().error, 'service_resource_not_found');
  }
});

test('what is wrong with the offer is told before whether there is such a publication', async () => {
  const { bob, stream } = await call();
  const errorOf = async (of: string, body: string): Promise<unknown> => (await offerTo(bob, of, body)).json().error;
  assert.equal(await errorOf('x', 'hello'), 'illegal_sdp');
  assert.equal(await errorOf(stream, OFFER_SDP), 'illegal_sdp');
  assert.equal(await errorOf('x', RECEIVE_SDP), 'service_resource_not_found');
  assert.equal(await errorOf(stream.replace(/-.{7}_/, '-aaaaaaa_'), RECEIVE_SDP), 'service_resource_not_found');
  const other = await fixture.call(whepOf(bob, stream), {
    method: 'POST',
    token: bob.token,
    body: '{}',
    headers: { 'content-type': 'application/json' },
  });
  assert.equal(other.status, 415);
  for (const headers of [
    { 'content-type': 'application/json' },
    { 'content-type': 'application/trickle-ice-sdpfrag' },
  ]) {
    const broken = { method: 'POST', token: bob.token, body: '{', headers };
    assert.equal((await fixture.call(whepOf(bob, stream), broken)).status, 415);
  }
  const { url } = await subscribe(bob, stream);
  const change = { method: 'POST', token: bob.token, body: RECEIVE_SDP, headers: SDP };
  assert.equal((await fixture.call(url, change)).status, 415);
});

test("a publication of another conference is not there, and another member's subscription is not his to end", async () => {
  const [here, there] = [await call(), await call()];
  assert.equal((await offerTo(here.bob, there.stream)).json().error, 'service_resource_not_found');
  const { url } = await subscribe(here.bob, here.stream);
  for (const member of [here.ann, here.lou])
    assert.equal((await end(url, member)).json().error, 'service_resource_not_found');
  assert.equal((await end(url, there.bob)).json().error, 'forbidden_op');
});

test('candidates are taken for the session there is; a restart is refused', async () => {
  const { bob, stream } = await call();
  const { url, etag } = await subscribe(bob, stream);
  const patch = async (ifMatch: string, body = `${OFFER_ICE}a=end-of-candidates\r\n`): Promise<number> =>
    (
      await fixture.call(url, {
        ...{ method: 'PATCH', token: bob.token, body },
        headers: { 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': ifMatch },
      })
    ).status;
  assert.deepEqual([await patch(etag), await patch('*'), await patch('"x"')], [204, 422, 412]);
  assert.equal(await patch(etag, 'a=ice-ufrag:other\r\na=ice-pwd:1234567890123456789012\r\n'), 422);
});

test('a subscription ends with its member, kicked or gone, and with its publication', async () => {
  const { confrId, ann, bob, lou, stream } = await call();
  const [bobs, lous] = [await subscribe(bob, stream), await subscribe(lou, stream)];
  await fixture.call(`${base}/conferences/${confrId}/bob`, { method: 'DELETE', token: app.token });
  await fixture.conferences.settled();
  const ended = media.asked.filter((asked) => asked === `unsubscribe ${stream}`);
  assert.equal(ended.length, 1);
  assert.equal((await end(bobs.url, bob)).status, 401);
  await fixture.call(`${ann.whip}/${stream}`, { method: 'DELETE', token: ann.token });
  assert.equal((await end(lous.url, lou)).json().error, 'service_resource_not_found');
  assert.equal((await offerTo(lou, stream)).json().error, 'service_resource_not_found');
});

test('a role that is lowered ends what he publishes, and not what he receives', async () => {
  const { confrId, ann, bob, stream } = await call();
  const bobsStream = await publish(bob);
  const [own, others] = [await subscribe(bob, stream), await subscribe(ann, bobsStream)];
  const path = `/v1${base}/conferences/${confrId}/members/${bob.memberId}`;
  assert.equal(
    (await fixture.call(path, { method: 'POST', token: app.token, json: { role: 'audience' } })).status,
    200,
  );
  assert.equal((await end(others.url, ann)).status, 404);
  assert.equal((await end(own.url, bob)).status, 200);
});

test('sound and picture are stopped and go on, each by itself', async () => {
  const { bob, lou, stream } = await call();
  const { url, id } = await subscribe(bob, stream);
  const change = (json: unknown, { token } = bob): Promise<Answer> =>
    fixture.call(url, { method: 'POST', token, json });
  const view = { subscriptionId: id, pubStreamId: stream };
  assert.deepEqual((await change({ video: false })).json(), { ...view, audio: true, video: false });
  assert.deepEqual((await change({ audio: false })).json(), { ...view, audio: false, video: false });
  assert.deepEqual((await change({ audio: true, video: true })).json(), { ...view, audio: true, video: true });
  for (const wrong of [{}, { video: 'no' }, []]) assert.equal((await change(wrong)).json().error, 'illegal_argument');
  assert.equal((await change({ video: false }, lou)).json().error, 'service_resource_not_found');
});

test('a member has no more subscriptions than a call can be in need of', async () => {
  const { bob, lou, stream } = await call();
  const made: string[] = [];
  for (let count = 0; count < 48; count += 1) made.push((await subscribe(bob, stream)).url);
  const refused = await offerTo(bob, stream);
  assert.deepEqual([refused.status, refused.json().error], [409, 'conflict']);
  await subscribe(lou, stream);
  assert.equal((await end(made[0] ?? '', bob)).status, 200);
  await subscribe(bob, stream);
});

test('the endpoint says what it takes', async () => {
  const { bob, stream } = await call();
  const options = await fixture.call(whepOf(bob, stream), { method: 'OPTIONS' });
  assert.deepEqual([options.status, options.headers.get('accept-post')], [204, 'application/sdp']);
  const get = await fixture.call(whepOf(bob, stream), { token: bob.token });
  assert.deepEqual([get.status, get.headers.get('allow')], [405, 'OPTIONS, POST']);
});

test('one whose connection is gone is forgotten; a media process that dies takes its subscriptions along', async () => {
  const { bob, lou, stream } = await call();
  const [lost, kept] = [await subscribe(bob, stream), await subscribe(lou, stream)];
  media.endSubscription(stream, lost.id);
  assert.equal((await end(lost.url, bob)).status, 404);
  media.die();
  await fixture.conferences.settled();
  assert.equal((await end(kept.url, lou)).status, 404);
});
