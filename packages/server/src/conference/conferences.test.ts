import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import type { CreateConferenceBody } from '@callreel/contract/conference.ts';
import { type ConfrId, parseConfrId, type UserName } from '@callreel/contract/ids.ts';
import { CHROMIUM_OFFER as OFFER } from '@callreel/media/sdp/offers-fixture.ts';
import { startPostgres, type TestPostgres } from '../../../../tests/support/postgres.ts';
import { createApp, ids } from '../../../../tests/support/store-rows.ts';
import { nowMs } from '../base/monotonic-clock.ts';
import type { AppRecord } from '../store/rows.ts';
import { openStore, type Store } from '../store/store.ts';
import { Conferences, type Joined, type MemberRef } from './conferences.ts';
import { ScriptedMedia } from './scripted-media-fixture.ts';

/** In place of 45 s. */
const HOLD_MS = 60;
const LONG_HOLD_MS = 60_000;
/** Long enough to come back in on a busy machine. */
const RESTART_HOLD_MS = 3000;

let postgres: TestPostgres;
let store: Store;
let app: AppRecord;

before(async () => {
  postgres = await startPostgres();
  store = await openStore(postgres);
  app = await createApp(store);
});

after(async () => {
  await store?.close();
  await postgres?.stop();
});

/** Conferences over a scripted media process, with what they told of recordings and ends. */
class Desk extends EventEmitter {
  readonly media = new ScriptedMedia();
  readonly ended: ConfrId[] = [];
  readonly recordingsEnded: string[] = [];
  readonly conferences: Conferences;

  constructor(holdMs: number) {
    super();
    this.conferences = new Conferences({
      ...{ store, ids, nowMs, holdMs, bootId: '', log: postgres.log, mediaProcesses: 1, spawnMedia: this.media.spawn },
      formatTime: (instant) => instant.toISOString(),
      issueMemberToken: async ({ memberId }) => ({ token: `token of ${memberId}` }),
      onRecordingEnded: (key) => {
        this.recordingsEnded.push(key);
        this.emit('recordingEnded');
      },
      onConferenceEnded: (confrId) => {
        this.ended.push(confrId);
        this.emit('ended', confrId);
      },
    });
  }

  async create(body: CreateConferenceBody = { rec: true }): Promise<ConfrId> {
    const { id } = await this.conferences.create(app, body, undefined);
    const confrId = parseConfrId(id);
    assert.ok(confrId);
    return confrId;
  }

  async join(confrId: ConfrId, name: string): Promise<MemberRef & Joined> {
    const userName = name as UserName;
    const joined = await this.conferences.join(app, confrId, { userName, trusted: true });
    return { ...joined, appId: app.id, confrId, userName };
  }
}

const withDesk = async (holdMs: number, body: (desk: Desk) => Promise<void>): Promise<void> => {
  const desk = new Desk(holdMs);
  try {
    await body(desk);
  } finally {
    await desk.conferences.close(0);
  }
};

describe('ending', () => {
  test('the last one to leave ends the conference, once, and its times are the first join and the last leave', () =>
    withDesk(LONG_HOLD_MS, async (desk) => {
      const confrId = await desk.create();
      const first = await desk.join(confrId, 'first');
      const second = await desk.join(confrId, 'second');
      await desk.conferences.leave(first);
      assert.deepEqual(desk.ended, []);
      await desk.conferences.leave(second);
      assert.deepEqual(desk.ended, [confrId]);
      const row = await store.conferences.findById(confrId);
      const members = await store.conferences.members(confrId);
      assert.deepEqual(row?.beganAt, members[0]?.joinedAt);
      assert.deepEqual(row?.endedAt, members[1]?.leftAt);
      await assert.rejects(desk.conferences.view(app, confrId), { reason: 'notFound' });
    }));

  test('leave, kick and dissolution at the same moment end everything once', () =>
    withDesk(LONG_HOLD_MS, async (desk) => {
      const confrId = await desk.create();
      const member = await desk.join(confrId, 'only');
      const { pubStreamId } = await desk.conferences.publishing.publish(member, OFFER, 'av');
      const results = await Promise.allSettled([
        desk.conferences.leave(member),
        desk.conferences.kick(app, confrId, member.userName),
        desk.conferences.dissolve(app, confrId),
      ]);
      assert.deepEqual(
        results.map(({ status }) => status),
        ['fulfilled', 'rejected', 'rejected'],
      );
      assert.deepEqual(desk.ended, [confrId]);
      assert.equal(desk.recordingsEnded.length, 1);
      assert.equal(desk.media.asked.filter((asked) => asked === `end ${pubStreamId}`).length, 1);
    }));

  test('nobody comes within the delay: dissolved', () =>
    withDesk(LONG_HOLD_MS, async (desk) => {
      const ended = once(desk, 'ended');
      const confrId = await desk.create({ confrDelayMillis: 20 });
      assert.deepEqual(await ended, [confrId]);
      await assert.rejects(desk.join(confrId, 'late'), { reason: 'notFound' });
    }));

  test('unpublishing ends the publication alone', () =>
    withDesk(LONG_HOLD_MS, async (desk) => {
      const confrId = await desk.create();
      const member = await desk.join(confrId, 'user');
      const { pubStreamId } = await desk.conferences.publishing.publish(member, OFFER, 'av');
      await desk.conferences.publishing.unpublish(member, pubStreamId);
      assert.equal(desk.recordingsEnded.length, 1);
      await assert.rejects(desk.conferences.publishing.unpublish(member, pubStreamId), { reason: 'notFound' });
      assert.equal((await desk.conferences.view(app, confrId)).mems.length, 1);
    }));
});

describe('a lost connection', () => {
  test('resumed within the hold: it goes on as the same publication', () =>
    withDesk(LONG_HOLD_MS, async (desk) => {
      const confrId = await desk.create();
      const member = await desk.join(confrId, 'user');
      const { pubStreamId } = await desk.conferences.publishing.publish(member, OFFER, 'av');
      desk.media.connect(pubStreamId);
      desk.media.lose(pubStreamId);
      const resumed = await desk.conferences.publishing.resume(member, pubStreamId, OFFER);
      assert.equal(resumed.pubStreamId, pubStreamId);
      assert.deepEqual(desk.recordingsEnded, []);
      assert.ok(desk.media.asked.includes(`resume ${pubStreamId}`));
    }));

  test('not resumed: the publication ends, then its member, then the conference', () =>
    withDesk(HOLD_MS, async (desk) => {
      const confrId = await desk.create();
      const member = await desk.join(confrId, 'user');
      const { pubStreamId } = await desk.conferences.publishing.publish(member, OFFER, 'av');
      desk.media.connect(pubStreamId);
      const ended = once(desk, 'ended');
      desk.media.lose(pubStreamId);
      assert.deepEqual(await ended, [confrId]);
      assert.equal(desk.recordingsEnded.length, 1);
    }));

  test('another publication of the same member keeps him in', () =>
    withDesk(HOLD_MS, async (desk) => {
      const confrId = await desk.create();
      const member = await desk.join(confrId, 'user');
      const camera = await desk.conferences.publishing.publish(member, OFFER, 'av');
      await desk.conferences.publishing.publish(member, OFFER, 'desktop');
      const ended = once(desk, 'recordingEnded');
      desk.media.lose(camera.pubStreamId);
      await ended;
      assert.equal((await desk.conferences.view(app, confrId)).mems.length, 1);
    }));
});

describe('a media process dies', () => {
  test('its recordings are handed on at once, its members are held, and another takes its place', () =>
    withDesk(LONG_HOLD_MS, async (desk) => {
      const confrId = await desk.create();
      const member = await desk.join(confrId, 'user');
      await desk.conferences.publishing.publish(member, OFFER, 'av');
      const handedOn = once(desk, 'recordingEnded');
      desk.media.die();
      await handedOn;
      assert.equal((await desk.conferences.view(app, confrId)).mems.length, 1);
      await assert.rejects(desk.conferences.publishing.publish(member, OFFER, 'av'), { reason: 'busy' });
      assert.equal(await store.recordingWork.openCount(confrId), 1, 'what was refused leaves no work behind');
    }));

  test('members who do not come back are out after the hold', () =>
    withDesk(HOLD_MS, async (desk) => {
      const confrId = await desk.create();
      await desk.conferences.publishing.publish(await desk.join(confrId, 'user'), OFFER, 'av');
      const ended = once(desk, 'ended');
      desk.media.die();
      assert.deepEqual(await ended, [confrId]);
    }));
});

describe('a restart', () => {
  test('members who are back within the hold stay; the rest are out', async () => {
    const earlier = new Desk(LONG_HOLD_MS);
    const confrId = await earlier.create();
    const kept = await earlier.join(confrId, 'kept');
    const gone = await earlier.join(confrId, 'gone');
    await earlier.conferences.kick(app, confrId, (await earlier.join(confrId, 'kicked')).userName);
    await earlier.conferences.publishing.publish(kept, OFFER, 'av');
    await earlier.conferences.close(0);
    assert.deepEqual(earlier.ended, [], 'stopping the service ends no conference');
    assert.equal(earlier.recordingsEnded.length, 1, 'but closes its files');

    await withDesk(RESTART_HOLD_MS, async (desk) => {
      await desk.conferences.start();
      await desk.conferences.publishing.publish(kept, OFFER, 'av');
      await assert.rejects(desk.join(confrId, 'kicked'), { reason: 'banned' });
      const joined = await desk.join(confrId, 'new');
      assert.ok(!(await store.conferences.members(confrId)).slice(0, 3).some(({ id }) => id === joined.memberId));
      await leftWithin(desk, gone);
      const names = (await desk.conferences.view(app, confrId)).mems.map(({ memberId }) => memberId);
      assert.deepEqual(names, [kept.memberId, joined.memberId]);
    });
  });
});

describe('refusals', () => {
  test('an offer that cannot be answered leaves nothing behind', () =>
    withDesk(LONG_HOLD_MS, async (desk) => {
      const confrId = await desk.create();
      const member = await desk.join(confrId, 'user');
      await assert.rejects(desk.conferences.publishing.publish(member, 'no SDP', 'av'), { reason: 'illegalSdp' });
      assert.equal(await store.recordingWork.openCount(confrId), 0);
      await desk.conferences.leave(member);
      assert.deepEqual(desk.recordingsEnded, []);
    }));

  test('limits, roles, passwords and bans', () =>
    withDesk(LONG_HOLD_MS, async (desk) => {
      const confrId = await desk.create({ maxTalkerCount: 1, maxVideoCount: 1, maxAudienceCount: 1, password: 'pw' });
      const talker = await desk.join(confrId, 'talker');
      const ask = (request: object) =>
        desk.conferences.join(app, confrId, { userName: 'other' as UserName, trusted: false, ...request });
      await assert.rejects(ask({ password: 'wrong' }), { reason: 'wrongPassword' });
      await assert.rejects(ask({ password: 'pw' }), { reason: 'talkerLimit' });
      const listener = await ask({ trusted: true, role: 'audience' });
      await assert.rejects(ask({ trusted: true, role: 'audience' }), { reason: 'audienceLimit' });
      const listening = { ...listener, appId: app.id, confrId, userName: 'other' as UserName };
      await assert.rejects(desk.conferences.publishing.publish(listening, OFFER, 'av'), { reason: 'roleForbids' });
      await desk.conferences.publishing.publish(talker, OFFER, 'av');
      await assert.rejects(desk.conferences.publishing.publish(talker, OFFER, 'av'), { reason: 'videoLimit' });
      await desk.conferences.kick(app, confrId, 'other' as UserName);
      await assert.rejects(ask({ password: 'pw' }), { reason: 'banned' });
    }));

  test('another app sees no conference', () =>
    withDesk(LONG_HOLD_MS, async (desk) => {
      const confrId = await desk.create();
      const stranger = await createApp(store);
      await assert.rejects(desk.conferences.view(stranger, confrId), { reason: 'notFound' });
      await assert.rejects(desk.conferences.dissolve(stranger, confrId), { reason: 'notFound' });
    }));
});

/** Asks until the member is out: what the hold's timer does has no event of its own. */
const leftWithin = async (desk: Desk, member: MemberRef): Promise<void> => {
  for (;;) {
    const { mems } = await desk.conferences.view(app, member.confrId);
    if (!mems.some(({ memberId }) => memberId === member.memberId)) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
};
