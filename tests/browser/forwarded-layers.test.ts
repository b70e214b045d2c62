/** Chromium's layers to subscribers with paths of different width. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { PublicationStats } from '@callreel/server/sfu/protocol.ts';
import { Subscriber } from '@callreel/synthetic/receive/subscriber.ts';
import { openBrowser, skip, type TestBrowser } from '../support/browser.ts';
import { type CanvasWish, RecordedPage } from '../support/recorded-page.ts';

let browser: TestBrowser;

before(async () => {
  if (!skip) browser = await openBrowser();
});
after(() => browser?.close());

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
const WIDE = 5_000_000;
const THIN = 220_000;

const layerOf = ({ subscriptions, sources }: PublicationStats, name: string): string | undefined => {
  const ssrc = subscriptions.find(({ subscriptionId }) => subscriptionId === name)?.layerSsrc;
  return sources.find((source) => source.ssrc === ssrc)?.layer;
};

test('each subscriber gets the layer that fits his own path, and changes it without a hole', { skip }, async () => {
  const page = await RecordedPage.publish(await browser.newPage(), THREE_LAYERS);
  const subscribers: Subscriber[] = [];
  const subscribe = async (name: string, remb: number): Promise<Subscriber> => {
    const options = { audio: false, remb, keeps: true, subscribe: (offer: string) => page.subscribe(name, offer) };
    const subscriber = await Subscriber.subscribe(options);
    subscribers.push(subscriber);
    return subscriber;
  };
  try {
    await page.until((stats) => stats.pictureSize?.width === 1280);
    const [wide, thin] = [await subscribe('wide', WIDE), await subscribe('thin', THIN)];
    await page.until((stats) => layerOf(stats, 'wide') === 'f' && layerOf(stats, 'thin') === 'q');
    thin.remb = WIDE;
    await page.until((stats) => layerOf(stats, 'thin') === 'f');
    thin.remb = THIN;
    await page.until((stats) => layerOf(stats, 'thin') === 'q');
    assert.equal(layerOf(await page.until(() => true), 'wide'), 'f');
    for (const { missing, counts, ssrcs } of [wide, thin])
      assert.deepEqual([missing, counts.foreign, ssrcs.size], [0, 0, 1]);
    // Whatever the layer: rising times, and each picture's number follows the one before.
    const times = thin.of('video').map(({ packet }) => packet.timestamp);
    assert.ok(times.every((time, index) => index === 0 || ((time - (times[index - 1] ?? 0)) | 0) >= 0));
  } finally {
    for (const subscriber of subscribers) subscriber.close();
    await page.close();
  }
});
