/** A real browser publishes each codec it can; each file is what was sent, and plays, seeks and decodes. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { VideoCodecName } from '@callreel/contract/conference.ts';
import type { RecordingView } from '@callreel/contract/recording.ts';
import type { FileFacts } from '@callreel/synthetic/inspect/file-facts.ts';
import { inspectFile } from '@callreel/synthetic/inspect/inspect-file.ts';
import type { Page } from 'playwright-core';
import { openBrowser, skip, type TestBrowser } from '../support/browser.ts';
import { Cleanups } from '../support/cleanups.ts';
import { Downloads } from '../support/downloads.ts';
import { identify, skip as skipMkv } from '../support/mkvtoolnix.ts';
import { openPublishingPage, publishFrom, stopPublishing, waitForFramesSent } from '../support/publishing-page.ts';
import { createCall, startTestService, type TestService, waitForRecordings } from '../support/service.ts';
import { assertPlays, assertWhole } from '../support/whole-file.ts';

/** Two seconds of the fake camera. */
const FRAMES = 60;

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

/** Has every video that is published sent with this scalability mode. */
const sendLayered = (mode: string): void => {
  const { prototype } = RTCPeerConnection;
  const { addTransceiver } = prototype;
  prototype.addTransceiver = function (track, init) {
    const isVideo = typeof track === 'string' ? track === 'video' : track.kind === 'video';
    const encoding: RTCRtpEncodingParameters & { scalabilityMode?: string } = { scalabilityMode: mode };
    return addTransceiver.call(this, track, isVideo ? { ...init, sendEncodings: [encoding] } : init);
  };
};

type Published = { page: Page; path: string; recording: RecordingView; facts: FileFacts };

/** `frames` as the browser counts them: each layer of a picture is one. */
const publish = async (videoCodec: VideoCodecName, frames: number, scalabilityMode?: string): Promise<Published> => {
  const confrId = await createCall(tested.api);
  const member = await tested.api.join(confrId, { userName: 'anna' });
  const page = await openPublishingPage(browser, tested.service.url);
  if (scalabilityMode) await page.evaluate(sendLayered, scalabilityMode);
  const stream = await publishFrom(page, { whipUrl: member.whip, token: member.token, videoCodec });
  await waitForFramesSent(page, frames);
  await stopPublishing(page, stream);
  const [recording] = await waitForRecordings(tested.api, confrId, ({ length }) => length > 0);
  assert.ok(recording);
  const path = await downloads.fetch(recording);
  return { page, path, recording, facts: await inspectFile(path) };
};

const CODECS = [
  ['VP9', 'webm', 'vp9', 'V_VP9'],
  ['AV1', 'webm', 'libdav1d', 'V_AV1'],
  ['H264', 'mkv', 'h264', 'V_MPEG4/ISO/AVC'],
] as const;

for (const [codec, container, decoder, codecId] of CODECS) {
  test(`${codec} from a browser ends as .${container}, decodes, plays and seeks`, { skip }, async () => {
    const { page, path, recording, facts } = await publish(codec, FRAMES);
    assert.deepEqual([facts.container, facts.video?.codec, facts.audio?.codec], [container, decoder, 'opus']);
    assertWhole(facts, FRAMES / 2);
    await assertPlays(page, recording);
    await page.close();
    if (skipMkv) return;
    const { tracks } = await identify(path);
    assert.deepEqual(
      tracks.map((track) => track.codecId),
      [codecId, 'A_OPUS'],
    );
  });
}

const LAYERED = [
  ['VP9', 'L1T3', 1],
  ['VP9', 'L2T2', 2],
  ['VP9', 'L3T3_KEY', 3],
  ['AV1', 'L1T3', 1],
  ['AV1', 'L2T2', 2],
] as const;

for (const [codec, mode, spatialLayers] of LAYERED) {
  test(`${codec} in layers (${mode}) decodes, and plays as large as its header says`, { skip }, async () => {
    const { page, path, recording, facts } = await publish(codec, FRAMES * spatialLayers, mode);
    assert.ok(facts.video);
    // FFmpeg's own decoder of VP9 hands out the lower layers too, at the same time; those of browsers do not.
    const frameTimesMs = [...new Set(facts.video.frameTimesMs)];
    assertWhole({ ...facts, video: { ...facts.video, frameTimesMs } }, FRAMES / 2);
    const { width, height } = await assertPlays(page, recording);
    await page.close();
    if (skipMkv) return;
    const [picture] = (await identify(path)).tracks;
    if (spatialLayers > 1) assert.equal(picture?.pixelDimensions, `${width}x${height}`);
  });
}

test('a browser that may choose sends VP8, and VP9 or AV1 where the conference wants them first', {
  skip,
}, async () => {
  for (const [useVCodes, decoder] of [
    [undefined, 'vp8'],
    [['AV1', 'VP8'], 'libdav1d'],
  ] as const) {
    const confrId = await createCall(tested.api, { rec: true, ...(useVCodes && { useVCodes: [...useVCodes] }) });
    const member = await tested.api.join(confrId, { userName: 'anna' });
    const page = await openPublishingPage(browser, tested.service.url);
    const stream = await publishFrom(page, { whipUrl: member.whip, token: member.token });
    await waitForFramesSent(page, FRAMES / 2);
    await stopPublishing(page, stream);
    const [recording] = await waitForRecordings(tested.api, confrId, ({ length }) => length > 0);
    assert.ok(recording);
    assert.equal((await inspectFile(await downloads.fetch(recording))).video?.codec, decoder);
    await page.close();
  }
});
