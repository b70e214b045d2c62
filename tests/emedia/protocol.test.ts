import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { ConferenceWithMembers } from '@callreel/contract/conference.ts';
import type { RecordingStatus } from '@callreel/contract/recording-control.ts';
import { OFFER_SDP, type TestApp, WebFixture } from '../api/web-fixture.ts';
import { EmediaClient, type Ticket } from '../support/emedia-client.ts';

let fixture: WebFixture;
let app: TestApp;

before(async () => {
  fixture = await WebFixture.start({
    CALLREEL_ICE_SERVERS: 'turn:turn.example:3478',
    CALLREEL_TURN_SECRET: 's'.repeat(32),
  });
});
after(() => fixture?.stop());
beforeEach(async () => {
  app = await fixture.createApp();
});

type Answered = { error: number; confrId: string; role: number; roleToken: string; ticket: Ticket };

const post = async (path: string, json: object): Promise<Answered> => {
  const answer = await fixture.call(path, { method: 'POST', json });
  assert.equal(answer.status, 200, answer.text);
  const body = answer.json<Omit<Answered, 'ticket'> & { ticket?: string }>();
  return { ...body, ticket: body.ticket === undefined ? { url: '' } : (JSON.parse(body.ticket) as Ticket) };
};

type User = { uid: string; token: string };
const user = async (name: string, of = app): Promise<User> => ({
  uid: `${of.org}#${of.name}_${name}`,
  token: await fixture.userToken(of, name),
});
const create = async (by: User, settings: object = {}) =>
  post('/easemob/rtc/req/ticket', { ...by, confrType: 10, password: 'pw', ...settings });
const ticketFor = async (by: User, confrId: string, wish: object = {}) =>
  post('/easemob/rtc/req/ticket', { ...by, confrId, password: 'pw', ...wish });

/** A conference with its host and a guest, both entered. */
const call = async () => {
  const [anna, bert] = [await user('anna'), await user('bert')];
  const created = await create(anna);
  const host = await EmediaClient.enter(created.ticket);
  const invited = await ticketFor(bert, created.confrId);
  const guest = await EmediaClient.enter(invited.ticket);
  return { anna, bert, created, invited, host, guest };
};

const membersOf = async (confrId: string): Promise<ConferenceWithMembers['mems']> =>
  (
    await fixture.call(`/${app.org}/${app.name}/conferences/${confrId}`, { token: app.token })
  ).json<ConferenceWithMembers>().mems;

const OFFER = JSON.stringify({ type: 'OFFER', sdp: OFFER_SDP });
const RECEIVING = OFFER.replaceAll(/a=send(?:only|recv)/g, 'a=recvonly');
const publish = (client: EmediaClient, pubS: object = {}, rtcId = 'RTC0') =>
  client.ask({ op: 102, rtcId, cctx: '_i_1', sdp: OFFER, pubS: { type: 0, voff: 0, aoff: 0, ...pubS } });

test('who enters is told of those who are there, and they of him', async () => {
  const { host, guest, bert } = await call();
  const { mem } = (await host.heard(({ op }) => op === 300)) as unknown as { mem: Record<string, unknown> };
  assert.deepEqual([mem.id, mem.name, mem.role], [guest.memId, bert.uid, 3]);
  const [entered] = guest.frames;
  const mems = entered?.mems as { id: string }[];
  assert.deepEqual(mems.map(({ id }) => id).sort(), [host.memId, guest.memId].sort());
  assert.deepEqual(entered?.cattrs, []);
  const { iceServers } = JSON.parse(String(entered?.rtcCfg)) as { iceServers: { username: string }[] };
  assert.match(iceServers[0]?.username ?? '', /^\d+:/);
});

test('a publication is answered first and its description comes after; others hear of it without the name of its connection', async () => {
  const { host, guest } = await call();
  const answer = await publish(host, { ext: '{"e":1}' });
  assert.equal(answer.result, 0);
  const description = await host.heard(({ op }) => op === 106);
  assert.deepEqual([description.rtcId, description.cctx], ['RTC0', '_i_1']);
  assert.match(String((JSON.parse(String(description.sdp)) as { sdp: string }).sdp), /^v=0/);
  assert.ok(host.frames.indexOf(answer) < host.frames.indexOf(description));
  assert.equal('sdp' in answer, false);
  const told = await guest.heard(({ op }) => op === 302);
  const pubS = told.pubS as Record<string, unknown>;
  assert.deepEqual([pubS.id, pubS.memId, pubS.sver, pubS.ext], [answer.streamId, host.memId, 1, '{"e":1}']);
  assert.doesNotMatch(JSON.stringify(told), /rtcId|RTC0/);
  assert.equal(told.sessId, guest.sessId);
  assert.equal(
    host.frames.some(({ op }) => op === 302),
    false,
  );
});

test('a connection that is made anew keeps its publication, also where the SDK ends the closed one once more', async () => {
  const { host, guest } = await call();
  const { streamId } = await publish(host);
  assert.equal((await host.ask({ op: 107, rtcId: 'RTC0', endReason: -10 })).result, 0);
  assert.equal((await host.ask({ op: 107, rtcId: 'RTC0' })).result, 0);
  const again = await publish(host, { id: streamId }, 'RTC0');
  assert.deepEqual([again.result, again.streamId], [0, streamId]);
  const renewed = await guest.heard(({ op, pubS }) => op === 302 && (pubS as { sver: number }).sver === 2);
  assert.equal((renewed.pubS as { id: string }).id, streamId);
  assert.equal(
    guest.frames.some(({ op }) => op === 303),
    false,
  );
  await host.ask({ op: 107, rtcId: 'RTC0' });
  const ended = await guest.heard(({ op }) => op === 303);
  assert.equal(ended.pubSId, streamId);
});

test('an admin starts and stops the recording of a stream, his own or one that he receives; a guest may not', async () => {
  const { host, guest, created } = await call();
  await publish(host);
  const { streamId } = await publish(guest);
  const subscribed = await host.ask({ op: 102, rtcId: 'RTC1', sdp: RECEIVING, subSId: streamId });
  assert.equal(subscribed.result, 0);
  const recorded = async (): Promise<string[]> => {
    const path = `/v1/${app.org}/${app.name}/conferences/${created.confrId}/recording`;
    const { publications } = (await fixture.call(path, { token: app.token })).json<RecordingStatus>();
    return publications.map(({ state }) => state);
  };
  assert.deepEqual(await recorded(), ['stopped', 'stopped']);
  // The SDK says it again for a connection that it made anew.
  for (const _ of ['once', 'again']) assert.equal((await host.ask({ op: 500, rtcId: 'RTC1', flag: 1 })).result, 0);
  assert.deepEqual(await recorded(), ['stopped', 'recording']);
  assert.equal((await host.ask({ op: 500, rtcId: 'RTC0', flag: 1 })).result, 0);
  assert.notEqual((await guest.ask({ op: 500, rtcId: 'RTC0', flag: 0 })).result, 0);
  assert.deepEqual(await recorded(), ['recording', 'recording']);
  assert.equal((await host.ask({ op: 500, rtcId: 'RTC1', flag: 0 })).result, 0);
  assert.deepEqual(await recorded(), ['recording', 'stopped']);
});

test('what is received is switched, made anew and ended', async () => {
  const { host, guest, created } = await call();
  const { streamId: subSId } = await publish(host);
  const subscribe = (wish: object = {}) =>
    guest.ask({
      op: 102,
      rtcId: 'RTC2',
      cctx: '_i_3',
      sdp: RECEIVING,
      subSId,
      subSVideo: true,
      subSAudio: true,
      ...wish,
    });
  const answer = await subscribe();
  assert.equal(answer.result, 0);
  const description = await guest.heard(({ op }) => op === 106);
  assert.deepEqual([description.rtcId, description.cctx, 'sdp' in answer], ['RTC2', '_i_3', false]);
  assert.equal((await guest.ask({ op: 205, rtcId: 'RTC2', subSId, subSVideo: false, subSAudio: true })).result, 0);
  assert.equal((await guest.ask({ op: 205, rtcId: 'RTC9', subSId, subSVideo: false })).result, -404);
  assert.equal((await subscribe({ subSVideo: false })).result, 0);
  assert.equal((await guest.ask({ op: 206, rtcId: 'RTC2', subSId })).result, 0);
  assert.equal((await guest.ask({ op: 107, rtcId: 'RTC2' })).result, 0);
  assert.equal((await guest.ask({ op: 205, rtcId: 'RTC2', subSId, subSVideo: true })).result, -404);
  // What a guest ends of his own ends nothing of the host's.
  assert.equal((await host.ask({ op: 107, rtcId: 'RTC2' })).result, 0);
  assert.equal((await guest.ask({ op: 1000 })).result, 0);
  const { streams } = guest.frames.at(-1) as unknown as { streams: { id: string }[] };
  assert.deepEqual(
    streams.map(({ id }) => id),
    [subSId],
  );
  assert.equal((await membersOf(created.confrId)).length, 2);
});

test('a switch of sound is told to the others, by whichever means it came', async () => {
  const { host, guest, created } = await call();
  const { streamId } = await publish(host);
  await host.ask({ op: 400, rtcId: 'RTC0', voff: 0, aoff: 1 });
  await guest.heard(({ op, aoff }) => op === 400 && aoff === 1);
  await host.ask({ op: 400, rtcId: 'RTC0', voff: 0, aoff: 0 });
  await guest.heard(({ op, aoff }) => op === 400 && aoff === 0);
  const path = `/v1/${app.org}/${app.name}/conferences/${created.confrId}/members/${host.memId}`;
  await fixture.call(path, { method: 'POST', token: app.token, json: { mute: true } });
  const told = await guest.heard((frame) => frame.aoff === 1 && guest.frames.lastIndexOf(frame) > 3);
  assert.equal(told.streamId, streamId);
});

test('what cannot be read closes the socket, and what is not known is refused', async () => {
  const { created } = await call();
  const { url } = created.ticket;
  for (const garbage of ['', 'x', '[]', '{"op":"200","tsxId":"a"}', '{"op":200}', 'null']) {
    const client = await EmediaClient.open(url);
    client.ws.send(garbage);
    assert.equal((await client.closed()).code, 4400, garbage);
  }
  const binary = await EmediaClient.open(url);
  binary.ws.send(Buffer.from('{}'));
  assert.equal((await binary.closed()).code, 1003);
  const huge = await EmediaClient.open(url);
  huge.ws.send(JSON.stringify({ op: 200, tsxId: 'x'.repeat(200_000) }));
  assert.equal((await huge.closed()).code, 1009);
});

test('a frame of an unknown kind, or with wrong fields, is refused, and the session goes on', async () => {
  const { host } = await call();
  assert.equal((await host.ask({ op: 999 })).result, -404);
  assert.equal((await host.ask({ op: 102, rtcId: 7 })).result, -400);
  assert.equal((await host.ask({ op: 102, rtcId: 'RTC0', sdp: 'no JSON', pubS: {} })).result, -406);
  assert.equal((await host.ask({ op: 102, rtcId: 'RTC0', sdp: OFFER, pubS: { type: 2 } })).result, -404);
  assert.equal((await host.ask({ op: 102, rtcId: 'RTC0', sdp: RECEIVING, subSId: 'no such' })).result, -404);
  assert.equal((await host.ask({ op: 400, rtcId: 'RTC9', voff: 1, aoff: 1 })).result, -404);
  assert.equal((await host.ask({ op: 500, rtcId: 'RTC9', flag: 1 })).result, -404);
  assert.equal((await host.ask({ op: 107, rtcId: '_i_1' })).result, 0);
  assert.equal((await host.ask({ op: 1000, cver: 1 })).result, 0);
});

test('a name that cannot be kept enters nobody, and the ticket is good for another try', async () => {
  const { ticket, confrId } = await create(await user('anna'));
  const client = await EmediaClient.open(ticket.url);
  for (const name of [{ nickName: 'a\0' }, { ext: 'a\0' }]) {
    assert.equal((await client.ask({ op: 200, tkt: ticket, ...name })).result, -400);
  }
  assert.deepEqual(await membersOf(confrId), []);
  assert.equal((await client.ask({ op: 200, tkt: ticket, nickName: 'Anna \u{1f600}' })).result, 0);
});

test('nothing is carried out for a session that is not the own one', async () => {
  const { host, guest, created } = await call();
  const stranger = await EmediaClient.open(created.ticket.url);
  assert.equal((await stranger.ask({ op: 204 })).result, -504);
  assert.equal((await guest.ask({ op: 204, sessId: host.sessId })).result, -504);
  assert.equal((await guest.ask({ op: 204 })).result, -403);
  assert.equal((await membersOf(created.confrId)).length, 2);
});

test('a ticket that was altered, is none, or is a role token opens nothing', async () => {
  const { created, invited } = await call();
  const { ticket } = created;
  const proof = String(ticket.proof);
  const content = JSON.parse(Buffer.from(proof.split('.')[0] ?? '', 'base64url').toString()) as object;
  const forged = Buffer.from(JSON.stringify({ ...content, userName: 'eve' })).toString('base64url');
  const attempts = [
    undefined,
    'x',
    {},
    { ...ticket, proof: `${forged}.${proof.split('.')[1]}` },
    { proof: invited.roleToken },
  ];
  for (const tkt of attempts) {
    const client = await EmediaClient.open(ticket.url);
    assert.equal((await client.ask({ op: 200, tkt })).result, -500, JSON.stringify(tkt));
  }
  assert.equal((await membersOf(created.confrId)).length, 2);
});

test('who comes back with his session is the same member; with another’s, or one that is over, he is not', async () => {
  const { created, invited, host, guest } = await call();
  const back = await EmediaClient.enter(invited.ticket, guest);
  assert.equal(back.memId, guest.memId);
  assert.equal((await guest.closed()).code, 4409);
  assert.equal((await membersOf(created.confrId)).length, 2);

  const thief = await EmediaClient.open(invited.ticket.url);
  assert.equal((await thief.ask({ op: 200, tkt: invited.ticket, sessId: host.sessId })).result, -504);

  await back.ask({ op: 201 });
  await host.heard(({ op, memId }) => op === 301 && memId === back.memId);
  const late = await EmediaClient.open(invited.ticket.url);
  assert.equal((await late.ask({ op: 200, tkt: invited.ticket, sessId: back.sessId })).result, -504);

  await host.ask({ op: 204, reason: 11 });
  assert.equal((await late.ask({ op: 200, tkt: invited.ticket })).result, -506);
});

test('when the host closes, each guest is told that he is out, and the host is not', async () => {
  const { host, guest } = await call();
  assert.equal((await host.ask({ op: 204, reason: 11 })).result, 0);
  const told = await guest.heard(({ op }) => op === 301);
  assert.deepEqual([told.memId, told.reason], [guest.memId, 11]);
  assert.equal((await guest.ask({ op: 107, rtcId: 'RTC0' })).result, 0);
  assert.equal((await host.ask({ op: 201 })).result, 0);
  assert.equal(
    host.frames.some(({ op }) => op === 301),
    false,
  );
});

test('a revoked token ends the session that was got with it, and its ticket opens nothing more', async () => {
  const { bert, invited, guest } = await call();
  await fixture.tokens.revoke(bert.token);
  await fixture.conferences.endRevoked();
  const told = await guest.heard(({ op }) => op === 301);
  assert.equal(told.memId, guest.memId);
  const again = await EmediaClient.open(invited.ticket.url);
  assert.equal((await again.ask({ op: 200, tkt: invited.ticket })).result, -401);
});

test('what is said to another comes with the sender’s name; only an admin silences another', async () => {
  const { host, guest } = await call();
  const ask = JSON.stringify({ op2: 21, memId: guest.memId });
  assert.equal((await guest.ask({ op: 1002, memId: host.memId, arg: ask })).result, 0);
  const asked = await host.heard(({ op }) => op === 1002);
  assert.deepEqual([asked.memId, asked.arg], [guest.memId, ask]);
  host.ws.send(
    JSON.stringify({ op: 1001, sessId: host.sessId, tsxId: asked.tsxId, memId: guest.memId, arg: ask, result: 1 }),
  );
  const reply = await guest.heard(({ op, arg }) => op === 1001 && arg === ask);
  assert.deepEqual([reply.tsxId, reply.memId, reply.result], [asked.tsxId, host.memId, 1]);
  const mute = JSON.stringify({ op2: 23, memId: host.memId });
  assert.equal((await guest.ask({ op: 1002, memId: host.memId, arg: mute })).result, -403);
  assert.equal((await host.ask({ op: 1002, memId: guest.memId, arg: mute })).result, 0);
  assert.equal((await host.ask({ op: 1003, memId: 'nobody', arg: 'x' })).result, -507);
});

test('who says too much at once is told so, and then closed', async () => {
  const { host, guest } = await call();
  const said = Array.from({ length: 40 }, () => guest.ask({ op: 1003, memId: host.memId, arg: 'x' }));
  const results = (await Promise.all(said)).map(({ result }) => result);
  assert.ok(results.includes(0) && results.includes(-429), results.join());
  for (let index = 0; index < 600; index += 1)
    guest.ws.send(JSON.stringify({ op: 1000, tsxId: 'x', sessId: guest.sessId }));
  assert.equal((await guest.closed()).code, 4429);
});

test('a role token is worth what its user is now', async () => {
  const { created, invited, host, guest } = await call();
  const { confrId } = created;
  const kick = (roleToken: string, uids: string[], id = confrId) =>
    post('/easemob/rtc/kick/member', { confrId: id, roleToken, uids });
  const roles = (roleToken: string, uid: string, role: number) =>
    post('/easemob/rtc/chanage/roles', { confrId, roleToken, uids: [uid], role });
  const other = await create(await user('carl'));
  assert.equal((await kick(invited.roleToken, ['anna'])).error, -403);
  assert.equal((await kick(other.roleToken, ['anna'])).error, -403);
  assert.equal((await kick(created.roleToken, ['anna'], other.confrId)).error, -403);
  assert.equal((await kick(`${created.roleToken}x`, ['bert'])).error, -500);
  assert.equal((await kick(String(created.ticket.proof), ['bert'])).error, -500);

  assert.equal((await roles(created.roleToken, 'bert', 7)).error, 0);
  const told = await guest.heard(({ op, role }) => op === 412 && role === 7);
  assert.equal((await kick(String(told.roleToken), ['nobody'])).error, -404);
  assert.equal((await kick(created.roleToken, ['bert'])).error, 0);
  await guest.heard(({ op, memId }) => op === 301 && memId === guest.memId);
  assert.equal((await kick(invited.roleToken, ['anna'])).error, -403);
  assert.equal((await ticketFor(await user('bert'), confrId)).error, -403);
  assert.equal((await membersOf(confrId)).length, 1);
  assert.equal((await host.ask({ op: 1000 })).result, 0);
});

test('two who ask for a room at once are in one conference, and its password counts', async () => {
  const [anna, bert] = [await user('anna'), await user('bert')];
  const path = `/${app.org}/${app.name}/conferences/room`;
  const enter = ({ uid: memName, token }: User, password = 'pw') =>
    post(path, { roomName: 'r', memName, token, password }) as Promise<Answered & { isCreator: boolean }>;
  const [one, other] = await Promise.all([enter(anna), enter(bert)]);
  assert.equal(one.confrId, other.confrId);
  assert.deepEqual([one.isCreator, other.isCreator].sort(), [false, true]);
  assert.equal((await enter(await user('carl'), 'wrong')).error, -403);
});

test('attributes are bounded, and those who come later have them', async () => {
  const { created, host, bert } = await call();
  const write = (body: object) => post('/easemob/rtc/confr/attrs/update', { roleToken: created.roleToken, ...body });
  assert.equal((await write({ cattrs: [{ key: 'k', val: 'v', op: 'UPDATE' }] })).error, 0);
  await host.heard(({ op }) => op === 402);
  const many = Array.from({ length: 64 }, (_, index) => ({ key: `k${index}`, val: 'v', op: 'UPDATE' }));
  assert.equal((await write({ cattrs: many })).error, -409);
  assert.equal((await write({ cstate: { muteAll: true } })).error, 0);
  const { ticket } = await ticketFor(bert, created.confrId);
  const late = await EmediaClient.enter(ticket);
  const [entered] = late.frames;
  assert.deepEqual(entered?.cattrs, [{ key: 'k', val: 'v', op: 'UPDATE' }]);
  assert.deepEqual(entered?.cstate, { muteAll: true });
});
