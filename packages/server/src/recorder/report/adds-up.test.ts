/** Whatever comes and does not come, on virtual time: nothing is counted twice, nothing missing is kept silent. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { smallMedia } from '../small-media-fixture.ts';
import { type Delivery, deliveriesOf } from '../virtual-publisher-fixture.ts';
import { ReportStage, START_MS } from './reported-recording-fixture.ts';

const DURATION_MS = 4000;
const PICTURE_MS = 40;
const SOUND_MS = 20;
/** The first and the last of a track tell where it begins and ends: nobody knows what was before and after. */
const MARGIN_MS = 1000;

const losses = fc.record({
  sounds: fc.uniqueArray(fc.integer({ min: MARGIN_MS / SOUND_MS, max: (DURATION_MS - MARGIN_MS) / SOUND_MS }), {
    maxLength: 60,
  }),
  pictures: fc.uniqueArray(fc.integer({ min: MARGIN_MS / PICTURE_MS, max: (DURATION_MS - MARGIN_MS) / PICTURE_MS }), {
    maxLength: 6,
  }),
});

const MEDIA = smallMedia(DURATION_MS);
const KEY_FRAME_EVERY = 25;

/** Pictures that cannot be decoded once these are lost: up to the next key frame. */
const spoilt = (lost: readonly number[]): Set<number> => {
  const gone = new Set<number>();
  for (const first of lost) {
    for (let counter = first; counter === first || counter % KEY_FRAME_EVERY !== 0; counter++) gone.add(counter);
  }
  // A key frame that is lost itself repairs nothing.
  for (let counter = 1; counter < DURATION_MS / PICTURE_MS; counter++) {
    const isKey = counter % KEY_FRAME_EVERY === 0;
    if (gone.has(counter - 1) && (!isKey || lost.includes(counter))) gone.add(counter);
  }
  return gone;
};

test('each lost packet of sound and each picture lost with others is in the gaps, to the millisecond', async () => {
  await fc.assert(
    fc.asyncProperty(losses, async ({ sounds, pictures }) => {
      await using stage = await ReportStage.begin();
      const isLost = (one: Delivery): boolean =>
        one.kind === 'packet' &&
        (one.track === 'audio' ? sounds.includes(one.mediaMs / SOUND_MS) : pictures.includes(one.mediaMs / PICTURE_MS));
      const deliveries = deliveriesOf(MEDIA, { startMs: START_MS }).filter((one) => !isLost(one));
      await stage.play(deliveries, DURATION_MS + 100);
      const { report } = await stage.end();
      const gone = spoilt(pictures);
      const missingMs = (track: 'audio' | 'video') =>
        (report[track]?.expectedMs ?? 0) - (report[track]?.presentMs ?? 0);
      assert.equal(missingMs('audio'), SOUND_MS * sounds.length);
      assert.ok(
        Math.abs(missingMs('video') - PICTURE_MS * gone.size) <= 2 * report.gaps.length,
        `${missingMs('video')} of ${gone.size}`,
      );
      assert.equal(report.video?.frames, DURATION_MS / PICTURE_MS - gone.size);
      assert.equal(report.verdict, sounds.length + gone.size === 0 ? 'complete' : 'gaps');
      assert.ok(report.gaps.every(({ cause }) => cause === 'loss'));
      assert.equal(report.audio?.packets.missing, sounds.length);
      assert.equal(report.video?.packets.missing, pictures.length);
    }),
    { numRuns: 25 },
  );
});

/** The same pictures in another layer. */
const withSecondLayer = (deliveries: readonly Delivery[]): Delivery[] =>
  deliveries.flatMap((one) =>
    one.kind === 'packet' && one.track === 'video' ? [one, { ...one, packet: { ...one.packet, ssrc: 3 } }] : [one],
  );

const happenings = fc.array(
  fc.record({
    kind: fc.constantFrom(
      'lose' as const,
      'silence' as const,
      'reconnect' as const,
      'newSource' as const,
      'layer' as const,
      'mute' as const,
      'heard' as const,
    ),
    atMs: fc.integer({ min: 0, max: DURATION_MS }),
    lengthMs: fc.integer({ min: 0, max: 3000 }),
    track: fc.constantFrom('audio' as const, 'video' as const, 'both' as const),
  }),
  { maxLength: 8 },
);

test('present and missing make up what is expected, whatever happens and however it overlaps', async () => {
  await fc.assert(
    fc.asyncProperty(happenings, async (all) => {
      await using stage = await ReportStage.begin();
      const inOrder = all.toSorted((one, other) => one.atMs - other.atMs);
      const hit = (one: Delivery): boolean =>
        one.kind === 'packet' &&
        inOrder.some(
          ({ kind, atMs, lengthMs, track }) =>
            (kind === 'lose' || kind === 'silence') &&
            (track === 'both' || track === one.track) &&
            one.mediaMs >= atMs &&
            one.mediaMs < atMs + lengthMs,
        );
      const deliveries = withSecondLayer(deliveriesOf(MEDIA, { startMs: START_MS }).filter((one) => !hit(one)));
      let layer = 2;
      for (const { kind, atMs } of inOrder) {
        await stage.play(deliveries, atMs);
        if (kind === 'mute' || kind === 'heard') stage.recorder.handleMute(kind === 'mute');
        if (kind === 'layer') {
          layer = layer === 2 ? 3 : 2;
          stage.recorder.handleLayer({ ssrc: layer, name: `layer ${layer}`, atMs: START_MS + atMs });
        }
        if (kind === 'reconnect') stage.recorder.resume('newConnection');
        if (kind === 'newSource') stage.recorder.resume('newSource');
      }
      await stage.play(deliveries, DURATION_MS + 100);
      if (!deliveries.some(({ kind }) => kind === 'packet')) return stage.recorder.close('unpublished');
      // Reads the finished recording, and adds up.
      await stage.end();
    }),
    { numRuns: 40 },
  );
});
