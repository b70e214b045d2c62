import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { JoinView, VideoCodecName } from '@callreel/contract/conference.ts';
import { openBrowser, skip, type TestBrowser } from '../support/browser.ts';
import { Cleanups } from '../support/cleanups.ts';
import { openPublishingPage, publishFrom, stopPublishing } from '../support/publishing-page.ts';
import { receiveIn, waitUntilReceived } from '../support/receiving-page.ts';
import { createCall, startTestService, type TestService } from '../support/service.ts';

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

const openPage = () => openPublishingPage(browser, tested.service.url);
const join = (confrId: string, userName: string): Promise<JoinView> => tested.api.join(confrId, { userName });
const whepUrl = ({ whip }: JoinView, pubStreamId: string): string =>
  whip.replace(/whip$/, `publications/${pubStreamId}/whep`);

/** A second of the fake camera, playing, with a beep heard. */
const SEEN_AND_HEARD = { frames: 30, seconds: 1 };
const isSeenAndHeard = (received: { framesDecoded: number; audioEnergy: number; playedSeconds: number }): boolean =>
  received.framesDecoded >= SEEN_AND_HEARD.frames &&
  received.playedSeconds >= SEEN_AND_HEARD.seconds &&
  received.audioEnergy > 0;

test('two pages see and hear each other', { skip }, async () => {
  const confrId = await createCall(tested.api, {});
  const [anna, bert] = [await join(confrId, 'anna'), await join(confrId, 'bert')];
  const [left, right] = [await openPage(), await openPage()];
  const annas = await publishFrom(left, { whipUrl: anna.whip, token: anna.token });
  const berts = await publishFrom(right, { whipUrl: bert.whip, token: bert.token });
  const atBert = await receiveIn(right, { whepUrl: whepUrl(bert, annas), token: bert.token });
  const atAnna = await receiveIn(left, { whepUrl: whepUrl(anna, berts), token: anna.token });
  const seen = await waitUntilReceived(right, atBert, isSeenAndHeard);
  await waitUntilReceived(left, atAnna, isSeenAndHeard);
  // One stream for sound and picture, named after the publication.
  assert.deepEqual(seen.streamIds, [annas, annas]);
  await Promise.all([left.close(), right.close()]);
});

for (const videoCodec of ['H264', 'VP8'] satisfies VideoCodecName[]) {
  test(`${videoCodec} is received as it was published, and ends with its publication`, { skip }, async () => {
    const confrId = await createCall(tested.api, { useVCodes: [videoCodec] });
    const [carl, dora] = [await join(confrId, 'carl'), await join(confrId, 'dora')];
    const [left, right] = [await openPage(), await openPage()];
    const carls = await publishFrom(left, { whipUrl: carl.whip, token: carl.token });
    const atDora = await receiveIn(right, { whepUrl: whepUrl(dora, carls), token: dora.token });
    await waitUntilReceived(right, atDora, isSeenAndHeard);
    await stopPublishing(left, carls);
    await right.waitForFunction(
      (url) =>
        /disconnected|failed|closed/.test(globalThis.callreelReceived.get(url)?.connection.connectionState ?? ''),
      atDora,
    );
    await Promise.all([left.close(), right.close()]);
  });
}
