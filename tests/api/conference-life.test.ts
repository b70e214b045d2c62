import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type {
  ConferencePage,
  ConferenceView,
  ConferenceWithMembers,
  JoinView,
  MemberView,
} from '@callreel/contract/conference.ts';
import type { UserName } from '@callreel/contract/ids.ts';
import { CHROMIUM_OFFER } from '@callreel/media/sdp/offers-fixture.ts';
import { ScriptedMedia } from '@callreel/server/conference/scripted-media-fixture.ts';
import { type Answer, type Call, OFFER_SDP, type TestApp, WebFixture } from './web-fixture.ts';

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

const create = async (json: object = {}, owner = app): Promise<string> => {
  const path = `/${owner.org}/${owner.name}/conferences`;
  return (await fixture.call(path, { method: 'POST', token: owner.token, json })).json<ConferenceView>().id;
};

const join = async (confrId: string, json: object, token = app.token): Promise<JoinView> => {
  const answer = await fixture.call(`/v1${base}/conferences/${confrId}/join`, { method: 'POST', token, json });
  assert.equal(answer.status, 200, answer.text);
  return answer.json<JoinView>();
};

const offer = (member: JoinView, query = '', body = OFFER_SDP): Promise<Answer> =>
  fixture.call(member.whip + query, {
    ...{ method: 'POST', token: member.token, body, headers: { 'content-type': 'application/sdp' } },
  });

/** Where what was published is ended. */
const publish = async (member: JoinView, query = ''): Promise<string> => {
  const answer = await offer(member, query);
  assert.equal(answer.status, 201, answer.text);
  return answer.headers.get('location') ?? '';
};

const streamOf = (url: string) => url.slice(url.lastIndexOf('/') + 1);

const isOpen = (url: string): boolean => media.open.some((id) => id === streamOf(url));

const show = (confrId: string): Promise<Answer> => fixture.call(`${base}/conferences/${confrId}`, { token: app.token });

const namesIn = async (confrId: string): Promise<string[]> => {
  const prefix = `${app.org}#${app.name}_`;
  return (await show(confrId)).json<ConferenceWithMembers>().mems.map(({ memName }) => memName.slice(prefix.length));
};

const change = (member: JoinView, json: unknown, token = app.token): Promise<Answer> =>
  fixture.call(member.leave, { method: 'POST', token, json });

const assertRefused = (answer: Answer, status: number, error: string): void => {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.json().error, error);
};

describe('roles', () => {
  test('a role lowered to audience ends what its member publishes, and he stays; raised again, he publishes anew', async () => {
    const id = await create();
    const ann = await join(id, { userName: 'ann' });
    const url = await publish(ann);
    const lowered = await change(ann, { role: 'audience' });
    assert.deepEqual(lowered.json<MemberView>(), {
      ...{ memberId: ann.memberId, userName: 'ann', role: 'audience', muted: false },
    });
    assert.equal(isOpen(url), false);
    assertRefused(await fixture.call(url, { method: 'DELETE', token: ann.token }), 404, 'service_resource_not_found');
    assertRefused(await offer(ann), 403, 'forbidden_op');
    assert.deepEqual(await namesIn(id), ['ann']);
    assert.equal((await change(ann, { role: 'talker' })).status, 200);
    await publish(ann);
  });

  test('an admin of the conference gives roles, a talker does not, and neither does an admin of another one', async () => {
    const id = await create();
    const [boss, ann] = [await join(id, { userName: 'boss', role: 'admin' }), await join(id, { userName: 'ann' })];
    assertRefused(await change(boss, { role: 'audience' }, ann.token), 403, 'forbidden_op');
    assertRefused(await change(ann, { role: 'admin' }, ann.token), 403, 'forbidden_op');
    // Who may not is told so before his values are looked at.
    assertRefused(await change(ann, { role: 'king' }, ann.token), 403, 'forbidden_op');
    const stranger = await join(await create(), { userName: 'boss', role: 'admin' });
    assertRefused(await change(ann, { role: 'audience' }, stranger.token), 403, 'forbidden_op');
    assert.equal((await change(ann, { role: 'admin' }, boss.token)).json<MemberView>().role, 'admin');
    assert.equal((await change(boss, { role: 'audience' }, ann.token)).status, 200);
    assertRefused(await change(ann, { role: 'talker' }, boss.token), 403, 'forbidden_op');
  });

  test('a full conference has no room for another talker or listener', async () => {
    const id = await create({ maxTalkerCount: 1, maxAudienceCount: 1 });
    const ann = await join(id, { userName: 'ann' });
    const bob = await join(id, { userName: 'bob', role: 'audience' });
    assertRefused(await change(bob, { role: 'talker' }), 403, 'talker_limit');
    assertRefused(await change(ann, { role: 'audience' }), 403, 'audience_limit');
    assert.equal((await change(ann, { role: 'admin' })).status, 200);
  });

  test('where the audience may not talk, the app alone lets a listener speak', async () => {
    const id = await create({ allowAudienceTalk: false });
    const boss = await join(id, { userName: 'boss', role: 'admin' });
    const ann = await join(id, { userName: 'ann', role: 'audience' });
    assertRefused(await change(ann, { role: 'talker' }, boss.token), 403, 'forbidden_op');
    assert.equal((await change(ann, { role: 'talker' })).status, 200);
  });

  test('who is silenced is so in what he publishes and will publish', async () => {
    const ann = await join(await create(), { userName: 'ann' });
    const camera = streamOf(await publish(ann));
    assert.equal((await change(ann, { mute: true })).json<MemberView>().muted, true);
    const screen = streamOf(await publish(ann, '?type=desktop'));
    assert.deepEqual([...media.muted].sort(), [camera, screen].sort());
    assert.deepEqual((await change(ann, { mute: false })).json<MemberView>(), {
      ...{ memberId: ann.memberId, userName: 'ann', role: 'talker', muted: false },
    });
    assert.equal(media.muted.size, 0);
  });

  test('what is no change, and nobody, is told so', async () => {
    const id = await create();
    const ann = await join(id, { userName: 'ann' });
    for (const json of [{}, { rolle: 'talker' }, { role: 'king' }, { mute: 'yes' }, [], { role: null }]) {
      assertRefused(await change(ann, json), 400, 'illegal_argument');
    }
    for (const memberId of [`${id}M9`, 'nobody']) {
      const leave = ann.leave.replace(ann.memberId, memberId);
      assertRefused(await change({ ...ann, leave }, { mute: true }), 404, 'service_resource_not_found');
    }
  });
});

describe('limits', () => {
  test('pictures are counted, and sound alone is not one', async () => {
    const ann = await join(await create({ maxVideoCount: 1 }), { userName: 'ann' });
    assert.equal((await offer(ann, '', CHROMIUM_OFFER)).status, 201);
    assertRefused(await offer(ann, '?type=desktop', CHROMIUM_OFFER), 403, 'video_limit');
    const soundAlone = CHROMIUM_OFFER.replace(/m=video[\s\S]*/, '').replace('BUNDLE 0 1', 'BUNDLE 0');
    assert.equal((await offer(ann, '', soundAlone)).status, 201);
  });
});

describe('a revoked token', () => {
  const revoke = (token: string): Promise<Answer> =>
    fixture.call(`/v1${base}/tokens/revoke`, { method: 'POST', token: app.token, json: { token } });

  test("a user's takes his memberships and what he publishes along, in every conference", async () => {
    const [token, another] = [await fixture.userToken(app, 'ann'), await fixture.userToken(app, 'ann')];
    const [one, two] = [await create(), await create()];
    await join(one, { userName: 'bob' });
    const members = [await join(one, {}, token), await join(two, {}, token), await join(one, {}, another)];
    const urls = await Promise.all(members.map((member) => publish(member)));
    assert.equal((await revoke(token)).status, 200);
    assert.deepEqual(urls.map(isOpen), [false, false, true]);
    assert.deepEqual(await namesIn(one), ['bob', 'ann']);
    assertRefused(await show(two), 404, 'service_resource_not_found');
    assertRefused(await offer(members[0] as JoinView), 401, 'unauthorized');
  });

  test("an app's token does not take those along whom it let in: theirs are their own", async () => {
    const { token } = await fixture.tokens.issueApp(app, undefined);
    const id = await create();
    await join(id, { userName: 'ann' }, token);
    assert.equal((await revoke(token)).status, 200);
    assert.deepEqual(await namesIn(id), ['ann']);
  });

  test('no one joins with a token that is revoked at the same moment', async () => {
    const token = await fixture.userToken(app, 'ann');
    const id = await create();
    await join(id, { userName: 'bob' });
    const path = `/v1${base}/conferences/${id}/join`;
    const joins = Array.from({ length: 5 }, () => fixture.call(path, { method: 'POST', token, json: {} }));
    const [, ...answers] = await Promise.all([revoke(token), ...joins]);
    for (const { status } of answers) assert.ok(status === 200 || status === 401, String(status));
    assert.deepEqual(await namesIn(id), ['bob']);
  });

  test('a user who is deleted is out, however he came in', async () => {
    await fixture.store.users.create(app.id, 'gone' as UserName, 'hash');
    const id = await create();
    await join(id, { userName: 'stays' });
    const [own, named] = [
      await join(id, {}, await fixture.userToken(app, 'gone')),
      await join(id, { userName: 'gone' }),
    ];
    const urls = [await publish(own), await publish(named)];
    const deleted = await fixture.call(`${base}/users/gone`, { method: 'DELETE', token: app.token });
    assert.equal(deleted.status, 200);
    assert.deepEqual(urls.map(isOpen), [false, false]);
    assert.deepEqual(await namesIn(id), ['stays']);
    assertRefused(await offer(named), 401, 'unauthorized');
  });
});

describe('creating', () => {
  test('an app may forbid its users to create conferences', async () => {
    const strict = await fixture.createApp();
    await fixture.store.apps.allowUsersToCreate(strict.id, false);
    const path = `/v1/${strict.org}/${strict.name}/conferences`;
    const asUser = { method: 'POST', token: await fixture.userToken(strict, 'ann'), json: { confrType: 9 } };
    assertRefused(await fixture.call(path, asUser), 403, 'forbidden_op');
    assert.equal((await fixture.call(path, { method: 'POST', token: strict.token, json: {} })).status, 200);
  });
});

describe('the list of conferences', () => {
  let owner: TestApp;
  let path: string;
  let ids: Record<'ended' | 'running' | 'waiting', string>;

  const list = (query = '', call: Call = {}): Promise<Answer> =>
    fixture.call(path + query, { token: owner.token, ...call });
  const idsIn = async (query = ''): Promise<string[]> =>
    (await list(query)).json<ConferencePage>().conferences.map(({ confrId }) => confrId);

  before(async () => {
    owner = await fixture.createApp();
    path = `/v1/${owner.org}/${owner.name}/conferences`;
    ids = {
      ended: await create({}, owner),
      running: await create({ recMerge: true, creator: 'ann' }, owner),
      waiting: await create({ confrType: 12 }, owner),
    };
    const ended = `/${owner.org}/${owner.name}/conferences/${ids.ended}`;
    await fixture.call(ended, { method: 'DELETE', token: owner.token });
    const joining = { method: 'POST', token: owner.token, json: { userName: 'bob' } };
    await fixture.call(`${path}/${ids.running}/join`, joining);
  });

  test('the newest first, with how each stands', async () => {
    const { conferences, cursor } = (await list()).json<ConferencePage>();
    assert.equal(cursor, undefined);
    assert.deepEqual(
      conferences.map(({ confrId, state }) => [confrId, state]),
      (['waiting', 'running', 'ended'] as const).map((state) => [ids[state], state]),
    );
    const [waiting, running, ended] = conferences;
    assert.deepEqual(
      { ...running, createTime: '', beginTime: '' },
      {
        ...{ confrId: ids.running, confrType: 'COMMUNICATION', state: 'running', memberCount: 1 },
        ...{
          creator: `${owner.org}#${owner.name}_ann`,
          rec: true,
          recMerge: true,
          recording: 'recording',
          createTime: '',
          beginTime: '',
        },
      },
    );
    assert.match(running?.createTime ?? '', /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    assert.deepEqual([waiting?.confrType, waiting?.beginTime, waiting?.memberCount], ['LIVE', undefined, 0]);
    assert.deepEqual([typeof ended?.endTime, ended?.beginTime], ['string', undefined]);
  });

  test('by state', async () => {
    for (const state of ['waiting', 'running', 'ended'] as const) {
      assert.deepEqual(await idsIn(`?state=${state}`), [ids[state]], state);
    }
  });

  test('by time of creation, both ends included', async () => {
    const all = [ids.waiting, ids.running, ids.ended];
    assert.deepEqual(await idsIn('?beginTime=20200101000000&endTime=20991231235959'), all);
    assert.deepEqual(await idsIn('?endTime=20200101000000'), []);
    assert.deepEqual(await idsIn('?beginTime=20991231235959'), []);
  });

  test('page by page', async () => {
    const seen: string[] = [];
    let cursor: string | undefined = '';
    while (cursor !== undefined) {
      const query: string = `?limit=1${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
      const page: ConferencePage = (await list(query)).json<ConferencePage>();
      seen.push(...page.conferences.map(({ confrId }) => confrId));
      cursor = page.cursor;
    }
    assert.deepEqual(seen, [ids.waiting, ids.running, ids.ended]);
  });

  test('what cannot be meant is told; nobody but the app lists', async () => {
    for (const query of [
      ...['state=open', 'limit=0', 'limit=101', 'limit=x', 'cursor=x', 'cursor=1-x', 'beginTime=1', 'other=1'],
      'beginTime=20300101000000&endTime=20200101000000',
    ]) {
      assertRefused(await list(`?${query}`), 400, 'illegal_argument');
    }
    assertRefused(await list('', { token: await fixture.userToken(owner, 'ann') }), 403, 'forbidden_op');
    assertRefused(await list('', { token: app.token }), 403, 'forbidden_op');
  });
});

describe('trickle ICE', () => {
  const UFRAG = /a=ice-ufrag:(\S+)/.exec(CHROMIUM_OFFER)?.[1] ?? '';
  const fragment = (ufrag: string) =>
    `a=ice-ufrag:${ufrag}\r\na=ice-pwd:0123456789012345678901\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\na=end-of-candidates\r\n`;
  const patch = (url: string, { token }: JoinView, headers: object, body = fragment(UFRAG)): Promise<Answer> =>
    fixture.call(url, {
      ...{ method: 'PATCH', token, body },
      headers: { 'content-type': 'application/trickle-ice-sdpfrag', ...headers },
    });

  test('is for the session that the tag names: the latest one', async () => {
    const ann = await join(await create(), { userName: 'ann' });
    const first = await offer(ann, '', CHROMIUM_OFFER);
    const [url, tag] = [first.headers.get('location') ?? '', first.headers.get('etag') ?? ''];
    assert.equal(first.headers.get('link'), null, 'there are no ICE servers');
    const taken = await patch(url, ann, { 'if-match': tag });
    assert.deepEqual([taken.status, taken.text, taken.headers.get('etag')], [204, '', null]);
    assert.equal((await patch(url, ann, { 'if-match': `"other", ${tag}` })).status, 204);
    assertRefused(await patch(url, ann, {}), 428, 'precondition_required');
    for (const other of ['"other"', `W/${tag}`, tag.slice(1, -1)]) {
      assertRefused(await patch(url, ann, { 'if-match': other }), 412, 'precondition_failed');
    }

    const second = await offer(ann, `?resume=${streamOf(url)}`, CHROMIUM_OFFER);
    assert.equal(second.headers.get('location'), url);
    assert.notEqual(second.headers.get('etag'), tag);
    assertRefused(await patch(url, ann, { 'if-match': tag }), 412, 'precondition_failed');
    assert.equal((await patch(url, ann, { 'if-match': second.headers.get('etag') ?? '' })).status, 204);
  });

  test('an ICE restart, said or seen, is refused and ends nothing', async () => {
    const ann = await join(await create(), { userName: 'ann' });
    const answer = await offer(ann, '', CHROMIUM_OFFER);
    const [url, tag] = [answer.headers.get('location') ?? '', answer.headers.get('etag') ?? ''];
    assertRefused(await patch(url, ann, { 'if-match': '*' }, fragment('new1')), 422, 'unprocessable');
    assertRefused(await patch(url, ann, { 'if-match': tag }, fragment('new1')), 422, 'unprocessable');
    assert.ok(isOpen(url));
  });

  test('a fragment that is none is told so, before its session is looked for; one that has ended is not there', async () => {
    const ann = await join(await create(), { userName: 'ann' });
    const url = await publish(ann);
    for (const body of ['hello', '', 'a=candidate:1', 'a=ice-ufrag:abcd', `${fragment('abcd')}x=1`]) {
      const answer = await patch(url, ann, { 'if-match': '"x"' }, body);
      assertRefused(answer, 400, 'illegal_sdp');
    }
    // DELETE is for whatever session there is (RFC 9725, section 4.3.1).
    const ended = await fixture.call(url, { method: 'DELETE', token: ann.token, headers: { 'if-match': '"x"' } });
    assert.equal(ended.status, 200);
    assertRefused(await patch(url, ann, { 'if-match': '"x"' }), 404, 'service_resource_not_found');
    assertRefused(await fixture.call(url, { method: 'DELETE', token: ann.token }), 404, 'service_resource_not_found');
    for (const method of ['GET', 'POST', 'PUT']) {
      const answer = await fixture.call(url, { method, token: ann.token });
      assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'DELETE, OPTIONS, PATCH']);
    }
  });
});

test('while no media process is up, publishing is put off and leaves nothing behind; all else goes on', async () => {
  const id = await create({ rec: true });
  const ann = await join(id, { userName: 'ann' });
  media.staysDown = true;
  media.die();
  const refused = await offer(ann);
  assertRefused(refused, 503, 'server_busy');
  assert.match(refused.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
  assert.deepEqual(await namesIn(id), ['ann']);
  media.staysDown = false;
  while ((await offer(ann)).status !== 201) await new Promise((resolve) => setTimeout(resolve, 50));
});
