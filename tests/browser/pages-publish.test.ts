import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { request } from '@callreel/client/request.ts';
import type { JoinView, VideoCodecName } from '@callreel/contract/conference.ts';
import type { RecordingView } from '@callreel/contract/recording.ts';
import type { FileFacts } from '@callreel/synthetic/inspect/file-facts.ts';
import { inspectFile } from '@callreel/synthetic/inspect/inspect-file.ts';
import type { Page } from 'playwright-core';
import { openBrowser, skip, type TestBrowser } from '../support/browser.ts';
import { Cleanups } from '../support/cleanups.ts';
import { Downloads } from '../support/downloads.ts';
import {
  breakAndResume,
  openPublishingPage,
  publishFrom,
  stopPublishing,
  waitForFramesSent,
} from '../support/publishing-page.ts';
import { createCall, startTestService, type TestService, waitForRecordings } from '../support/service.ts';
import { assertPlays, assertWhole } from '../support/whole-file.ts';

/** Two seconds of the fake camera. */
const FRAMES = 60;
/** Far below the 45 s for which a lost connection is held: whoever is listed by then was seen to leave. */
const LISTED_WITHIN_MS = 15_000;

let tested: TestService;
let browser: TestBrowser;
let downloads: Downloads;

const cleanups = new Cleanups();

before(async () => {
  if (skip) return;
  tested = await startTestService();
  cleanups.add(() => tested.service.stop());
  browser = await openBrowser();
  cleanups.add(() => browser.close());
  downloads = await Downloads.create();
  cleanups.add(() => downloads.remove());
});

after(() => cleanups.run());

const join = (confrId: string, userName: string): Promise<JoinView> => tested.api.join(confrId, { userName });
const leave = ({ leave: url, token }: JoinView) => request(url, { method: 'DELETE', token });
const openPage = (): Promise<Page> => openPublishingPage(browser, tested.service.url);
const listed = (confrId: string, count: number) =>
  waitForRecordings(tested.api, confrId, ({ length }) => length >= count, LISTED_WITHIN_MS);
const nameOf = ({ userName }: RecordingView): string => userName.slice(userName.lastIndexOf('_') + 1);

const inspect = async (recording: RecordingView): Promise<FileFacts> => inspectFile(await downloads.fetch(recording));

test('two pages publish and leave, and their files are there', { skip }, async () => {
  const confrId = await createCall(tested.api);
  const [anna, ben] = await Promise.all([join(confrId, 'anna'), join(confrId, 'ben')]);
  const [annasPage, bensPage] = await Promise.all([openPage(), openPage()]);
  const [annasStream, bensStream] = await Promise.all([
    publishFrom(annasPage, { whipUrl: anna.whip, token: anna.token }),
    publishFrom(bensPage, { whipUrl: ben.whip, token: ben.token }),
  ]);
  await Promise.all([waitForFramesSent(annasPage, FRAMES), waitForFramesSent(bensPage, FRAMES)]);
  await stopPublishing(annasPage, annasStream);
  await leave(ben);

  const recordings = await listed(confrId, 2);
  assert.deepEqual(recordings.map(nameOf).sort(), ['anna', 'ben']);
  assert.deepEqual(recordings.map(({ pubStreamId }) => pubStreamId).sort(), [annasStream, bensStream].sort());
  for (const recording of recordings) {
    assert.equal(recording.recordType, 'ONLY_REC_ONE_AV');
    const facts = await inspect(recording);
    assert.deepEqual([facts.container, facts.video?.codec, facts.audio?.codec], ['webm', 'vp8', 'opus']);
    assertWhole(facts, FRAMES / 2);
    await assertPlays(annasPage, recording);
  }
  await Promise.all([annasPage.close(), bensPage.close()]);
});

test('a page that sends H264 is recorded as it is', { skip }, async () => {
  const confrId = await createCall(tested.api);
  const carla = await join(confrId, 'carla');
  const page = await openPage();
  const videoCodec: VideoCodecName = 'H264';
  const stream = await publishFrom(page, { whipUrl: carla.whip, token: carla.token, videoCodec });
  await waitForFramesSent(page, FRAMES);
  await stopPublishing(page, stream);

  const [recording] = await listed(confrId, 1);
  assert.ok(recording);
  const facts = await inspect(recording);
  assert.deepEqual([facts.container, facts.video?.codec, facts.audio?.codec], ['mkv', 'h264', 'opus']);
  assertWhole(facts, FRAMES / 2);
  await assertPlays(page, recording);
  await page.close();
});

test('a shared screen is a file of its own', { skip }, async () => {
  const confrId = await createCall(tested.api);
  const dora = await join(confrId, 'dora');
  const page = await openPage();
  await publishFrom(page, { whipUrl: dora.whip, token: dora.token });
  await publishFrom(page, { whipUrl: dora.whip, token: dora.token, kind: 'desktop' });
  await waitForFramesSent(page, FRAMES / 2);
  await leave(dora);

  const recordings = await listed(confrId, 2);
  const desktop = recordings.find(({ recordType }) => recordType === 'ONLY_REC_ONE_DESKTOP');
  assert.ok(desktop);
  const facts = await inspect(desktop);
  assert.equal(facts.video?.codec, 'vp8');
  assert.equal(facts.video?.decodeErrors, 0);
  await assertPlays(page, desktop);
  await page.close();
});

test('a page that closes says goodbye for its publication', { skip }, async () => {
  const confrId = await createCall(tested.api);
  const emil = await join(confrId, 'emil');
  const page = await openPage();
  await publishFrom(page, { whipUrl: emil.whip, token: emil.token });
  await waitForFramesSent(page, FRAMES);
  await page.close();

  const [recording] = await listed(confrId, 1);
  assert.ok(recording);
  assertWhole(await inspect(recording), FRAMES / 2);
});

test('a page whose connection breaks goes on in the same file', { skip }, async () => {
  const confrId = await createCall(tested.api);
  const fritz = await join(confrId, 'fritz');
  const page = await openPage();
  const stream = await publishFrom(page, { whipUrl: fritz.whip, token: fritz.token });
  await waitForFramesSent(page, FRAMES / 2);
  await breakAndResume(page, stream);
  await waitForFramesSent(page, FRAMES / 2);
  await leave(fritz);

  const [recording, ...others] = await listed(confrId, 1);
  assert.ok(recording);
  assert.deepEqual([recording.pubStreamId, others], [stream, []]);
  assertWhole(await inspect(recording), FRAMES / 2);
  await assertPlays(page, recording);
  await page.close();
});

test('nothing was complained of in any page', { skip }, () => {
  assert.deepEqual(browser.complaints, []);
});
