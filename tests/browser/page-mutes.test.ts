import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { openBrowser, skip, type TestBrowser } from '../support/browser.ts';
import { Cleanups } from '../support/cleanups.ts';
import { openPublishingPage, publishFrom, stopPublishing, waitForFramesSent } from '../support/publishing-page.ts';
import { createCall, startTestService, type TestService, waitForRecordings } from '../support/service.ts';

let tested: TestService;
let browser: TestBrowser;

const cleanups = new Cleanups();

before(async () => {
  if (skip) return;
  tested = await startTestService();
  cleanups.add(() => tested.service.stop());
  browser = await openBrowser();
  cleanups.add(() => browser.close());
});

after(() => cleanups.run());

const framesSent = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    const stats = await globalThis.callreelTest.connections.at(-1)?.getStats();
    const reports = [...(stats?.values() ?? [])] as { type: string; kind?: string; framesSent?: number }[];
    return reports.find(({ type, kind }) => type === 'outbound-rtp' && kind === 'video')?.framesSent ?? 0;
  });

const setMicrophone = (page: Page, enabled: boolean): Promise<void> =>
  page.evaluate((on) => {
    for (const { track } of globalThis.callreelTest.connections.at(-1)?.getSenders() ?? []) {
      if (track?.kind === 'audio') track.enabled = on;
    }
  }, enabled);

/** The camera's replacement by nothing: the page sends no more pictures, and needs no new offer. */
const setCamera = (page: Page, on: boolean): Promise<void> =>
  page.evaluate(async (wanted) => {
    const kept = globalThis as { camera?: MediaStreamTrack };
    for (const sender of globalThis.callreelTest.connections.at(-1)?.getSenders() ?? []) {
      if (sender.track?.kind === 'video') kept.camera = sender.track;
      const isCamera = sender.track === null || sender.track.kind === 'video';
      if (isCamera) await sender.replaceTrack(wanted ? (kept.camera ?? null) : null);
    }
  }, on);

const packetsOfSound = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    const stats = await globalThis.callreelTest.connections.at(-1)?.getStats();
    const reports = [...(stats?.values() ?? [])] as { type: string; kind?: string; packetsSent?: number }[];
    return reports.find(({ type, kind }) => type === 'outbound-rtp' && kind === 'audio')?.packetsSent ?? 0;
  });

const untilSoundGoesOnBy = async (page: Page, packets: number): Promise<void> => {
  const wanted = (await packetsOfSound(page)) + packets;
  while ((await packetsOfSound(page)) < wanted) await new Promise((resolve) => setTimeout(resolve, 50));
};

test('a page mutes its microphone, then stops its camera: both are named, and nothing is missing', {
  skip,
}, async () => {
  const confrId = await createCall(tested.api);
  const anna = await tested.api.join(confrId, { userName: 'anna' });
  const page = await openPublishingPage(browser, tested.service.url);
  const pubStreamId = await publishFrom(page, { whipUrl: anna.whip, token: anna.token });
  await waitForFramesSent(page, 60);
  await setMicrophone(page, false);
  await waitForFramesSent(page, (await framesSent(page)) + 90);
  await setMicrophone(page, true);
  await untilSoundGoesOnBy(page, 50);
  await setCamera(page, false);
  await untilSoundGoesOnBy(page, 200);
  await setCamera(page, true);
  await waitForFramesSent(page, (await framesSent(page)) + 40);
  await stopPublishing(page, pubStreamId);
  const [listed] = await waitForRecordings(tested.api, confrId, ({ length }) => length === 1);
  assert.ok(listed);
  const { report } = await tested.api.recording(listed.id);
  assert.ok(report);
  const told = JSON.stringify(report);
  assert.equal(report.verdict, 'complete', told);
  const missingMs = (wanted: string): number =>
    report.gaps.reduce((sum, { track, cause, lengthMs }) => sum + (`${track} ${cause}` === wanted ? lengthMs : 0), 0);
  assert.ok(missingMs('audio mute') > 1500, told);
  assert.ok(missingMs('video unsent') > 1500, told);
  await page.close();
});
