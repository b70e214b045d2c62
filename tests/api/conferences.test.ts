import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import type { ConferenceView, ConferenceWithMembers, JoinView } from '@callreel/contract/conference.ts';
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

const create = async (json: Record<string, unknown> = {}): Promise<ConferenceView> => {
  const answer = await fixture.call(`${base}/conferences`, { method: 'POST', token: app.token, json });
  assert.equal(answer.status, 200, answer.text);
  return answer.json<ConferenceView>();
};

const show = (confrId: string): Promise<Answer> => fixture.call(`${base}/conferences/${confrId}`, { token: app.token });

const join = (confrId: string, json: Record<string, unknown>, token = app.token): Promise<Answer> =>
  fixture.call(`/v1${base}/conferences/${confrId}/join`, { method: 'POST', token, json });

const joined = async (confrId: string, userName: string, role?: string): Promise<JoinView> => {
  const answer = await join(confrId, { userName, ...(role ? { role } : {}) });
  assert.equal(answer.status, 200, answer.text);
  return answer.json<JoinView>();
};

const namesIn = async (confrId: string): Promise<string[]> =>
  (await show(confrId)).json<ConferenceWithMembers>().mems.map(({ memName }) => memName);

test('a conference is made, shown with its members, and ended', async () => {
  const view = await create({ password: 'pw', recMerge: true });
  assert.match(view.id, /^IM_X\d{18,19}C\d+$/);
  assert.deepEqual(
    { ...view, id: '', expireDate: '' },
    {
      ...{ error: 0, id: '', type: 10, mixed: false, password: 'pw', audienceLimit: 600, talkerLimit: 9 },
      ...{ expireDate: '', allowAudienceTalk: true },
    },
  );
  assert.match(view.expireDate, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  const ann = await joined(view.id, 'Ann', 'admin');
  const mems = (await show(view.id)).json<ConferenceWithMembers>().mems;
  assert.deepEqual(mems, [{ memberId: ann.memberId, memName: `${app.org}#${app.name}_ann`, role: 7 }]);
  const ended = await fixture.call(`${base}/conferences/${view.id}`, { method: 'DELETE', token: app.token });
  assert.deepEqual(ended.json(), { error: 0 });
  assert.equal((await show(view.id)).json().error, 'service_resource_not_found');
});

test("what is no conference, and another app's, is not found", async () => {
  const other = await fixture.createApp();
  const { id } = await create();
  for (const path of [`${base}/conferences/IM_X1C1`, `${base}/conferences/nonsense`]) {
    assert.equal((await fixture.call(path, { token: app.token })).json().error, 'service_resource_not_found');
  }
  const elsewhere = await fixture.call(`/${other.org}/${other.name}/conferences/${id}`, { token: other.token });
  assert.equal(elsewhere.json().error, 'service_resource_not_found');
});

/** As a client does that reaches us under another name; fetch would not let us choose it. */
const joinUnderHost = async (host: string, path: string): Promise<JoinView> => {
  const headers = { host, authorization: `Bearer ${app.token}`, 'content-type': 'application/json' };
  const sent = request(fixture.url + path, { method: 'POST', headers });
  sent.end(JSON.stringify({ userName: 'ann' }));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return (await json(response)) as JoinView;
};

test('whoever joins is told where to publish and how to leave, at the address the service is bound to', async () => {
  const { id } = await create();
  const view = await joinUnderHost('evil.example', `/v1${base}/conferences/${id}/join`);
  assert.deepEqual(Object.keys(view).sort(), [
    'accessId',
    'events',
    'expiresAt',
    'leave',
    'memberId',
    'recording',
    'role',
    'token',
    'whip',
  ]);
  assert.equal(view.memberId, `${id}M1`);
  assert.match(view.accessId, /^HI\d+$/);
  assert.deepEqual([view.role, view.recording], ['talker', 'stopped']);
  assert.equal(new Date(view.expiresAt).toISOString(), view.expiresAt);
  assert.equal(view.whip, `${fixture.url}/v1${base}/conferences/${id}/whip`);
  assert.equal(view.leave, `${fixture.url}/v1${base}/conferences/${id}/members/${view.memberId}`);
  assert.equal(view.events, `${fixture.url.replace('http', 'ws')}/v1${base}/conferences/${id}/events`);
});

test('a user creates a conference, is its admin, and others join with the password', async () => {
  const [ann, bob] = [await fixture.userToken(app, 'ann'), await fixture.userToken(app, 'bob')];
  const made = await fixture.call(`/v1${base}/conferences`, { method: 'POST', token: ann, json: { password: 'pw' } });
  const { id } = made.json<ConferenceView>();
  assert.equal((await join(id, { password: 'pw' }, ann)).json<JoinView>().role, 'admin');
  assert.equal((await join(id, {}, bob)).json().error, 'forbidden_op');
  assert.equal((await join(id, { password: 'no' }, bob)).json().error, 'forbidden_op');
  assert.equal((await join(id, { password: 'pw' }, bob)).json<JoinView>().role, 'talker');
  assert.equal(
    (await fixture.call(`${base}/conferences`, { method: 'POST', token: ann, json: {} })).json().error,
    'forbidden_op',
  );
});

test('a user neither joins as another, nor gives himself a role, nor creates for another', async () => {
  const ann = await fixture.userToken(app, 'ann');
  const { id } = await create();
  assert.equal((await join(id, { userName: 'bob' }, ann)).json().error, 'forbidden_op');
  assert.equal((await join(id, { role: 'admin' }, ann)).json().error, 'forbidden_op');
  assert.equal((await join(id, { userName: 'Ann' }, ann)).status, 200);
  const forBob = await fixture.call(`/v1${base}/conferences`, { method: 'POST', token: ann, json: { creator: 'bob' } });
  assert.equal(forBob.json().error, 'forbidden_op');
});

test('an app says who joins: without a name, or with none of its own, it is told so', async () => {
  const { id } = await create({ creator: `${app.org}#${app.name}_Ann` });
  for (const json of [{}, { userName: 'a b' }, { userName: 'x#y_ann' }, { userName: 'ann', role: 'king' }]) {
    assert.equal((await join(id, json)).json().error, 'illegal_argument', JSON.stringify(json));
  }
  assert.equal((await joined(id, `${app.org}#${app.name}_ann`)).role, 'admin');
});

test('a full conference takes no more', async () => {
  const { id } = await create({ maxTalkerCount: 1, maxAudienceCount: 0 });
  await joined(id, 'ann');
  const full = await join(id, { userName: 'bob' });
  assert.equal(full.status, 403);
  assert.equal(full.json().error, 'talker_limit');
  assert.equal((await join(id, { userName: 'bob', role: 'audience' })).json().error, 'audience_limit');
});

const remove = (url: string, token: string): Promise<Answer> => fixture.call(url, { method: 'DELETE', token });

test('a member leaves with his own token, which is worth nothing afterwards; the last one ends the conference', async () => {
  const { id } = await create();
  const [ann, bob] = [await joined(id, 'ann'), await joined(id, 'bob')];
  assert.deepEqual((await remove(ann.leave, ann.token)).json(), { error: 0 });
  assert.equal((await remove(ann.leave, ann.token)).status, 401);
  assert.deepEqual(await namesIn(id), [`${app.org}#${app.name}_bob`]);
  assert.equal((await remove(bob.leave, bob.token)).status, 200);
  assert.equal((await show(id)).status, 404);
});

test('an admin and the app remove a member for good; a talker may not', async () => {
  const { id } = await create();
  const [boss, ann, bob] = [await joined(id, 'boss', 'admin'), await joined(id, 'ann'), await joined(id, 'bob')];
  assert.equal((await remove(bob.leave, ann.token)).json().error, 'forbidden_op');
  assert.equal((await remove(bob.leave, boss.token)).status, 200);
  assert.equal((await remove(ann.leave, app.token)).status, 200);
  assert.equal((await remove(ann.leave, app.token)).json().error, 'service_resource_not_found');
  assert.equal((await remove(ann.leave, ann.token)).status, 401);
  assert.equal((await join(id, { userName: 'bob' })).json().error, 'forbidden_op');
});

test("the vendor's kick takes a user's name, short or whole", async () => {
  const { id } = await create();
  for (const name of ['ann', 'bob', 'carl']) await joined(id, name);
  const kick = (name: string) => remove(`${base}/conferences/${id}/${encodeURIComponent(name)}`, app.token);
  assert.deepEqual((await kick('Ann')).json(), { error: 0 });
  assert.equal((await kick(`${app.org}#${app.name}_bob`)).status, 200);
  for (const name of ['ann', 'nobody', 'x#y_carl', 'a b']) {
    assert.equal((await kick(name)).json().error, 'service_resource_not_found', name);
  }
  assert.deepEqual(await namesIn(id), [`${app.org}#${app.name}_carl`]);
});

test("a member's token opens his conference alone", async () => {
  const [one, two] = [await create(), await create()];
  const ann = await joined(one.id, 'ann');
  await joined(two.id, 'bob');
  assert.equal(
    (await remove(`/v1${base}/conferences/${two.id}/members/${two.id}M1`, ann.token)).json().error,
    'forbidden_op',
  );
  assert.equal(
    (await fixture.call(`${base}/conferences/${one.id}`, { token: ann.token })).json().error,
    'forbidden_op',
  );
});

test('a member whose token is revoked is out', async () => {
  const { id } = await create();
  const [ann] = [await joined(id, 'ann'), await joined(id, 'bob')];
  const json = { token: ann.token };
  assert.equal(
    (await fixture.call(`/v1${base}/tokens/revoke`, { method: 'POST', token: app.token, json })).status,
    200,
  );
  assert.deepEqual(await namesIn(id), [`${app.org}#${app.name}_bob`]);
});
