import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { StartCallView } from '@callreel/contract/calls.ts';
import type { ConferenceSummary, JoinView } from '@callreel/contract/conference.ts';
import { VirtualTime } from '@callreel/server/base/virtual-time-fixture.ts';
import { ScriptedMedia } from '@callreel/server/conference/scripted-media-fixture.ts';
import { EventClient } from '../support/event-client.ts';
import { UserClient } from '../support/user-client.ts';
import { type Answer, type TestApp, WebFixture } from './web-fixture.ts';

const media = new ScriptedMedia();
/** Of ringing alone: the rest keeps real time. */
const time = new VirtualTime();

let fixture: WebFixture;
let app: TestApp;
let users = 0;

before(async () => {
  fixture = await WebFixture.start({}, { spawnMedia: media.spawn, callTimers: time.timers() });
  app = await fixture.createApp();
});
after(() => fixture?.stop());

const pass = (ms: number): Promise<void> => time.leap(ms, async () => {});

/** Until the service knows that its socket is gone: then it begins to wait for it. */
const dropped = async (client: UserClient): Promise<void> => {
  const before = time.waiting;
  await client.drop();
  while (time.waiting <= before) await setImmediate();
};

/** A user whom no other test has. */
class Person {
  readonly name: string;
  readonly token: string;
  readonly app: TestApp;

  private constructor(name: string, token: string, owner: TestApp) {
    this.name = name;
    this.token = token;
    this.app = owner;
  }

  static async make(name: string, owner = app): Promise<Person> {
    users += 1;
    const unique = `${name}${users}`;
    return new Person(unique, await fixture.userToken(owner, unique), owner);
  }

  get path(): string {
    return `/v1/${this.app.org}/${this.app.name}`;
  }

  device(before?: UserClient): Promise<UserClient> {
    const url = `${fixture.url.replace('http', 'ws')}${this.path}/users/me/events`;
    return UserClient.open({ url, token: this.token }, before);
  }

  post(json: object): Promise<Answer> {
    return fixture.call(`${this.path}/calls`, { method: 'POST', token: this.token, json });
  }

  async call(other: Person, wish: object = {}): Promise<StartCallView> {
    const answer = await this.post({ to: other.name, ...wish });
    assert.equal(answer.status, 200, answer.text);
    return answer.json<StartCallView>();
  }

  async ring(other: Person, wish: object = {}): Promise<string> {
    const { callId, state } = await this.call(other, wish);
    assert.ok(callId);
    assert.equal(state, 'ringing');
    return callId;
  }
}

const pair = () => Promise.all([Person.make('ann'), Person.make('bob')]);

const conferences = async (state: string): Promise<ConferenceSummary[]> => {
  const path = `/v1/${app.org}/${app.name}/conferences?state=${state}`;
  return (await fixture.call(path, { token: app.token })).json<{ conferences: ConferenceSummary[] }>().conferences;
};

const facts = (join: JoinView | null): JoinView => {
  assert.ok(join);
  return join;
};

test('a call rings, is accepted, and both are told of a conference of two, and not before', async () => {
  const [ann, bob] = await pair();
  const [anns, bobs] = [await ann.device(), await bob.device()];
  const callId = await ann.ring(bob, { recMerge: true, ext: '{"video":true}' });
  const { call } = await bobs.heard('callRinging', callId);
  assert.deepEqual(
    { ...call, endsAtMs: 0 },
    { callId, from: ann.name, to: bob.name, rec: true, ext: '{"video":true}', endsAtMs: 0 },
  );
  assert.ok(!JSON.stringify([anns.frames, bobs.frames]).includes('IM_X'), 'no confrId before it is up');
  assert.equal(await bobs.ask('accept', callId), 'done');
  const [annUp, bobUp] = [await anns.heard('callUp', callId), await bobs.heard('callUp', callId)];
  assert.equal(annUp.confrId, bobUp.confrId);
  const [annJoin, bobJoin] = [facts(annUp.join), facts(bobUp.join)];
  assert.notEqual(annJoin.token, bobJoin.token);
  const client = await EventClient.open(annJoin);
  assert.deepEqual(
    client.state?.members.map(({ memberId, userName }) => [memberId, userName]),
    [
      [annJoin.memberId, ann.name],
      [bobJoin.memberId, bob.name],
    ],
  );
  assert.equal(client.state?.recording, 'recording');
  assert.deepEqual([anns.state?.call, bobs.state?.call], [null, null]);
  const summary = (await conferences('running')).find(({ confrId }) => confrId === annUp.confrId);
  assert.deepEqual([summary?.confrType, summary?.recMerge], ['CONFR', true]);
  // Nobody else comes in, not even with a user's token of the app.
  const carl = await Person.make('carl');
  const path = `${ann.path}/conferences/${annUp.confrId}/join`;
  assert.equal((await fixture.call(path, { method: 'POST', token: carl.token, json: {} })).status, 403);
  // Who hangs up ends it for both.
  await fixture.call(bobJoin.leave, { method: 'DELETE', token: bobJoin.token });
  assert.deepEqual(await client.heard('conferenceClosed'), { kind: 'conferenceClosed', reason: 'left' });
  assert.equal((await client.closed()).reason, 'conferenceClosed');
  assert.equal((await ann.call(bob)).state, 'ringing', 'both are free again');
});

test('the first device that accepts has the call, and the others are told so', async () => {
  const [ann, bob] = await pair();
  const anns = await ann.device();
  const [phone, tablet] = [await bob.device(), await bob.device()];
  const callId = await ann.ring(bob);
  await Promise.all([phone.heard('callRinging', callId), tablet.heard('callRinging', callId)]);
  const answers = await Promise.all([phone.ask('accept', callId), tablet.ask('accept', callId)]);
  assert.deepEqual(answers.sort(), ['conflict', 'done']);
  const joins = [(await phone.heard('callUp', callId)).join, (await tablet.heard('callUp', callId)).join];
  assert.equal(joins.filter((join) => join === null).length, 1, 'one device alone has the token');
  facts((await anns.heard('callUp', callId)).join);
});

test('only the device that calls is handed the call, whichever the user has besides', async () => {
  const [ann, bob] = await pair();
  const [desk, phone, bobs] = [await ann.device(), await ann.device(), await bob.device()];
  const callId = await ann.ring(bob, { device: desk.device });
  await phone.heard('callRinging', callId);
  assert.equal(await bobs.ask('accept', callId), 'done');
  facts((await desk.heard('callUp', callId)).join);
  assert.equal((await phone.heard('callUp', callId)).join, null);
});

test('refused, cancelled, unanswered: both are told why, once', async () => {
  const [ann, bob] = await pair();
  const [anns, bobs] = [await ann.device(), await bob.device()];
  const ends = async (callId: string, reason: string) => {
    for (const client of [anns, bobs]) assert.equal((await client.heard('callEnded', callId)).reason, reason);
  };
  const refused = await ann.ring(bob);
  assert.equal(await anns.ask('refuse', refused), 'forbidden_op', 'the caller cancels; he does not refuse');
  assert.equal(await anns.ask('accept', refused), 'forbidden_op');
  assert.equal(await bobs.ask('cancel', refused), 'forbidden_op');
  assert.equal(await bobs.ask('refuse', refused), 'done');
  await ends(refused, 'refused');
  assert.equal(await bobs.ask('accept', refused), 'service_resource_not_found');

  const cancelled = await ann.ring(bob);
  assert.equal(await anns.ask('cancel', cancelled), 'done');
  await ends(cancelled, 'cancelled');

  const unanswered = await ann.ring(bob);
  await pass(44_000);
  assert.equal(bobs.state?.call?.callId ?? unanswered, unanswered);
  await pass(1_000);
  await ends(unanswered, 'noAnswer');
  assert.equal(anns.events.filter(({ kind }) => kind === 'callEnded').length, 3);
});

test('who is in a call is busy, ringing or talking; who is not there is offline, at once', async () => {
  const [ann, bob] = await pair();
  const carl = await Person.make('carl');
  assert.deepEqual(await ann.call(bob), { callId: null, state: 'offline' });
  const [bobs] = [await bob.device(), await carl.device()];
  assert.equal((await ann.post({ to: bob.name })).status, 409, 'nobody would hear the answer');
  const anns = await ann.device();
  const callId = await ann.ring(bob);
  assert.deepEqual(await carl.call(bob), { callId: null, state: 'busy' });
  assert.deepEqual(await carl.call(ann), { callId: null, state: 'busy' });
  assert.equal((await ann.post({ to: carl.name })).status, 409, 'one call at a time');
  await bobs.ask('accept', callId);
  await anns.heard('callUp', callId);
  assert.deepEqual(await carl.call(bob), { callId: null, state: 'busy' });
  assert.equal((await bob.post({ to: carl.name })).status, 409);
});

test('two who ring each other are connected', async () => {
  const [ann, bob] = await pair();
  const [anns, bobs] = [await ann.device(), await bob.device()];
  const [first, second] = await Promise.all([ann.call(bob), bob.call(ann, { rec: true })]);
  assert.equal(first.callId, second.callId);
  assert.deepEqual([first.state, second.state].sort(), ['accepted', 'ringing']);
  const [annUp, bobUp] = [await anns.heard('callUp'), await bobs.heard('callUp')];
  assert.equal(annUp.confrId, bobUp.confrId);
  assert.equal((await EventClient.open(facts(annUp.join))).state?.recording, 'recording', 'one of them wanted it');
});

test('a caller whose device is gone for ten seconds has given up; one that is back hears what it missed', async () => {
  const [ann, bob] = await pair();
  const [anns, bobs] = [await ann.device(), await bob.device()];
  const callId = await ann.ring(bob);
  await dropped(anns);
  await pass(9_000);
  await bobs.ask('accept', callId);
  await bobs.heard('callUp', callId);
  const back = await ann.device(anns);
  assert.equal(back.frames[0]?.kind, 'resumed');
  facts((await back.heard('callUp', callId)).join);

  const carl = await Person.make('carl');
  const [dora, carls] = [await Person.make('dora'), await carl.device()];
  const doraLine = await dora.device();
  const lost = await carl.ring(dora);
  await doraLine.heard('callRinging', lost);
  await dropped(carls);
  await pass(10_000);
  assert.equal((await doraLine.heard('callEnded', lost)).reason, 'cancelled');
});

test('a revoked token rings nobody and closes its sockets', async () => {
  const [ann, bob] = await pair();
  const [anns, bobs] = [await ann.device(), await bob.device()];
  const callId = await ann.ring(bob);
  const path = `${ann.path}/tokens/revoke`;
  await fixture.call(path, { method: 'POST', token: app.token, json: { token: ann.token } });
  assert.deepEqual(await anns.closed(), { code: 4401, reason: 'tokenRevoked' });
  await bobs.ask('accept', callId);
  assert.equal((await bobs.heard('callEnded', callId)).reason, 'failed');
  assert.ok(!(await conferences('running')).some(({ creator }) => creator?.endsWith(`_${ann.name}`)));
});

test('calls are of one application, to another user, in a known form', async () => {
  const [ann, bob] = await pair();
  const [anns, other] = [await ann.device(), await Person.make('eve', await fixture.createApp())];
  await other.device();
  assert.equal((await ann.call(other)).state, 'offline', 'she is in another application');
  assert.equal((await ann.post({ to: ann.name })).status, 400);
  assert.equal((await ann.post({ to: 'a b' })).status, 400);
  assert.equal((await ann.post({})).status, 400);
  await bob.device();
  assert.equal((await ann.post({ to: bob.name, device: 'nobodys' })).status, 409);
  assert.equal(await anns.ask('accept', 'CALL1'), 'service_resource_not_found');
  anns.sendText('{"kind":"mute"}');
  assert.deepEqual(await anns.closed(), { code: 4400, reason: 'badMessage' });
});

test('a call that nobody comes to is over by itself', async () => {
  const [ann, bob] = await pair();
  const [anns, bobs] = [await ann.device(), await bob.device()];
  const callId = await ann.ring(bob);
  await bobs.ask('accept', callId);
  const up = await anns.heard('callUp', callId);
  const watch = await EventClient.open({ events: facts(up.join).events, token: app.token });
  await pass(30_000);
  await watch.heard('memberLost', ({ memberId }) => memberId === facts(up.join).memberId);
});
