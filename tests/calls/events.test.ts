/** A call of synthetic callers, followed over its event sockets from the first join to the end, a killed service in between. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { CallreelApi } from '@callreel/client/callreel-api.ts';
import type { JoinView } from '@callreel/contract/conference.ts';
import type { RecordingTimeline } from '@callreel/contract/timeline.ts';
import type { PreparedMedia } from '@callreel/synthetic/prepare/prepare-media.ts';
import { Service } from '@callreel/synthetic/service.ts';
import { Cleanups } from '../support/cleanups.ts';
import { EventClient } from '../support/event-client.ts';
import { ALICE, BOB, joinAs, leave, mediaOf, publishAs, sentUpTo } from '../support/recorded-call.ts';
import { apiWith, appToken, createCall, waitForRecordings } from '../support/service.ts';

const cleanups = new Cleanups();
let service: Service;
let api: CallreelApi;
let token: string;
let media: PreparedMedia;
let options: { dataDir: string; settings: Record<string, string> };

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
};

before(async () => {
  media = await mediaOf(ALICE, { durationMs: 30_000, videoCodec: 'VP8', width: 160, height: 90, framesPerSecond: 5 });
  const dataDir = await mkdtemp(join(tmpdir(), 'callreel-events-'));
  cleanups.add(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }));
  // The same after a restart, as a service has it: that is where its clients come back to.
  options = { dataDir, settings: { CALLREEL_PORT: String(await freePort()) } };
  service = await Service.start(options);
  cleanups.add(() => service.stop());
  token = await appToken(service);
  api = apiWith(service, token);
});

after(() => cleanups.run());

/** As the application's server does. */
const silence = async (member: JoinView): Promise<void> => {
  const answer = await fetch(member.leave, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ mute: true }),
  });
  assert.equal(answer.status, 200, await answer.text());
};

/** Speaks in every other 1.5 s. */
const talking = (mediaMs: number): number => (mediaMs % 3000 < 1500 ? -25 : -127);

test('who publishes and who speaks is told as it happens; who is muted does not speak', async () => {
  const confrId = await createCall(api);
  const [alice, bob] = [await joinAs(api, confrId, ALICE.name), await joinAs(api, confrId, BOB.name)];
  const watcher = await EventClient.open(bob);
  const caller = await publishAs(alice, media, { levelDbov: talking });
  const { publication } = await watcher.heard('publicationAdded');
  assert.deepEqual([publication.audio, publication.video, publication.recording], ['opus', 'VP8', 'recording']);
  const began = () =>
    watcher.events.filter((event) => event.kind === 'speaking' && event.memberIds.includes(alice.memberId)).length;
  await watcher.heard('speaking', ({ memberIds }) => memberIds.includes(alice.memberId));
  await watcher.heard('speaking', ({ memberIds }) => memberIds.length === 0);
  assert.equal(began(), 1, 'told once while he speaks');
  await silence(alice);
  await watcher.heard('memberMuted');
  const begunBefore = began();
  // He goes on speaking, twice.
  await sentUpTo(caller, (caller.sent.frames.at(-1)?.mediaMs ?? 0) + 6000);
  assert.equal(began(), begunBefore);
  assert.deepEqual([watcher.state?.members[0]?.muted, watcher.state?.speaking], [true, []]);
  await caller.stop();
  await watcher.heard('publicationEnded', ({ reason }) => reason === 'unpublished');
  assert.deepEqual([watcher.state?.publications, watcher.state?.speaking], [[], []]);
  await Promise.all([leave(alice), leave(bob)]);
  const [recording] = await waitForRecordings(api, confrId, (listed) => listed.length === 1);
  assert.ok(recording);
  assertTimeline(await api.timeline(recording.id), watcher);
});

/** Of the call above: alice speaks once, then is silenced until the end; bob only listens. As far apart as it was told. */
const assertTimeline = ({ id, durationMs, members }: RecordingTimeline, watcher: EventClient): void => {
  const [alice, bob] = members;
  assert.deepEqual([alice?.userName, bob?.userName], ['acme#calls_alice', 'acme#calls_bob']);
  assert.deepEqual([bob?.spoke, bob?.muted, bob?.publications], [[], [], []]);
  const [spoke, ...more] = alice?.spoke ?? [];
  const [muted] = alice?.muted ?? [];
  assert.ok(spoke && muted && more.length === 0);
  const toldMs = watcher.frames.flatMap((frame) =>
    frame.kind === 'event' && ['speaking', 'memberMuted'].includes(frame.event.kind) ? [frame.atMs] : [],
  );
  const [begun = 0, ...later] = toldMs;
  const apart = [spoke.endMs, muted.startMs].map((ms, index) => ms - spoke.startMs - ((later[index] ?? 0) - begun));
  assert.ok(Math.max(...apart.map(Math.abs)) <= 50, `${apart} ms from what was told`);
  assert.equal(muted.endMs, alice?.endMs);
  assert.ok(durationMs - muted.endMs < 500, 'what he sent last stands for a while longer than he was there');
  const [camera] = alice?.publications ?? [];
  assert.deepEqual([camera?.recordings[0]?.id, camera?.startMs], [id, 0]);
  assert.ok(camera?.gaps?.some(({ cause }) => cause === 'mute'));
};

test('a caller vanishes: his publication is told to be lost, and comes back; his stay goes on', async () => {
  const confrId = await createCall(api);
  const [alice, bob] = [await joinAs(api, confrId, ALICE.name), await joinAs(api, confrId, BOB.name)];
  const watcher = await EventClient.open(bob);
  const caller = await publishAs(alice, media, { canVanish: true });
  const { publication } = await watcher.heard('publicationAdded');
  caller.vanish();
  await watcher.heard('publicationLost', ({ pubStreamId }) => pubStreamId === publication.pubStreamId);
  const again = await publishAs(alice, media, { query: `?resume=${publication.pubStreamId}` });
  await watcher.heard('publicationResumed');
  await again.stop();
  await watcher.heard('publicationEnded');
  assert.ok(!watcher.kinds.includes('memberLeft'));
  await Promise.all([leave(alice), leave(bob)]);
});

test('the service is killed and comes back: members open their sockets again, with the tokens they have, and publish anew', async () => {
  const confrId = await createCall(api);
  const alice = await api.join(confrId, { userName: ALICE.name, role: 'talker', nickname: 'Al', ext: '{}' });
  const bob = await joinAs(api, confrId, BOB.name);
  const [first, second] = [await EventClient.open(alice), await EventClient.open(bob)];
  const cutOff = await publishAs(alice, media, { canVanish: true });
  await second.heard('publicationAdded');
  await service.kill();
  cutOff.vanish();
  for (const client of [first, second]) assert.equal((await client.closed()).code, 1006);
  service = await Service.start(options);
  const back = await EventClient.open(alice, first);
  const [snapshot] = back.frames;
  assert.ok(snapshot?.kind === 'snapshot', 'what the killed one had not told is in no list of events');
  // As it was told, whatever came right behind it.
  assert.deepEqual(
    snapshot.state.members.map(({ userName, nickname, ext, lost }) => [userName, nickname, ext, lost]),
    [
      ['alice', 'Al', '{}', true],
      ['bob', null, null, true],
    ],
  );
  assert.deepEqual(snapshot.state.publications, []);
  const ofBob = await EventClient.open(bob, second);
  await back.heard('memberBack', ({ memberId }) => memberId === bob.memberId);
  const caller = await publishAs(alice, media);
  await ofBob.heard('publicationAdded');
  await caller.stop();
  ofBob.say({ kind: 'leave' });
  assert.equal((await ofBob.closed()).code, 1000);
  await endOf(back, alice);
});

const endOf = async (client: EventClient, member: JoinView): Promise<void> => {
  await leave(member);
  assert.equal((await client.closed()).code, 1000);
};
