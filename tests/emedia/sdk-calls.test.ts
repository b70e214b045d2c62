import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { request } from '@callreel/client/request.ts';
import type { RecordingView } from '@callreel/contract/recording.ts';
import { inspectFile } from '@callreel/synthetic/inspect/inspect-file.ts';
import type { Page } from 'playwright-core';
import { openBrowser, skip, type TestBrowser } from '../support/browser.ts';
import { Cleanups } from '../support/cleanups.ts';
import { Downloads } from '../support/downloads.ts';
import { exitIn, heardIn, publishIn, SdkPages, subscribeIn, waitUntilPlaying } from '../support/emedia-page.ts';
import { EventClient } from '../support/event-client.ts';
import { openPublishingPage, publishFrom, waitForFramesSent } from '../support/publishing-page.ts';
import { receiveIn, waitUntilReceived } from '../support/receiving-page.ts';
import { startTestService, type TestService, waitForRecordings } from '../support/service.ts';
import { assertPlays, assertWhole } from '../support/whole-file.ts';

let tested: TestService;
let browser: TestBrowser;
let pages: SdkPages;
let downloads: Downloads;

const cleanups = new Cleanups();

before(async () => {
  if (skip) return;
  pages = await SdkPages.serve();
  cleanups.add(() => pages.stop());
  const dataDir = await mkdtemp(join(tmpdir(), 'callreel-sdk-'));
  cleanups.add(() => rm(dataDir, { recursive: true, force: true }));
  tested = await startTestService({ dataDir, settings: { CALLREEL_CORS_ORIGINS: pages.origin } });
  cleanups.add(() => tested.service.stop());
  browser = await openBrowser();
  cleanups.add(() => browser.close());
  downloads = await Downloads.create();
  cleanups.add(() => downloads.remove());
});

after(() => cleanups.run());

const PASSWORD = 'secret';
const fullName = (userName: string): string => `acme#calls_${userName}`;

const userToken = async (userName: string): Promise<string> => {
  const { url } = tested.service;
  const json = { username: userName, password: PASSWORD };
  await request(`${url}/acme/calls/users`, { method: 'POST', token: tested.token, json });
  const signIn = { method: 'POST', json: { grant_type: 'password', ...json } } as const;
  const answer = await request(`${url}/acme/calls/token`, signIn);
  return ((await answer.json()) as { access_token: string }).access_token;
};

const open = async (userName: string): Promise<Page> => {
  const token = await userToken(userName);
  const { url: restPrefix } = tested.service;
  return pages.open(browser, { restPrefix, appkey: 'acme#calls', memName: fullName(userName), token });
};

type Created = { confrId: string; password: string };

/** Creates a conference and enters it with the ticket of its creation. */
const createIn = (page: Page, settings: Record<string, unknown> = {}): Promise<Created> =>
  page.evaluate(async (given) => {
    const { emedia, sdkPage } = globalThis;
    const confr = await emedia.mgr.createConference({ confrType: 10, password: 'pw', ...given });
    sdkPage.confr = await emedia.mgr.joinConferenceWithTicket(confr.confrId, confr.ticket, { nickName: 'Host' });
    return { confrId: confr.confrId, password: confr.password };
  }, settings);

/** Joins by id and password. */
const joinIn = (page: Page, { confrId, password }: Created): Promise<{ role: number }> =>
  page.evaluate(
    async (place) => {
      const { emedia, sdkPage } = globalThis;
      const confr = await emedia.mgr.joinConference(place.confrId, place.password, { nickName: 'Guest' });
      sdkPage.confr = confr;
      return { role: confr.role };
    },
    { confrId, password },
  );

/** A merge waits for a quiet moment of a busy machine. */
const LISTED_WITHIN_MS = 90_000;
const listed = (confrId: string, count: number): Promise<RecordingView[]> =>
  waitForRecordings(tested.api, confrId, ({ length }) => length >= count, LISTED_WITHIN_MS);

/** Of the fake camera's thirty a second. */
const FRAMES = 60;

/** Of a page that is no longer used: its SDK may be trying to come back. */
const close = (...opened: Page[]) => Promise.all(opened.map((page) => page.close()));

test('a page creates a recorded conference, publishes and closes it, and the calls list its files', {
  skip,
}, async () => {
  const page = await open('anna');
  const created = await createIn(page, { rec: true, recMerge: true });
  const stream = await publishIn(page);
  await waitForFramesSent(page, FRAMES);
  await exitIn(page, true);
  const recordings = await listed(created.confrId, 2);
  const single = recordings.find(({ recordType }) => recordType === 'ONLY_REC_ONE_AV');
  assert.deepEqual([single?.pubStreamId, single?.userName], [stream, fullName('anna')]);
  assert.ok(recordings.some(({ recordType }) => recordType === 'MERGE_ALL'));
  assert.ok(single);
  assertWhole(await inspectFile(await downloads.fetch(single)), FRAMES / 4);
  const viewer = await openPublishingPage(browser, tested.service.url);
  await assertPlays(viewer, single);
  await close(page, viewer);
});

test('two pages see each other, share a screen, mute, unpublish and leave', { skip }, async () => {
  const [bert, carl] = [await open('bert'), await open('carl')];
  const created = await createIn(bert, { rec: true });
  const berts = await publishIn(bert);
  const { role } = await joinIn(carl, created);
  assert.equal(role, 3);
  await heardIn(bert, 'onMemberJoined', 'calls_carl');
  await subscribeIn(carl, berts);
  const carls = await publishIn(carl);
  await subscribeIn(bert, carls);

  const screen = await publishIn(bert, 'screen');
  await subscribeIn(carl, screen);

  await bert.evaluate(async () => {
    const [camera] = globalThis.sdkPage.published;
    if (camera) await globalThis.emedia.mgr.pauseAudio(camera);
  });
  await heardIn(carl, `onMediaChanaged ${berts}`, '"aoff":1');
  await bert.evaluate(async () => {
    const [camera] = globalThis.sdkPage.published;
    if (camera) await globalThis.emedia.mgr.resumeAudio(camera);
  });
  await heardIn(carl, `onMediaChanaged ${berts}`, '"aoff":0');

  await bert.evaluate(() => {
    const [, shared] = globalThis.sdkPage.published;
    if (shared) globalThis.emedia.mgr.unpublish(shared);
  });
  await heardIn(carl, 'onStreamRemoved', screen);
  await waitUntilPlaying(carl, berts);

  await exitIn(carl);
  await heardIn(bert, 'onMemberExited', 'calls_carl');
  await exitIn(bert, true);
  const recordings = await listed(created.confrId, 3);
  assert.deepEqual(
    recordings.map(({ recordType, pubStreamId }) => `${recordType} ${pubStreamId}`).sort(),
    [`ONLY_REC_ONE_AV ${berts}`, `ONLY_REC_ONE_AV ${carls}`, `ONLY_REC_ONE_DESKTOP ${screen}`].sort(),
  );
  await close(bert, carl);
});

type RoomWish = { roomName: string; role: number; nickName: string };
const enterRoom = (page: Page, wish: RoomWish): Promise<{ confrId: string; role: number }> =>
  page.evaluate(async ({ roomName, role, nickName }) => {
    const { emedia, sdkPage } = globalThis;
    const config = { nickName, rec: false };
    sdkPage.confr = await emedia.mgr.joinRoom({ roomName, password: 'pw', role, config });
    return { confrId: sdkPage.confr.confrId, role: sdkPage.confr.role };
  }, wish);

test('a room is joined by its name; a listener asks to talk, is let, and is made a listener again', {
  skip,
}, async () => {
  const [dora, emil] = [await open('dora'), await open('emil')];
  const first = await enterRoom(dora, { roomName: 'room', role: 3, nickName: 'Dora' });
  const second = await enterRoom(emil, { roomName: 'room', role: 1, nickName: 'Emil' });
  assert.equal(second.confrId, first.confrId);
  assert.equal(second.role, 1);

  const refused = await emil.evaluate(() =>
    globalThis.emedia.mgr.publish({ audio: true, video: true }).then(
      () => 'published',
      () => 'refused',
    ),
  );
  assert.equal(refused, 'refused');
  // The page of an admin agrees to whoever asks.
  await emil.evaluate((confrId) => globalThis.emedia.mgr.requestToTalker(confrId), first.confrId);
  await heardIn(emil, 'onRequestToTalkerReply', 0);
  await heardIn(emil, 'onRoleChanged', 3);
  const emils = await publishIn(emil);
  await subscribeIn(dora, emils);
  await dora.evaluate(
    async (memName) => globalThis.emedia.mgr.grantRole(globalThis.sdkPage.confr, [memName], 1),
    fullName('emil'),
  );
  await heardIn(emil, 'onRoleChanged', 1);
  await heardIn(dora, 'onStreamRemoved', emils);
  await exitIn(dora, true);
  const { values } = await heardIn(emil, 'onConferenceExit');
  assert.equal(values[0], 11);
  await close(dora, emil);
});

test('attributes and "all are muted" are told to all; a member is removed and stays out', { skip }, async () => {
  const [fritz, greta] = [await open('fritz'), await open('greta')];
  const created = await createIn(fritz);
  await joinIn(greta, created);
  await greta.evaluate(() => globalThis.emedia.mgr.setConferenceAttrs({ key: 'hand', val: 'up' }));
  await heardIn(fritz, 'onConfrAttrsUpdated', 'hand');
  await fritz.evaluate((confrId) => globalThis.emedia.mgr.muteAll(confrId), created.confrId);
  await heardIn(greta, 'onMuteAll');
  await fritz.evaluate((confrId) => globalThis.emedia.mgr.unmuteAll(confrId), created.confrId);
  await heardIn(greta, 'onUnMuteAll');
  const { values } = await heardIn(fritz, 'onMemberJoined', 'calls_greta');
  const [{ id: memberId } = { id: '' }] = values as { id: string }[];
  await fritz.evaluate(
    ({ confrId, id }) => {
      globalThis.emedia.mgr.muteBymemberId(confrId, id);
    },
    { confrId: created.confrId, id: memberId },
  );
  await heardIn(greta, 'onMuted');
  await fritz.evaluate(
    async (memName) => globalThis.emedia.mgr.kickMembersById(globalThis.sdkPage.confr, [memName]),
    fullName('greta'),
  );
  await heardIn(greta, 'onConferenceExit');
  await heardIn(fritz, 'onMemberExited', 'calls_greta');
  await assert.rejects(joinIn(greta, created));
  await fritz.evaluate((confrId) => globalThis.emedia.mgr.destroyConference(confrId), created.confrId);
  await heardIn(fritz, 'onConferenceExit', 11);
  await close(fritz, greta);
});

test('a page whose socket breaks comes back as the same member and goes on in the same file', { skip }, async () => {
  const [hans, ida] = [await open('hans'), await open('ida')];
  const created = await createIn(hans, { rec: true });
  await joinIn(ida, created);
  const stream = await publishIn(hans);
  await subscribeIn(ida, stream);
  const connections = await hans.evaluate(() => globalThis.callreelTest.connections.length);
  await hans.evaluate(() => globalThis.sdkPage.sockets.at(-1)?.close());
  // The SDK makes the connection anew, over its new socket.
  await hans.waitForFunction((before) => globalThis.callreelTest.connections.length > before, connections);
  await waitForFramesSent(hans, FRAMES);
  await waitUntilPlaying(ida, stream);
  const { mems } = await tested.api.conference(created.confrId);
  assert.equal(mems.length, 2);
  await exitIn(hans, true);
  const [recording, ...others] = await listed(created.confrId, 1);
  assert.deepEqual([recording?.pubStreamId, others], [stream, []]);
  await close(hans, ida);
});

test('who comes by WHIP and WHEP and who comes with the SDK are in one conference', { skip }, async () => {
  const jan = await open('jan');
  const created = await createIn(jan);
  const kim = await tested.api.join(created.confrId, { userName: 'kim', nickname: 'Kim', role: 'admin' });
  await heardIn(jan, 'onMemberJoined', 'calls_kim');
  const kims = await openPublishingPage(browser, tested.service.url);
  const fromKim = await publishFrom(kims, { whipUrl: kim.whip, token: kim.token });
  await subscribeIn(jan, fromKim);
  const fromJan = await publishIn(jan);
  const whepUrl = kim.whip.replace(/whip$/, `publications/${fromJan}/whep`);
  const received = await receiveIn(kims, { whepUrl, token: kim.token });
  await waitUntilReceived(kims, received, ({ framesDecoded, audioEnergy }) => framesDecoded > 30 && audioEnergy > 0);

  // An admin of the one kind removes a guest of the other.
  const lea = await tested.api.join(created.confrId, { userName: 'lea' });
  const hears = await EventClient.open(lea);
  const known = hears.state?.members.find(({ userName }) => userName === 'jan');
  assert.deepEqual([known?.nickname, known?.role], ['Host', 'admin']);
  assert.ok(hears.state?.publications.some(({ pubStreamId }) => pubStreamId === fromJan));
  await jan.evaluate(
    async (memName) => globalThis.emedia.mgr.kickMembersById(globalThis.sdkPage.confr, [memName]),
    fullName('lea'),
  );
  assert.equal((await hears.closed()).reason, 'kicked');
  const { mems } = await tested.api.conference(created.confrId);
  const jansId = mems.find(({ memName }) => memName === fullName('jan'))?.memberId ?? '';
  const url = `${tested.service.url}/v1/acme/calls/conferences/${created.confrId}/members/${jansId}`;
  await request(url, { method: 'DELETE', token: kim.token });
  await heardIn(jan, 'onConferenceExit');
  await close(jan, kims);
});

/** What the SDK itself writes as an error where all is well: its own end of its figures, a picture that takes the place of another. */
const SDK_WRITES = /^upload stats ws close|^The play\(\) request was interrupted by a new load request/;

test('no page complained of anything else', { skip }, () => {
  assert.deepEqual(
    browser.complaints.filter((complaint) => !SDK_WRITES.test(complaint)),
    [],
  );
});

// Last: the pages of it complain that nobody is there.
test('a page goes on by itself when the service was killed and is back', { skip }, async () => {
  const [mona, nils] = [await open('mona'), await open('nils')];
  const created = await createIn(mona, { rec: true });
  await joinIn(nils, created);
  const before = await publishIn(mona);
  await subscribeIn(nils, before);
  await waitForFramesSent(mona, FRAMES);
  const { dataDir, url } = tested.service;
  await tested.service.kill();
  const again = { CALLREEL_CORS_ORIGINS: pages.origin, CALLREEL_PORT: new URL(url).port };
  tested = await startTestService({ dataDir, settings: again });
  const { values } = await heardIn(nils, 'onStreamAdded', 'calls_mona', before);
  const [, { id: after }] = values as [unknown, { id: string }];
  await subscribeIn(nils, after);
  const { mems } = await tested.api.conference(created.confrId);
  assert.equal(mems.length, 2);
  await exitIn(mona, true);
  const recordings = await listed(created.confrId, 2);
  assert.deepEqual(recordings.map(({ pubStreamId }) => pubStreamId).sort(), [before, after].sort());
  await close(mona, nils);
});
