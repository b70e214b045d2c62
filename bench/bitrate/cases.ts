/** What happens to one publisher's bits: on an open link, and on one that is thin at first and opens later. */
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { LinkConditions } from '@callreel/synthetic/send/link.ts';
import type {
  BrowserPublication,
  CodecName,
  Mode,
  PublishingBrowser,
  SentVideo,
  Source,
  Wish,
} from '../../tests/support/publishing-browser.ts';
import { startCallreel } from '../record/callreel-subject.ts';
import { type KeyFrameCost, keyFrameCostOf } from './key-frame-cost.ts';

const LOOPBACK = '127.0.0.1';
const OPEN: LinkConditions = { bitsPerSecond: undefined, delayMs: 20, queueMs: 400, lossRate: 0 };
const THIN: LinkConditions = { ...OPEN, bitsPerSecond: 300_000 };
const FULL_HEIGHT = 720;
const POLL_MS = 250;
/** After so long on a thin link, losses are the steady state's. */
const SETTLED_MS = 5000;
/** By then an open link's rate is found. */
const FOUND_MS = 5000;

type Published = { publication: BrowserPublication; spoolDir: string; finish: () => Promise<unknown> };

const withPublication = async <Result>(
  browser: PublishingBrowser,
  wish: Omit<Wish, 'publish' | 'network'>,
  link: LinkConditions,
  use: (published: Published) => Promise<Result>,
): Promise<Result> => {
  const callreel = await startCallreel(LOOPBACK, [wish.codec]);
  try {
    const network = { toService: link, toCaller: OPEN };
    const publish = (offer: string) => callreel.publish(offer, 0);
    const publication = await browser.publish({ ...wish, network, publish });
    try {
      return await use({ publication, spoolDir: callreel.spoolDir, finish: () => callreel.finish() });
    } finally {
      await publication.close();
    }
  } finally {
    await callreel.close();
  }
};

/** Seconds until what is sent satisfies; undefined where it does not within the limit. */
const secondsUntil = async (
  publication: BrowserPublication,
  satisfies: (sent: SentVideo) => boolean,
  limitMs: number,
): Promise<number | undefined> => {
  const began = performance.now();
  while (performance.now() - began < limitMs) {
    const sent = await publication.sent();
    if (sent !== undefined && satisfies(sent)) return (performance.now() - began) / 1000;
    await delay(POLL_MS);
  }
  return undefined;
};

const isFull = ({ height }: SentVideo): boolean => height === FULL_HEIGHT;

type Variant = { codec: CodecName; mode: Mode; ours: boolean };

/** Seconds to the whole picture. */
export const openLink = (browser: PublishingBrowser, variant: Variant, seconds: number): Promise<number | undefined> =>
  withPublication(browser, variant, OPEN, ({ publication }) => secondsUntil(publication, isFull, seconds * 1000));

/** What key frames cost, once the rate is found. */
export const keyFrames = (
  browser: PublishingBrowser,
  wish: { codec: CodecName; source: Source },
  seconds: number,
): Promise<KeyFrameCost> =>
  withPublication(browser, { ...wish, mode: 'any', ours: true }, OPEN, async ({ spoolDir, finish }) => {
    await delay(FOUND_MS + seconds * 1000);
    await finish();
    return keyFrameCostOf(spoolDir, FOUND_MS);
  });

export type ThinResult = {
  picture: string;
  framesPerSecond: number;
  lostShare: number;
  settledLostShare: number;
  kilobitsPerSecond: number;
  secondsToBits: number | undefined;
  secondsToFull: number | undefined;
};

/** What libwebrtc wants to have before it makes 1280x720 of a smaller picture. */
const ENOUGH_FOR_FULL = 900_000;

export const thinLink = (
  browser: PublishingBrowser,
  variant: Variant,
  seconds: { thin: number; after: number },
): Promise<ThinResult> =>
  withPublication(browser, variant, THIN, async ({ publication }) => {
    const { toService } = publication.relay;
    await delay(SETTLED_MS);
    const settled = { sent: toService.sent, dropped: toService.dropped, bytes: (await publication.sent())?.bytes ?? 0 };
    await delay(seconds.thin * 1000 - SETTLED_MS);
    const thin = await publication.sent();
    const lostShare = toService.dropped / toService.sent;
    const settledLostShare = (toService.dropped - settled.dropped) / (toService.sent - settled.sent);
    toService.change(OPEN);
    const opened = performance.now();
    const limitMs = seconds.after * 1000;
    const secondsToBits = await secondsUntil(
      publication,
      ({ targetBitsPerSecond }) => targetBitsPerSecond >= ENOUGH_FOR_FULL,
      limitMs,
    );
    await secondsUntil(publication, isFull, limitMs - (performance.now() - opened));
    const full = await publication.sent();
    return {
      picture: `${thin?.width}x${thin?.height}`,
      framesPerSecond: thin?.framesPerSecond ?? 0,
      lostShare,
      settledLostShare,
      kilobitsPerSecond: (8 * ((thin?.bytes ?? 0) - settled.bytes)) / (seconds.thin * 1000 - SETTLED_MS),
      secondsToBits,
      secondsToFull: full !== undefined && isFull(full) ? (performance.now() - opened) / 1000 : undefined,
    };
  });
