/** Busy pictures of four sizes from Chromium: what a minute of each weighs, beside the table that is promised. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { OPEN_LINK } from '@callreel/synthetic/send/link.ts';
import { startCallreel } from '../../bench/record/callreel-subject.ts';
import { skip } from '../support/browser.ts';
import { Cleanups } from '../support/cleanups.ts';
import { PublishingBrowser } from '../support/publishing-browser.ts';
import { type RecordedPiece, readRecordingIndex } from '../support/recording-index.ts';

const LOOPBACK = '127.0.0.1';
/**
 * A smaller picture has its own cap 10 s after the allowance has risen past what it takes: 3 s on a quiet machine. From 720p on it has it from
 * the first picture.
 */
const startingMs = (height: number): number => (height < 720 ? 17_000 : 8000);
const WEIGHED_MS = 8000;

let browser: PublishingBrowser;
const cleanups = new Cleanups();

before(async () => {
  if (skip) return;
  browser = await PublishingBrowser.open();
  cleanups.add(() => browser.close());
});

after(() => cleanups.run());

/** What was recorded of a busy picture of this size, until the file is long enough. */
const record = async (width: number, height: number): Promise<RecordedPiece[]> => {
  const callreel = await startCallreel(LOOPBACK, ['VP8']);
  try {
    const publication = await browser.publish({
      codec: 'VP8',
      mode: 'any',
      network: { toService: OPEN_LINK, toCaller: OPEN_LINK },
      source: { kind: 'busy', width, height },
      publish: (offer) => callreel.publish(offer, 0),
    });
    await recordedFor(callreel.spoolDir, startingMs(height) + WEIGHED_MS).finally(() => publication.close());
    await callreel.finish();
    return await readRecordingIndex(callreel.spoolDir);
  } finally {
    await callreel.close();
  }
};

const recordedFor = async (spoolDir: string, durationMs: number): Promise<void> => {
  while (((await readRecordingIndex(spoolDir)).at(-1)?.atMs ?? 0) < durationMs) await delay(200);
};

/** By the picture's short side up to this: megabytes a minute. */
const TABLE = [
  { shortSide: 240, megabytesPerMinute: 3 },
  { shortSide: 480, megabytesPerMinute: 7.5 },
  { shortSide: 720, megabytesPerMinute: 18.5 },
  { shortSide: 1080, megabytesPerMinute: 37.5 },
];

for (const [width, height] of [
  [426, 240],
  [854, 480],
  [1280, 720],
  [1920, 1080],
] as const) {
  test(`a busy picture of ${width}x${height} stays under its row of the table`, { skip }, async (context) => {
    const pieces = await record(width, height);
    const pictures = pieces.filter((piece) => piece.kind === 'picture');
    // A machine that is busy makes Chromium send a smaller picture: what it did send is what is weighed.
    const shortSide = Math.max(...pictures.map((picture) => Math.min(picture.width, picture.height)));
    const row = TABLE.find((candidate) => shortSide <= candidate.shortSide);
    assert.ok(row);
    const fromMs = startingMs(height);
    const weighed = pieces.filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + WEIGHED_MS);
    const bytes = weighed.reduce((sum, piece) => sum + piece.bytes, 0);
    const megabytesPerMinute = (bytes * 60_000) / WEIGHED_MS / 1e6;
    context.diagnostic(`${shortSide}p: ${megabytesPerMinute.toFixed(1)} of ${row.megabytesPerMinute} MB a minute`);
    assert.ok(megabytesPerMinute < row.megabytesPerMinute, `${megabytesPerMinute} MB a minute`);
    assert.ok(megabytesPerMinute > 0.2 * row.megabytesPerMinute, 'the picture is not busy: this shows nothing');
  });
}
