import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { JoinView } from '@callreel/contract/conference.ts';
import type { RecordingView } from '@callreel/contract/recording.ts';
import type { FileFacts } from '@callreel/synthetic/inspect/file-facts.ts';
import {
  ALICE,
  BOB,
  inspectRecording,
  joinAs,
  leave,
  mediaOf,
  publishAs,
  SYNC_BOUNDS_MS,
  sentUpTo,
  span,
} from '../support/recorded-call.ts';
import { createCall, startTestService, type TestService, waitForRecordings } from '../support/service.ts';

let running: TestService;

before(async () => {
  running = await startTestService();
});

after(() => running?.service.stop());

/** Every flash has its beep, within the bars. */
const assertInSync = (facts: FileFacts, caller: string, events: number): void => {
  const { pairs = [] } = facts.callers[caller]?.sync ?? {};
  assert.ok(pairs.length >= events, `${caller}: ${pairs.length} of ${events} flashes have a beep`);
  for (const { offsetMs, flashMs } of pairs) {
    const inBounds = offsetMs >= SYNC_BOUNDS_MS.early && offsetMs <= SYNC_BOUNDS_MS.late;
    assert.ok(inBounds, `${caller}: the beep at ${flashMs} ms is ${offsetMs} ms off`);
  }
};

const only = (recordings: RecordingView[], wanted: (recording: RecordingView) => boolean): RecordingView => {
  const [first, ...rest] = recordings.filter(wanted);
  assert.ok(first && rest.length === 0);
  return first;
};

describe('two callers and a shared screen, merged', () => {
  const SECONDS = 6;
  const FRAMES = SECONDS * 25;
  let recordings: RecordingView[];

  before(async () => {
    const { api } = running;
    const durationMs = SECONDS * 1000;
    const [camera, other, screen] = await Promise.all([
      mediaOf(ALICE, { durationMs, videoCodec: 'VP8' }),
      mediaOf(BOB, { durationMs, videoCodec: 'H264' }),
      mediaOf(BOB, { durationMs, videoCodec: 'H264', audio: false, hueDegrees: 120, width: 1280, height: 720 }),
    ]);
    const confrId = await createCall(api, { recMerge: true });
    const alice = await joinAs(api, confrId, 'alice');
    const bob = await joinAs(api, confrId, 'bob');
    const callers = [
      await publishAs(alice, camera),
      await publishAs(bob, other),
      await publishAs(bob, screen, { query: '?type=desktop' }),
    ];
    await Promise.all(callers.map((caller) => caller.waitUntilSent()));
    await Promise.all(callers.map((caller) => caller.stop()));
    await leave(alice);
    await leave(bob);
    recordings = await waitForRecordings(api, confrId, (listed) => listed.length === 4, 120_000);
  });

  test('VP8 with Opus is a .webm with every frame sent, in sync', async () => {
    const recording = only(
      recordings,
      ({ userName, recordType }) => userName === 'acme#calls_alice' && recordType === 'ONLY_REC_ONE_AV',
    );
    const facts = await inspectRecording(recording, [ALICE]);
    assert.equal(facts.container, 'webm');
    assert.deepEqual([facts.video?.codec, facts.audio?.codec], ['vp8', 'opus']);
    assert.deepEqual([facts.video?.decodeErrors, facts.audio?.decodeErrors], [0, 0]);
    assert.deepEqual(facts.callers.alice?.picture?.counters, span(0, FRAMES - 1));
    assert.deepEqual(facts.audio?.holes, []);
    assert.ok(Math.abs(facts.durationMs - SECONDS * 1000) < 100, `it says it lasts ${facts.durationMs} ms`);
    assertInSync(facts, 'alice', SECONDS - 1);
  });

  test('H264 with Opus is a .mkv, as sent', async () => {
    const recording = only(
      recordings,
      ({ userName, recordType }) => userName === 'acme#calls_bob' && recordType === 'ONLY_REC_ONE_AV',
    );
    const facts = await inspectRecording(recording, [BOB]);
    assert.equal(facts.container, 'mkv');
    assert.deepEqual([facts.video?.codec, facts.audio?.codec], ['h264', 'opus']);
    assert.deepEqual(facts.callers.bob?.picture?.counters, span(0, FRAMES - 1));
    assertInSync(facts, 'bob', SECONDS - 1);
  });

  test('a shared screen in H264 is a .mp4 by itself', async () => {
    const recording = only(recordings, ({ recordType }) => recordType === 'ONLY_REC_ONE_DESKTOP');
    const facts = await inspectRecording(recording, [{ name: 'screen' }]);
    assert.equal(facts.container, 'mp4');
    assert.deepEqual([facts.video?.width, facts.video?.height, facts.audio], [1280, 720, undefined]);
    assert.deepEqual(facts.callers.screen?.picture?.counters, span(0, FRAMES - 1));
  });

  test('the merged file shows and sounds all of them, in sync, with its index at the front', async () => {
    const recording = only(recordings, ({ recordType }) => recordType === 'MERGE_ALL');
    assert.equal('pubStreamId' in recording, false);
    assert.equal(recording.userName, 'acme#calls_alice', 'it bears the first joiner');
    const facts = await inspectRecording(recording, [ALICE, BOB, { name: 'screen', hueDegrees: 120 }]);
    assert.deepEqual([facts.container, facts.indexAtFront], ['mp4', true]);
    assert.deepEqual([facts.video?.codec, facts.audio?.codec], ['h264', 'aac']);
    assert.deepEqual([facts.video?.width, facts.video?.height], [1280, 720]);
    assert.deepEqual(facts.audio?.holes, []);
    const steps = facts.video?.frameTimesMs.map((timeMs, frame) => Math.abs(timeMs - frame * 40)) ?? [];
    assert.ok(Math.max(...steps) <= 1, 'frames stand 40 ms apart throughout');
    for (const name of ['alice', 'bob', 'screen']) {
      const shown = facts.callers[name]?.picture?.counters.length ?? 0;
      assert.ok(shown >= FRAMES - 5, `${name}: ${shown} of ${FRAMES} frames are in the merged file`);
    }
    assertInSync(facts, 'alice', SECONDS - 2);
    assertInSync(facts, 'bob', SECONDS - 2);
  });

  test('its timeline has both of them and all that they published, each with its own recording', async () => {
    const { id } = only(recordings, ({ recordType }) => recordType === 'MERGE_ALL');
    const { members, durationMs } = await running.api.timeline(id);
    assert.deepEqual(
      members.map(({ userName, publications }) => [userName, publications.map(({ kind }) => kind)]),
      [
        ['acme#calls_alice', ['av']],
        ['acme#calls_bob', ['av', 'desktop']],
      ],
    );
    const singles = recordings.filter(({ recordType }) => recordType !== 'MERGE_ALL');
    for (const { pubStreamId, recordings, startMs, endMs } of members.flatMap(({ publications }) => publications)) {
      assert.equal(singles.find((single) => single.pubStreamId === pubStreamId)?.id, recordings[0]?.id);
      assert.ok(startMs < 2000 && endMs > durationMs - 2000, `${startMs} to ${endMs} of ${durationMs}`);
    }
  });
});

describe('one caller', () => {
  const record = async (
    plan: Parameters<typeof mediaOf>[1],
    options: Parameters<typeof publishAs>[2] = {},
  ): Promise<{ facts: FileFacts; recording: RecordingView }> => {
    const { api } = running;
    const confrId = await createCall(api);
    const member = await joinAs(api, confrId, 'alice');
    const caller = await publishAs(member, await mediaOf(ALICE, plan), options);
    await caller.waitUntilSent();
    await caller.stop();
    await leave(member);
    const [recording] = await waitForRecordings(api, confrId, (listed) => listed.length === 1);
    assert.ok(recording);
    return { recording, facts: await inspectRecording(recording, [ALICE]) };
  };

  test('a call of one second is recorded whole', async () => {
    const { facts } = await record({ durationMs: 1000, videoCodec: 'VP8' });
    assert.equal(facts.container, 'webm');
    assert.deepEqual(facts.callers.alice?.picture?.counters, span(0, 24));
    assert.ok(Math.abs(facts.durationMs - 1000) < 100, `it says it lasts ${facts.durationMs} ms`);
  });

  test('sound alone is a .webm without pictures', async () => {
    const { facts } = await record({ durationMs: 3000, videoCodec: null });
    assert.deepEqual([facts.container, facts.video, facts.audio?.codec], ['webm', undefined, 'opus']);
    // The first one stands at the very start, with nothing quiet before it.
    assert.equal(facts.callers.alice?.beepsMs.length, 2);
  });

  test('packets lost on the way are asked for again: every frame is there', async () => {
    const plan = { durationMs: 5000, videoCodec: 'VP8', textured: true } as const;
    const { facts } = await record(plan, { lossRate: 0.05, seed: 3 });
    assert.equal(facts.video?.decodeErrors, 0);
    assert.deepEqual(facts.callers.alice?.picture?.counters, span(0, 124));
    assertInSync(facts, 'alice', 3);
  });

  test('who is silenced is seen and not heard', async () => {
    const { api, token } = running;
    const confrId = await createCall(api);
    const member = await joinAs(api, confrId, 'alice');
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    const silenced = await fetch(member.leave, { method: 'POST', headers, body: JSON.stringify({ mute: true }) });
    assert.equal(silenced.status, 200);
    const caller = await publishAs(member, await mediaOf(ALICE, { durationMs: 3000, videoCodec: 'VP8' }));
    await caller.waitUntilSent();
    await caller.stop();
    await leave(member);
    const [recording] = await waitForRecordings(api, confrId, (listed) => listed.length === 1);
    assert.ok(recording);
    const facts = await inspectRecording(recording, [ALICE]);
    assert.deepEqual(facts.callers.alice?.picture?.counters, span(0, 74));
    assert.deepEqual([facts.callers.alice?.beepsMs, facts.audio?.holes, facts.audio?.decodeErrors], [[], [], 0]);
  });

  test("a user's token is revoked in the middle of his call: it ends now, and what there was is listed", async () => {
    const { api, service, token } = running;
    const { org, app } = service.credentials;
    const post = (path: string, bearer: string, body: object): Promise<Response> =>
      fetch(service.url + path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...(bearer && { Authorization: `Bearer ${bearer}` }) },
        body: JSON.stringify(body),
      });
    await post(`/${org}/${app}/users`, token, { username: 'alice', password: 'secret' });
    const granted = await post(`/${org}/${app}/token`, '', {
      ...{ grant_type: 'password', username: 'alice', password: 'secret' },
    });
    const { access_token: userToken } = (await granted.json()) as { access_token: string };
    const confrId = await createCall(api);
    await joinAs(api, confrId, 'bob');
    const joined = await post(`/v1/${org}/${app}/conferences/${confrId}/join`, userToken, {});
    const caller = await publishAs(
      (await joined.json()) as JoinView,
      await mediaOf(ALICE, { durationMs: 20_000, videoCodec: 'VP8' }),
      { canVanish: true },
    );
    await sentUpTo(caller, 2000);
    assert.equal((await post(`/v1/${org}/${app}/tokens/revoke`, token, { token: userToken })).status, 200);
    const [recording] = await waitForRecordings(api, confrId, (listed) => listed.length === 1);
    caller.vanish();
    assert.ok(recording);
    const facts = await inspectRecording(recording, [ALICE]);
    const { counters = [] } = facts.callers.alice?.picture ?? {};
    assert.deepEqual(counters, span(0, counters.length - 1));
    assert.ok(counters.length >= 45 && facts.video?.decodeErrors === 0);
    assert.deepEqual(
      (await api.conference(confrId)).mems.map(({ memName }) => memName),
      [`${org}#${app}_bob`],
    );
    await api.endConference(confrId);
  });
});
