import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ConferenceView, JoinView } from '@callreel/contract/conference.ts';
import type { ConfrId } from '@callreel/contract/ids.ts';
import type { RecordingView } from '@callreel/contract/recording.ts';
import type { RecordingStatusWithLog } from '@callreel/contract/recording-control.ts';
import { ROUTES } from '@callreel/contract/routes.ts';
import type { TokenView } from '@callreel/contract/token.ts';
import { EMEDIA_PATHS } from '@callreel/server/web/emedia/paths.ts';
import { OPERATIONS } from '@callreel/server/web/openapi/operations.ts';
import { DescribedInterface } from './described-interface.ts';
import { OFFER_ICE, OFFER_SDP, RECEIVE_SDP, type TestApp, WebFixture } from './web-fixture.ts';

const NO_CONFERENCE = 'IM_X1C1';
/** Nothing they can be refused for while the process lives. */
const NEVER_REFUSED = ['describe', 'health'];
/** For browsers: not part of the interface. */
const PAGES: readonly string[] = [`GET ${ROUTES.page}`, `GET ${ROUTES.docs}`, 'GET /assets/*'];
/** The vendor's web SDK's own, told of in docs/migrating.md. */
const isOfSdk = (route: string): boolean =>
  Object.values<string>(EMEDIA_PATHS).includes(route.slice(route.indexOf(' ') + 1));

let fixture: WebFixture;
let api: DescribedInterface;
let app: TestApp;
let names: { org: string; app: string };
let token: string;
let userToken: string;

before(async () => {
  fixture = await WebFixture.start();
  api = await DescribedInterface.read(fixture);
  app = await fixture.createApp();
  names = { org: app.org, app: app.name };
  token = app.token;
  userToken = await fixture.userToken(app, 'ann');
});
after(() => fixture?.stop());

const createCall = async (settings: Record<string, unknown> = {}): Promise<string> =>
  (await api.call('createConference', 200, { path: names, token, json: settings })).json<ConferenceView>().id;

const join = async (confrId: string, json: Record<string, unknown>): Promise<JoinView> =>
  (await api.call('joinConference', 200, { path: { ...names, confrId }, token, json })).json<JoinView>();

test('every route of the router is described, and nothing else', () => {
  const routes = fixture.routes.filter((route) => !PAGES.includes(route) && !isOfSdk(route));
  const isPlainHead = (route: string) => route.startsWith('HEAD ') && !(route in OPERATIONS);
  const described = [...api.operations.values()].map(
    ({ method, path }) => `${method.toUpperCase()} ${path.replace('{objectKey}', '*').replace(/\{(\w+)\}/g, ':$1')}`,
  );
  assert.deepEqual(described.sort(), routes.filter((route) => !isPlainHead(route)).sort());
  assert.deepEqual(described.sort(), Object.keys(OPERATIONS).sort());
});

test('every call says what it is, who may make it, what its parameters mean and how it is answered', () => {
  const { securitySchemes } = api.document.components;
  const tags = api.document.tags.map(({ name }) => name);
  for (const [id, { path, operation }] of api.operations) {
    assert.match(id, /^[a-z][A-Za-z]+$/);
    assert.ok(operation.summary, `${id} has no summary`);
    assert.equal(operation.tags?.length, 1, id);
    assert.ok(
      operation.tags.every((tag) => tags.includes(tag)),
      `${id} has an unknown tag`,
    );
    for (const name of (operation.security ?? []).flatMap((scheme) => Object.keys(scheme))) {
      assert.ok(name in securitySchemes, `${id}: ${name}`);
    }
    for (const { name, description } of operation.parameters ?? []) assert.ok(description, `${id}: ${name}`);
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const given = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path').map(({ name }) => name);
    assert.deepEqual(given.sort(), inPath.sort(), id);
    for (const [status, { description }] of Object.entries(operation.responses)) {
      assert.ok(description && description !== 'Default Response', `${id} ${status}`);
    }
  }
});

test('the examples are what the schemas say', () => {
  const vendors = ['OfConference', 'OfUser', 'BySpan'].map((end) => `listRecordings${end}`);
  for (const id of [...vendors, 'listMergedRecordingsBySpan', 'issueToken']) {
    const media = api.operations.get(id)?.operation.responses['200']?.content?.['application/json'];
    assert.ok(media?.example, id);
    api.assertAnswer(id, '200', 'application/json', media.example);
  }
  const body = api.operations.get('issueToken')?.operation.requestBody?.content['application/json']?.example;
  api.assertBody('issueToken', body);
});

test('tokens: issued, revoked', async () => {
  const { clientId: client_id, clientSecret: client_secret } = app;
  const grant = { grant_type: 'client_credentials', client_id, client_secret };
  const issued = await api.call('issueToken', 200, { path: names, json: { ...grant, ttl: '60' } });
  await api.call('issueToken', 400, { path: names, json: { ...grant, client_secret: 'x' } });
  await api.call('issueToken', 400, { path: names, json: { ...grant, ttl: -1 } });
  await api.call('issueToken', 404, { path: { org: 'no', app: 'such' }, json: grant });
  await api.call('issueToken', 415, { path: names, body: 'x', headers: { 'content-type': 'text/plain' } });
  const body = JSON.stringify({ ...grant, x: 'x'.repeat(70_000) });
  await api.call('issueToken', 413, { path: names, body, headers: { 'content-type': 'application/json' } });
  const other = issued.json<TokenView>().access_token;
  await api.call('revokeToken', 200, { path: names, token, json: { token: other } });
  await api.call('revokeToken', 404, { path: names, token, json: { token: 'YWMtx' } });
  await api.call('revokeToken', 401, { path: names, token: other, json: { token } });
  await api.call('revokeToken', 403, { path: names, token: userToken, json: { token } });
});

test('users: created, deleted', async () => {
  const json = { username: 'carl', password: 'secret' };
  await api.call('createUser', 200, { path: names, token, json });
  await api.call('createUser', 400, { path: names, token, json });
  await api.call('createUser', 403, { path: names, token: userToken, json });
  const path = { ...names, username: 'carl' };
  await api.call('deleteUser', 200, { path, token });
  await api.call('deleteUser', 404, { path, token });
});

test('conferences: created, found, shown, ended', async () => {
  const path = { ...names, confrId: await createCall({ password: 'pw', useVCodes: ['H264'], maxAudienceCount: 0 }) };
  await api.call('createConference', 400, { path: names, token, json: { confrType: 9 } });
  await api.call('createOwnConference', 200, { path: names, token: userToken, json: {} });
  await api.call('createOwnConference', 401, { path: names, json: {} });
  await api.call('findConferences', 200, { path: names, token, query: '?state=waiting&limit=1' });
  await api.call('findConferences', 400, { path: names, token, query: '?limit=0' });
  await api.call('getConference', 200, { path, token });
  await api.call('getConference', 404, { path: { ...names, confrId: NO_CONFERENCE }, token });
  await api.call('dissolveConference', 200, { path, token });
  await api.call('dissolveConference', 404, { path, token });
});

test('members: joined, changed, gone', async () => {
  const confrId = await createCall({ maxTalkerCount: 2 });
  const path = { ...names, confrId };
  const [ann, bob] = [
    await join(confrId, { userName: 'ann', role: 'admin' }),
    await join(confrId, { userName: 'bob' }),
  ];
  await api.call('getConference', 200, { path, token });
  await api.call('joinConference', 403, { path, token, json: { userName: 'carl' } });
  await api.call('joinConference', 404, { path: { ...names, confrId: NO_CONFERENCE }, token, json: { userName: 'a' } });
  const bobPath = { ...path, memberId: bob.memberId };
  await api.call('changeMember', 200, { path: bobPath, token: ann.token, json: { mute: true } });
  await api.call('changeMember', 403, { path: bobPath, token: bob.token, json: { role: 'admin' } });
  await api.call('changeMember', 400, { path: bobPath, token, json: {} });
  await api.call('removeUser', 200, { path: { ...path, userName: 'bob' }, token });
  await api.call('removeUser', 404, { path: { ...path, userName: 'bob' }, token });
  const annPath = { ...path, memberId: ann.memberId };
  await api.call('leaveOrRemoveMember', 401, { path: annPath });
  await api.call('leaveOrRemoveMember', 200, { path: annPath, token: ann.token });
});

test('publications: published, continued, ended', async () => {
  const confrId = await createCall();
  const member = await join(confrId, { userName: 'ann' });
  const path = { ...names, confrId };
  const headers = { 'content-type': 'application/sdp' };
  const offer = { path, token: member.token, body: OFFER_SDP, headers };
  const answer = await api.call('publish', 201, offer);
  const pubStreamId = answer.headers.get('location')?.split('/').at(-1) ?? '';
  for (const name of ['location', 'etag']) assert.ok(answer.headers.get(name), name);
  await api.call('publish', 201, { ...offer, query: `?resume=${pubStreamId}` });
  await api.call('publish', 400, { ...offer, query: '?type=tape' });
  await api.call('publish', 400, { ...offer, body: 'hello' });
  await api.call('publish', 415, { ...offer, headers: { 'content-type': 'text/plain' } });
  await api.call('publish', 403, { ...offer, token });

  const again = await api.call('publish', 201, { ...offer, query: `?resume=${pubStreamId}` });
  const streamPath = { ...path, pubStreamId };
  const fragment = `${OFFER_ICE}a=end-of-candidates\r\n`;
  const patch = (status: number, ifMatch: Record<string, string>) =>
    api.call('addCandidates', status, {
      path: streamPath,
      token: member.token,
      body: fragment,
      headers: { 'content-type': 'application/trickle-ice-sdpfrag', ...ifMatch },
    });
  await patch(204, { 'if-match': again.headers.get('etag') ?? '' });
  await patch(412, { 'if-match': '"x"' });
  await patch(422, { 'if-match': '*' });
  await patch(428, {});
  await api.call('unpublish', 200, { path: streamPath, token: member.token });
  await api.call('unpublish', 404, { path: streamPath, token: member.token });
});

test('recording by hand: ordered, shown', async () => {
  const path = { ...names, confrId: await createCall() };
  const [ann, bob] = [
    await join(path.confrId, { userName: 'ann', role: 'admin' }),
    await join(path.confrId, { userName: 'bob' }),
  ];
  const order = (status: number, by: string, json: Record<string, unknown>) =>
    api.call('orderRecording', status, { path, token: by, json });
  await order(409, token, { action: 'pause' });
  await order(200, token, { action: 'start' });
  await order(200, ann.token, { action: 'pause' });
  await order(403, bob.token, { action: 'stop' });
  await order(404, token, { action: 'stop', pubStreamId: 'rtc-10-aaaaaaa_C1M1' });
  for (const json of [{}, { action: 'erase' }, { action: 'stop', pubStreamId: 7 }]) await order(400, token, json);
  const shown = await api.call('getRecordingStatus', 200, { path, token });
  assert.equal(shown.json<RecordingStatusWithLog>().log?.length, 2);
  const toMember = await api.call('getRecordingStatus', 200, { path, token: bob.token });
  assert.equal('log' in toMember.json(), false);
  await api.call('getRecordingStatus', 404, { path: { ...names, confrId: NO_CONFERENCE }, token });
});

test('events: followed, and not', async () => {
  const path = { ...names, confrId: await createCall() };
  await api.call('followEvents', 101, { path, token, webSocket: true });
  await api.call('followEvents', 101, { path, token, webSocket: true, query: '?since=q2Wd0JkX1bNa.118' });
  await api.call('followEvents', 400, { path, token, webSocket: true, query: '?since=118' });
  await api.call('followEvents', 401, { path, webSocket: true });
  await api.call('followEvents', 404, { path: { ...names, confrId: NO_CONFERENCE }, token, webSocket: true });
  await api.call('followEvents', 426, { path, token });
});

test('subscriptions: made, continued with candidates, ended', async () => {
  const confrId = await createCall();
  const member = await join(confrId, { userName: 'ann' });
  const headers = { 'content-type': 'application/sdp' };
  const path = { ...names, confrId };
  const published = await api.call('publish', 201, { path, token: member.token, body: OFFER_SDP, headers });
  const publication = { ...path, pubStreamId: published.headers.get('location')?.split('/').at(-1) ?? '' };
  const offer = { path: publication, token: member.token, body: RECEIVE_SDP, headers };
  const answer = await api.call('subscribe', 201, offer);
  for (const name of ['location', 'etag']) assert.ok(answer.headers.get(name), name);
  await api.call('subscribe', 400, { ...offer, body: 'hello' });
  await api.call('subscribe', 403, { ...offer, token });
  await api.call('subscribe', 404, { ...offer, path: { ...publication, pubStreamId: 'rtc-10-aaaaaaa_C1M1' } });
  await api.call('subscribe', 415, { ...offer, headers: { 'content-type': 'text/plain' } });

  const subscription = { ...publication, subscriptionId: answer.headers.get('location')?.split('/').at(-1) ?? '' };
  const patch = (status: number, ifMatch: Record<string, string>) =>
    api.call('addSubscriptionCandidates', status, {
      path: subscription,
      token: member.token,
      body: `${OFFER_ICE}a=end-of-candidates\r\n`,
      headers: { 'content-type': 'application/trickle-ice-sdpfrag', ...ifMatch },
    });
  await patch(204, { 'if-match': answer.headers.get('etag') ?? '' });
  await patch(412, { 'if-match': '"x"' });
  await patch(422, { 'if-match': '*' });
  await patch(428, {});
  const change = { path: subscription, token: member.token };
  await api.call('changeSubscription', 200, { ...change, json: { video: false } });
  await api.call('changeSubscription', 400, { ...change, json: {} });
  await api.call('changeSubscription', 403, { ...change, token, json: { video: false } });
  await api.call('unsubscribe', 200, { path: subscription, token: member.token });
  await api.call('unsubscribe', 404, { path: subscription, token: member.token });
});

test('calls: made, and not; own events: followed, and not', async () => {
  await api.call('callUser', 200, { path: names, token: userToken, json: { to: 'bob', rec: true, ext: 'x' } });
  await api.call('callUser', 400, { path: names, token: userToken, json: { to: 'ann' } });
  await api.call('callUser', 403, { path: names, token, json: { to: 'bob' } });
  await api.call('followOwnEvents', 101, { path: names, token: userToken, webSocket: true, query: '?device=phone' });
  await api.call('followOwnEvents', 400, { path: names, token: userToken, webSocket: true, query: '?device=a.b' });
  await api.call('followOwnEvents', 403, { path: names, token, webSocket: true });
  await api.call('followOwnEvents', 426, { path: names, token: userToken });
});

test('recordings: listed, searched, downloaded, deleted', async () => {
  const { id, confrId, objectKey } = await fixture.addRecording(app, Buffer.from('content'));
  const merged = { confrId: confrId as ConfrId, recordType: 'MERGE_ALL', container: 'mp4' } as const;
  await fixture.addRecording(app, Buffer.from('merged'), merged);
  const span = { ...names, beginTime: '20190101000000', endTime: '20991231235959', startId: '0', length: '100' };
  const list = async (operation: string, path: Record<string, string>, count: number): Promise<RecordingView[]> => {
    const found = (await api.call(operation, 200, { path, token })).json<RecordingView[]>();
    assert.equal(found.length, count, operation);
    await api.call(operation, 403, { path, token: userToken });
    return found;
  };
  const [first] = await list('listRecordingsOfConference', { ...names, confrId }, 2);
  await list('listRecordingsOfUser', { ...names, confrId, userName: 'user1' }, 1);
  for (const [operation, count] of [
    ['listRecordingsBySpan', 2],
    ['listMergedRecordingsBySpan', 1],
  ] as const) {
    await list(operation, span, count);
    await api.call(operation, 500, { path: { ...span, length: '101' }, token });
    await api.call(operation, 400, { path: { ...span, beginTime: '20190230000000' }, token });
  }

  await api.call('findRecordings', 200, { path: names, token, query: '?limit=1' });
  await api.call('findRecordings', 400, { path: names, token, query: '?recordType=x' });
  const path = { ...names, id: String(id) };
  await api.call('getRecording', 200, { path, token });
  await api.call('getRecordingTimeline', 200, { path, token });

  const link = { path: { objectKey }, query: new URL(first?.url ?? '').search };
  const whole = await api.call('downloadFile', 200, link);
  await api.call('downloadFile', 206, { ...link, headers: { range: 'bytes=0-2' } });
  await api.call('downloadFile', 304, { ...link, headers: { 'if-none-match': whole.headers.get('etag') ?? '' } });
  await api.call('downloadFile', 416, { ...link, headers: { range: 'bytes=99-' } });
  await api.call('downloadFile', 403, { path: { objectKey } });
  await api.call('probeFile', 200, link);
  await api.call('probeFile', 403, { path: { objectKey } });

  await api.call('deleteRecording', 200, { path, token });
  await api.call('deleteRecording', 404, { path, token });
  await api.call('getRecording', 404, { path, token });
  await api.call('getRecordingTimeline', 404, { path, token });
  await api.call('downloadFile', 410, link);
});

test('too many calls are told how long to wait', async () => {
  const slow = await WebFixture.start({ CALLREEL_RATES: 'retrieval=1' });
  try {
    const own = await slow.createApp();
    const described = await DescribedInterface.read(slow);
    const path = { org: own.org, app: own.name, confrId: NO_CONFERENCE };
    await described.call('listRecordingsOfConference', 200, { path, token: own.token });
    await described.call('listRecordingsOfConference', 429, { path, token: own.token });
  } finally {
    await slow.stop();
  }
});

test('the service describes itself, lives, and is ready as long as its database is there', async () => {
  await api.call('describe', 200, {});
  await api.call('health', 200, {});
  await api.call('readiness', 200, {});
  await api.call('metrics', 200, {});
  await api.call('metrics', 403, { headers: { forwarded: 'for=192.0.2.1' } });
  await fixture.postgres.server.stop();
  await api.call('readiness', 503, {});
  await api.call('health', 200, {});
  await api.call('listRecordingsOfConference', 503, { path: { ...names, confrId: NO_CONFERENCE }, token });
});

test('every operation was answered as described, and refused', () => {
  assert.deepEqual(api.notSeen('good'), []);
  assert.deepEqual(api.notSeen('refused'), NEVER_REFUSED);
});
