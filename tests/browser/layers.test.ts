/** What Chromium sends in layers, and at paces far from a camera's: recorded whole. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { PublicationStats } from '@callreel/server/sfu/protocol.ts';
import { openBrowser, skip, type TestBrowser } from '../support/browser.ts';
import { type CanvasWish, type PageRecording, RecordedPage } from '../support/recorded-page.ts';

let browser: TestBrowser;

before(async () => {
  if (!skip) browser = await openBrowser();
});
after(() => browser?.close());

const record = async (wish: CanvasWish, steps: (page: RecordedPage) => Promise<unknown>): Promise<PageRecording> => {
  const recorded = await RecordedPage.publish(await browser.newPage(), wish);
  try {
    await steps(recorded);
    return await recorded.end();
  } finally {
    await recorded.close();
  }
};

const packetsOf = ({ sources }: PublicationStats, layer: string): number =>
  sources.find((source) => source.layer === layer)?.packets ?? 0;

/** The longest time without a new picture. */
const longestPauseMs = ({ pictures }: PageRecording): number =>
  Math.max(...pictures.map(({ timeMs }, index) => timeMs - (pictures[index - 1]?.timeMs ?? timeMs)));

const assertWhole = ({ facts, pictures }: PageRecording): void => {
  assert.equal(facts.video?.decodeErrors, 0);
  assert.equal(facts.video?.frameTimesMs.length, pictures.length);
  assert.ok(pictures[0]?.keyFrame);
};

const THREE_LAYERS: CanvasWish = {
  width: 1280,
  height: 720,
  framesPerSecond: 30,
  encodings: [
    { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150_000 },
    { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500_000 },
    { rid: 'f', maxBitrate: 1_500_000 },
  ],
};

test('simulcast: the top layer is the file; turned off and on, the file goes on', { skip }, async () => {
  const recording = await record(THREE_LAYERS, async (page) => {
    const chosen = await page.until(({ pictureSize }) => pictureSize?.width === 1280);
    // With a low first estimate it comes later than the others: the file goes over to it at a key frame.
    await page.until((stats) => stats.keyFrames > chosen.keyFrames);
    await page.until((stats) => packetsOf(stats, 'f') > packetsOf(chosen, 'f') + 100);
    await page.setActive('f', false);
    await page.until(({ pictureSize }) => pictureSize?.width === 640);
    const { sources } = await page.until((stats) => packetsOf(stats, 'h') > 150);
    const before = sources.find(({ layer }) => layer === 'h')?.packets ?? 0;
    await page.until((stats) => packetsOf(stats, 'h') > before + 30);
    await page.setActive('f', true);
    const { keyFrames } = await page.until(({ pictureSize }) => pictureSize?.width === 1280);
    await page.until((stats) => stats.keyFrames > keyFrames);
    const again = await page.until(() => true);
    await page.until((stats) => packetsOf(stats, 'f') > packetsOf(again, 'f') + 100);
  });
  assertWhole(recording);
  // Where its first estimate is low it begins without the top layer.
  assert.deepEqual(recording.sizes.map(({ width }) => width).slice(-3), [1280, 640, 1280]);
  // 0.7 s to know that it is gone, and a key frame; the rest is for a busy machine.
  assert.ok(longestPauseMs(recording) < 3000, `${longestPauseMs(recording)} ms without a picture`);
});

test('three temporal layers are one whole file', { skip }, async () => {
  const wish = { width: 640, height: 360, framesPerSecond: 30, encodings: [{ scalabilityMode: 'L1T3' }] };
  const recording = await record(wish as CanvasWish, async (page) => {
    await page.until((stats) => packetsOf(stats, '') > 300);
    assert.equal(await page.scalabilityMode(), 'L1T3');
  });
  assertWhole(recording);
  assert.ok(recording.pictures.length > 20);
});

test('a still screen of one picture a second, and sixty a second', { skip }, async () => {
  for (const framesPerSecond of [1, 60]) {
    const wish = { width: 640, height: 360, framesPerSecond, encodings: [{}] };
    const recording = await record(wish, (page) => page.until((stats) => packetsOf(stats, '') > 8 * framesPerSecond));
    assertWhole(recording);
    const times = recording.pictures.map(({ timeMs }) => timeMs);
    const paceMs = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / (times.length - 1);
    assert.ok(framesPerSecond === 1 ? paceMs > 700 : paceMs < 40, `a picture every ${paceMs} ms`);
  }
});

test('nothing was complained of in any page', { skip }, () => {
  assert.deepEqual(browser.complaints, []);
});
