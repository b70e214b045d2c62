import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { ConferenceView, JoinView } from '@callreel/contract/conference.ts';
import { EVENT_CLOSES, type EventClose } from '@callreel/contract/events.ts';
import type { PubStreamId } from '@callreel/contract/ids.ts';
import { CHROMIUM_OFFER } from '@callreel/media/sdp/offers-fixture.ts';
import type { MemberRef } from '@callreel/server/conference/conferences.ts';
import { ScriptedMedia } from '@callreel/server/conference/scripted-media-fixture.ts';
import { EventClient, type Followed } from '../support/event-client.ts';
import { webSocketHeaders } from '../support/web-socket-request.ts';
import { type Answer, type Call, type TestApp, WebFixture } from './web-fixture.ts';

const media = new ScriptedMedia();
const ORIGIN = 'https://app.example';
const TURN_URL = 'turn:relay.example:3478?transport=udp';
const TURN = {
  CALLREEL_ICE_SERVERS: `stun:relay.example:3478,${TURN_URL}`,
  CALLREEL_TURN_SECRET: 'north-wind-and-sun',
};

let fixture: WebFixture;
let app: TestApp;

before(async () => {
  fixture = await WebFixture.start({ CALLREEL_CORS_ORIGINS: ORIGIN, ...TURN }, { spawnMedia: media.spawn });
  app = await fixture.createApp();
});
after(() => fixture?.stop());

/** A conference, and what is done in it by HTTP. */
class TestCall {
  readonly confrId: string;
  readonly #fixture: WebFixture;
  readonly #app: TestApp;

  constructor(own: WebFixture, owner: TestApp, confrId: string) {
    this.#fixture = own;
    this.#app = owner;
    this.confrId = confrId;
  }

  static async create(json: object = { rec: true }, own = fixture, owner = app): Promise<TestCall> {
    const path = `/${owner.org}/${owner.name}/conferences`;
    const answer = await own.call(path, { method: 'POST', token: owner.token, json });
    return new TestCall(own, owner, answer.json<ConferenceView>().id);
  }

  get path(): string {
    return `/v1/${this.#app.org}/${this.#app.name}/conferences/${this.confrId}`;
  }

  /** By the application's own token. */
  get asApp(): Followed {
    return { events: `${this.#fixture.url.replace('http', 'ws')}${this.path}/events`, token: this.#app.token };
  }

  async call(path: string, call: Call): Promise<Answer> {
    const answer = await this.#fixture.call(path, { token: this.#app.token, ...call });
    assert.ok(answer.status < 300, answer.text);
    return answer;
  }

  async join(userName: string, json: object = {}): Promise<JoinView> {
    const body = { userName, role: 'talker', ...json };
    return (await this.call(`${this.path}/join`, { method: 'POST', json: body })).json<JoinView>();
  }

  async publish(member: JoinView, query = '', body = CHROMIUM_OFFER): Promise<PubStreamId> {
    const headers = { 'content-type': 'application/sdp' };
    const answer = await this.call(member.whip + query, { method: 'POST', token: member.token, body, headers });
    return answer.headers.get('location')?.split('/').at(-1) as PubStreamId;
  }

  change({ memberId }: JoinView, json: object): Promise<Answer> {
    return this.call(`${this.path}/members/${memberId}`, { method: 'POST', json });
  }

  remove(path: string, token = this.#app.token): Promise<Answer> {
    return this.call(path, { method: 'DELETE', token });
  }

  /** As he says over his socket, but as often as one likes. */
  async switchSound({ memberId }: JoinView, id: PubStreamId, audioOff: boolean): Promise<void> {
    const ref = { appId: this.#app.id, confrId: this.confrId, memberId, userName: '' } as MemberRef;
    await this.#fixture.conferences.events.switchTracks(ref, id, { audioOff });
  }

  dissolve(): Promise<Answer> {
    return this.remove(this.path.slice('/v1'.length));
  }
}

const assertClosed = async (client: EventClient, why: EventClose): Promise<void> => {
  assert.deepEqual(await client.closed(), { code: EVENT_CLOSES[why].code, reason: why });
};

test('all who follow hear all that happens, in one order, and it adds up to what is', async () => {
  const call = await TestCall.create();
  const [ann, bob] = [await call.join('ann', { nickname: 'Ann', ext: '{"seat":1}' }), await call.join('bob')];
  const clients = [await EventClient.open(ann), await EventClient.open(bob), await EventClient.open(call.asApp)];
  const camera = await call.publish(ann);
  const screen = await call.publish(ann, '?type=desktop');
  media.lose(camera);
  await clients[0]?.heard('publicationLost');
  await call.publish(ann, `?resume=${camera}`);
  await call.change(ann, { mute: true });
  await call.change(bob, { role: 'audience' });
  await call.remove(`${ann.whip}/${screen}`, ann.token);
  const cid = await call.join('cid');
  await call.remove(cid.leave, cid.token);
  for (const client of clients) {
    await client.heard('memberLeft');
    assert.deepEqual(
      client.kinds.filter((kind) => kind !== 'memberBack'),
      [
        ...['publicationAdded', 'publicationAdded', 'publicationLost', 'publicationResumed', 'memberMuted'],
        ...['roleChanged', 'publicationEnded', 'memberJoined', 'memberLeft'],
      ],
    );
    assert.deepEqual(client.state, clients[0]?.state);
  }
  const { state } = clients[0] ?? {};
  assert.deepEqual(state?.members, [
    {
      ...{ memberId: ann.memberId, userName: 'ann', nickname: 'Ann', ext: '{"seat":1}' },
      ...{ role: 'talker', muted: true, lost: false },
    },
    {
      ...{ memberId: bob.memberId, userName: 'bob', nickname: null, ext: null },
      ...{ role: 'audience', muted: false, lost: false },
    },
  ]);
  assert.deepEqual(state?.publications, [
    {
      ...{ pubStreamId: camera, memberId: ann.memberId, kind: 'av', audio: 'opus', video: 'VP8' },
      ...{ audioOff: false, videoOff: false, lost: false, recording: 'recording' },
    },
  ]);
});

test('a snapshot says who the reader is, when the call began and what is recorded', async () => {
  const call = await TestCall.create({ rec: false });
  const early = await EventClient.open(call.asApp);
  const [first] = early.frames;
  assert.ok(first?.kind === 'snapshot' && first.you === null);
  assert.deepEqual([first.state.beganAtMs, first.state.recording, first.state.members], [null, 'stopped', []]);
  const ann = await call.join('ann');
  await early.heard('conferenceBegan');
  const [own] = (await EventClient.open(ann)).frames;
  assert.ok(own?.kind === 'snapshot' && own.you === ann.memberId);
  assert.equal(own.state.beganAtMs, early.state?.beganAtMs);
});

test('an opening names the servers to connect by, with credentials of the member alone; the application gets none', async () => {
  const call = await TestCall.create();
  const [ann, bob] = [await call.join('ann'), await call.join('bob')];
  const serversIn = ({ frames: [first] }: EventClient) =>
    first?.kind === 'snapshot' || first?.kind === 'resumed' ? first.iceServers : assert.fail();
  const client = await EventClient.open(ann);
  const [stun, turn] = serversIn(client);
  assert.deepEqual(stun, { urls: ['stun:relay.example:3478'] });
  assert.deepEqual(turn?.urls, [TURN_URL]);
  const [until, name] = turn?.username?.split(':') ?? [];
  assert.ok(Number(until) > Date.now() / 1000 && name === ann.memberId, turn?.username);
  assert.equal(
    turn?.credential,
    createHmac('sha1', TURN.CALLREEL_TURN_SECRET)
      .update(turn?.username ?? '')
      .digest('base64'),
  );
  await client.drop();
  const again = await EventClient.open(ann, client);
  assert.equal(again.frames[0]?.kind, 'resumed');
  assert.match(serversIn(again)[1]?.username ?? '', new RegExp(`^\\d+:${ann.memberId}$`));
  assert.match(serversIn(await EventClient.open(bob))[1]?.username ?? '', new RegExp(`^\\d+:${bob.memberId}$`));
  assert.deepEqual(serversIn(await EventClient.open(call.asApp)), []);
});

describe('a connection that is lost', () => {
  test('is gone on with: what happened meanwhile is told, once', async () => {
    const call = await TestCall.create();
    const [ann, bob] = [await call.join('ann'), await call.join('bob')];
    const stays = await EventClient.open(bob);
    const drops = await EventClient.open(ann);
    await drops.drop();
    const cid = await call.join('cid');
    await call.change(cid, { mute: true });
    const back = await EventClient.open(ann, drops);
    await call.change(cid, { mute: false });
    await stays.heard('memberMuted', ({ muted }) => !muted);
    await back.heard('memberMuted', ({ muted }) => !muted);
    assert.equal(back.frames[0]?.kind, 'resumed');
    await stays.heard('memberBack');
    await back.heard('memberBack');
    assert.deepEqual(back.state, stays.state);
  });

  test('after too much has happened, or with a place that never was, begins with a snapshot', async () => {
    const call = await TestCall.create();
    const ann = await call.join('ann');
    const pubStreamId = await call.publish(ann);
    const drops = await EventClient.open(call.asApp);
    await drops.drop();
    for (let index = 0; index < 300; index++) await call.switchSound(ann, pubStreamId, index % 2 === 0);
    assert.equal((await EventClient.open(call.asApp, drops)).frames[0]?.kind, 'snapshot');
    const { epoch = '' } = drops.cursor ?? {};
    for (const cursor of [
      { epoch, seq: 99_999 },
      { epoch: 'another', seq: 1 },
    ]) {
      drops.cursor = cursor;
      assert.equal((await EventClient.open(call.asApp, drops)).frames[0]?.kind, 'snapshot');
    }
  });

  test('holds the member for his time, who has no other sign of life; then he is out', async () => {
    const own = await WebFixture.start({}, { holdMs: 300 });
    try {
      const owner = await own.createApp();
      const call = await TestCall.create({}, own, owner);
      const [ann, bob] = [await call.join('ann'), await call.join('bob')];
      const watcher = await EventClient.open(bob);
      const lost = await EventClient.open(ann);
      await lost.drop();
      const { memberId } = await watcher.heard('memberLost');
      assert.equal(memberId, ann.memberId);
      await (await EventClient.open(ann)).drop();
      await watcher.heard('memberBack');
      const left = await watcher.heard('memberLeft');
      assert.deepEqual(left, { kind: 'memberLeft', memberId: ann.memberId, reason: 'connectionLost' });
      assert.equal((await own.call(`${call.path}/events`, { token: ann.token, webSocket: true })).status, 401);
    } finally {
      await own.stop();
    }
  });
});

describe('whoever is out is told why, and closed', () => {
  test('who leaves, by HTTP or by saying so: at once, and so do his publications', async () => {
    const call = await TestCall.create();
    const [ann, bob, cid] = [await call.join('ann'), await call.join('bob'), await call.join('cid')];
    const watcher = await EventClient.open(cid);
    const [byHttp, bySocket] = [await EventClient.open(ann), await EventClient.open(bob)];
    const camera = await call.publish(bob);
    await call.remove(ann.leave, ann.token);
    bySocket.say({ kind: 'leave' });
    await assertClosed(byHttp, 'left');
    await assertClosed(bySocket, 'left');
    assert.equal(bySocket.events.at(-1)?.kind, 'memberLeft');
    await watcher.heard('publicationEnded', ({ pubStreamId, reason }) => pubStreamId === camera && reason === 'left');
    await watcher.heard('memberLeft', ({ memberId }) => memberId === bob.memberId);
    assert.equal(media.open.includes(camera), false);
  });

  test('who is kicked, whose token is revoked, and the application whose own is', async () => {
    const call = await TestCall.create();
    const [ann, bob] = [await call.join('ann'), await call.join('bob')];
    await call.join('cid');
    const { token } = await fixture.tokens.issueApp(app, undefined);
    const [kicked, revoked, apps] = [
      await EventClient.open(ann),
      await EventClient.open(bob),
      await EventClient.open({ ...call.asApp, token }),
    ];
    await call.remove(`${call.path.slice('/v1'.length)}/ann`);
    const revoke = `/v1/${app.org}/${app.name}/tokens/revoke`;
    for (const each of [bob.token, token]) await call.call(revoke, { method: 'POST', json: { token: each } });
    await assertClosed(kicked, 'kicked');
    await assertClosed(revoked, 'tokenRevoked');
    await assertClosed(apps, 'tokenRevoked');
  });

  test('all, when the conference ends: one event for everyone', async () => {
    const call = await TestCall.create();
    const members = [await call.join('ann'), await call.join('bob')];
    const clients = [
      ...(await Promise.all(members.map((member) => EventClient.open(member)))),
      await EventClient.open(call.asApp),
    ];
    await call.publish(members[0] as JoinView);
    await call.dissolve();
    for (const client of clients) {
      await assertClosed(client, 'conferenceClosed');
      assert.deepEqual(client.events.at(-1), { kind: 'conferenceClosed', reason: 'dissolved' });
      assert.ok(!client.kinds.includes('memberLeft'));
      assert.equal(client.state?.closed, 'dissolved');
    }
  });
});

describe('what a client says', () => {
  test('of its own publication is told to all; of another, or as the application, it is refused', async () => {
    const call = await TestCall.create();
    const [ann, bob] = [await call.join('ann'), await call.join('bob')];
    const [own, other, apps] = [
      await EventClient.open(ann),
      await EventClient.open(bob),
      await EventClient.open(call.asApp),
    ];
    const pubStreamId = await call.publish(ann);
    own.say({ kind: 'mute', id: 'a', pubStreamId, audioOff: true });
    assert.deepEqual(await own.answered('a'), { kind: 'done', id: 'a' });
    own.say({ kind: 'mute', pubStreamId, videoOff: true });
    await other.heard('publicationMuted', ({ videoOff }) => videoOff);
    assert.deepEqual(
      other.state?.publications.map(({ audioOff, videoOff }) => [audioOff, videoOff]),
      [[true, true]],
    );
    const refusalOf = async (client: EventClient): Promise<string | undefined> => {
      client.say({ kind: 'mute', id: 'b', pubStreamId, audioOff: false });
      const answer = await client.answered('b');
      return answer.kind === 'refused' ? answer.error : undefined;
    };
    assert.equal(await refusalOf(other), 'service_resource_not_found');
    assert.equal(await refusalOf(apps), 'forbidden_op');
    assert.equal(other.state?.publications[0]?.audioOff, true);
  });

  test('is answered where it is a ping', async () => {
    const client = await EventClient.open((await TestCall.create()).asApp);
    client.say({ kind: 'ping', id: 'x' });
    assert.deepEqual(await client.answered('x'), { kind: 'pong', id: 'x' });
  });

  test('closes the socket where it is none of what may be said', async () => {
    const call = await TestCall.create();
    const bad: [string | Buffer, EventClose][] = [
      ...['', 'hello', '[]', 'null', '{}', '{"kind":"sing"}', '{"kind":"mute"}', '{"kind":"ping","id":7}'].map(
        (text): [string, EventClose] => [text, 'badMessage'],
      ),
      [`{"kind":"ping","id":"${'x'.repeat(65)}"}`, 'badMessage'],
      [`${'['.repeat(8000)}`, 'badMessage'],
      [Buffer.from('{"kind":"ping"}'), 'binaryMessage'],
    ];
    for (const [message, why] of bad) {
      const client = await EventClient.open(call.asApp);
      client.ws.send(message);
      await assertClosed(client, why);
    }
  });

  test('is at most 16 KiB, whole or in pieces', async () => {
    const call = await TestCall.create();
    const [whole, pieces] = [await EventClient.open(call.asApp), await EventClient.open(call.asApp)];
    whole.ws.send(JSON.stringify({ kind: 'ping', filler: 'x'.repeat(17_000) }));
    for (let index = 0; index < 20; index++) pieces.ws.send('x'.repeat(1000), { fin: false });
    for (const client of [whole, pieces]) assert.equal((await client.closed()).code, EVENT_CLOSES.messageTooBig.code);
  });

  test('may not come in a flood, and neither may pings of the protocol', async () => {
    const call = await TestCall.create();
    const [ann, bob] = [await call.join('ann'), await call.join('bob')];
    const [talks, pings] = [await EventClient.open(ann), await EventClient.open(bob)];
    for (let index = 0; index < 500; index++) {
      talks.say({ kind: 'ping' });
      pings.ws.ping();
    }
    await assertClosed(talks, 'tooManyMessages');
    await assertClosed(pings, 'tooManyMessages');
    assert.ok(talks.frames.filter(({ kind }) => kind === 'pong').length <= 40);
  });
});

test('a reader that does not read is cut off, the others hear everything, and he can go on', async () => {
  const call = await TestCall.create();
  const ann = await call.join('ann');
  const pubStreamId = await call.publish(ann);
  const [slow, quick] = [await EventClient.open(ann), await EventClient.open(call.asApp)];
  slow.ws.pause();
  const isCut = () => fixture.logged.some((line) => line.includes('tooSlow') && line.includes(ann.memberId));
  // The kernel holds some megabytes for a connection on one machine.
  for (let audioOff = true, index = 0; !isCut(); audioOff = !audioOff, index++) {
    assert.ok(index < 200_000, 'what is not read is kept without end');
    await call.switchSound(ann, pubStreamId, audioOff);
    if (index % 100 === 0) await setImmediate();
  }
  await call.change(ann, { mute: true });
  await quick.heard('memberMuted');
  slow.ws.resume();
  await assertClosed(slow, 'tooSlow');
  const back = await EventClient.open(ann, slow);
  assert.deepEqual(back.state?.publications, quick.state?.publications);
});

test('a member has four sockets at most: the oldest makes room', async () => {
  const ann = await (await TestCall.create()).join('ann');
  const clients = [];
  for (let index = 0; index < 5; index++) clients.push(await EventClient.open(ann));
  await assertClosed(clients[0] as EventClient, 'replaced');
  clients[4]?.say({ kind: 'ping', id: 'x' });
  await clients[4]?.answered('x');
  assert.deepEqual(
    clients.map(({ ws }) => ws.readyState === ws.OPEN),
    [false, true, true, true, true],
  );
});

test('an application has so many, its members among them, and so many by its own token', async () => {
  const own = await WebFixture.start({}, { eventSockets: { ofApp: 3, ofAppToken: 1 } });
  try {
    const call = await TestCall.create({}, own, await own.createApp());
    const members = [await call.join('ann'), await call.join('bob'), await call.join('cid')];
    const first = await EventClient.open(call.asApp);
    const ask = (token: string) => own.call(`${call.path}/events`, { token, webSocket: true });
    const refused = await ask(call.asApp.token);
    assert.equal(refused.status, 429);
    assert.equal(refused.json().error, 'reach_limit');
    assert.ok(refused.headers.get('retry-after'));
    await EventClient.open(members[0] as JoinView);
    await EventClient.open(members[1] as JoinView);
    assert.equal((await ask(members[2]?.token ?? '')).status, 429);
    await first.drop();
    await EventClient.open(members[2] as JoinView);
  } finally {
    await own.stop();
  }
});

test('a socket that answers no ping is cut; one that does stays', async () => {
  const own = await WebFixture.start({}, { eventSockets: { pingEveryMs: 200 } });
  try {
    const call = await TestCall.create({}, own, await own.createApp());
    const dead = new EventClient(call.asApp, undefined, { autoPong: false });
    const lives = await EventClient.open(call.asApp);
    assert.equal((await dead.closed()).code, 1006);
    assert.equal(lives.ws.readyState, lives.ws.OPEN);
  } finally {
    await own.stop();
  }
});

test('the service stops: all are told when to come back, and closed', async () => {
  const own = await WebFixture.start();
  const call = await TestCall.create({}, own, await own.createApp());
  const clients = [await EventClient.open(call.asApp), await EventClient.open(await call.join('ann'))];
  await own.stop();
  for (const client of clients) {
    await assertClosed(client, 'serviceStops');
    const last = client.frames.at(-1);
    assert.ok(last?.kind === 'reconnect' && last.afterMs >= 1000 && last.afterMs < 6000);
  }
});

describe('a request for a socket', () => {
  const ask = async (call: TestCall, token: string | undefined, headers: Record<string, string> = {}, query = '') =>
    fixture.call(`${call.path}/events${query}`, { webSocket: true, headers, ...(token !== undefined && { token }) });

  test('is refused as every call is, in the same order', async () => {
    const call = await TestCall.create();
    const steps: [number, string, Promise<Answer>][] = [
      [
        404,
        'organization_application_not_found',
        fixture.call('/v1/no/such/conferences/x/events?since=x', { webSocket: true }),
      ],
      [401, 'unauthorized', ask(call, undefined, { origin: 'https://evil.example' }, '?since=x')],
      [401, 'auth_bad_access_token', ask(call, 'YWMtx')],
      [
        403,
        'forbidden_op',
        ask(call, await fixture.userToken(app, 'una'), { origin: 'https://evil.example' }, '?since=x'),
      ],
      [403, 'forbidden_op', ask(call, app.token, { origin: 'https://evil.example' }, '?since=x')],
      [426, 'upgrade_required', ask(call, app.token, { 'sec-websocket-version': '8' }, '?since=x')],
      [400, 'illegal_argument', ask(call, app.token, { 'sec-websocket-key': 'short' })],
      [400, 'illegal_argument', ask(call, app.token, { 'sec-websocket-protocol': `chat, bearer.${app.token}` })],
      [400, 'illegal_argument', ask(call, app.token, {}, '?since=x')],
      [400, 'illegal_argument', ask(call, app.token, {}, `?since=${'x'.repeat(5000)}.1`)],
      [
        404,
        'service_resource_not_found',
        fixture.call(`${call.path.replace(/C\d+$/, 'C0')}/events`, { token: app.token, webSocket: true }),
      ],
    ];
    for (const [status, error, answering] of steps) {
      const answer = await answering;
      assert.deepEqual([answer.status, answer.json().error], [status, error], answer.text);
      assert.ok(answer.headers.get('x-request-id'));
    }
    const old = await ask(call, app.token, { 'sec-websocket-version': '8' });
    assert.equal(old.headers.get('sec-websocket-version'), '13');
    assert.equal(old.headers.get('upgrade'), 'websocket');
  });

  test('may come from our own page, from those that the setting names, and from no page at all', async () => {
    const call = await TestCall.create();
    const { port } = new URL(fixture.url);
    for (const origin of [ORIGIN, fixture.url, `http://localhost:${port}`]) {
      assert.equal((await ask(call, app.token, { origin })).status, 101, origin);
    }
    for (const origin of ['null', 'https://app.example.evil', 'http://app.example', `https://127.0.0.1:${port}`]) {
      assert.equal((await ask(call, app.token, { origin })).status, 403, origin);
    }
    const answer = await ask(call, app.token);
    assert.equal(answer.status, 101);
    assert.equal(answer.headers.get('sec-websocket-protocol'), 'callreel.v1');
  });

  test('bears its token among the protocols, or in Authorization; in the URL it is none', async () => {
    const call = await TestCall.create();
    const authorization = `Bearer ${app.token}`;
    assert.equal((await ask(call, undefined, { authorization })).status, 101);
    assert.equal((await ask(call, undefined, {}, `?access_token=${app.token}&token=${app.token}`)).status, 401);
    // On any other path it is no token, and asking for a socket changes nothing.
    const headers = webSocketHeaders(app.token);
    const other = await fixture.call(call.path.slice('/v1'.length), { webSocket: true, headers });
    assert.equal(other.status, 401);
    assert.ok(!fixture.logged.some((line) => line.includes(app.token)));
  });

  test('to a path without sockets is served as any other, also on a connection that is used again', async () => {
    const { hostname, port } = new URL(fixture.url);
    const socket = connect(Number(port), hostname);
    const ask = (protocol: string) =>
      socket.write(
        ['GET /healthz HTTP/1.1', 'Host: x', 'Connection: Upgrade', `Upgrade: ${protocol}`, '', ''].join('\r\n'),
      );
    ask('h2c');
    let heard = '';
    for await (const chunk of socket) {
      heard += String(chunk);
      const answers = heard.split('HTTP/1.1 200').length - 1;
      if (answers === 2) break;
      if (answers === 1) ask('websocket');
    }
    assert.equal(heard.split('HTTP/1.1 200').length, 3, heard);
  });

  test('that breaks off leaves nothing behind', async () => {
    const call = await TestCall.create();
    const { hostname, port, pathname } = new URL(call.asApp.events);
    const lines = Object.entries(webSocketHeaders(app.token)).map(([name, value]) => `${name}: ${value}`);
    for (let index = 0; index < 20; index++) {
      const socket = connect(Number(port), hostname);
      socket.write([`GET ${pathname} HTTP/1.1`, 'Host: x', ...lines, '', ''].join('\r\n'));
      socket.on('error', () => {});
      if (index % 2 === 0) await once(socket, 'connect');
      socket.resetAndDestroy();
    }
    const client = await EventClient.open(call.asApp);
    assert.equal(client.frames[0]?.kind, 'snapshot');
  });
});

// Last: it takes a moment until there is another process.
test('a media process dies: the owner is told to publish anew, and stays', async () => {
  const call = await TestCall.create();
  const ann = await call.join('ann');
  const client = await EventClient.open(ann);
  const camera = await call.publish(ann);
  media.die();
  const ended = await client.heard('publicationEnded');
  assert.deepEqual(ended, {
    ...{ kind: 'publicationEnded', pubStreamId: camera, memberId: ann.memberId },
    ...{ reason: 'mediaProcessDied', publishAnew: true },
  });
  assert.equal(client.state?.members[0]?.lost, false);
});
