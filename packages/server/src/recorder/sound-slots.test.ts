import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SOUND_CODECS } from '@callreel/media/depacketize/sound-codec.ts';
import type { AudioFrame } from '@callreel/media/frame/frame.ts';
import fc from 'fast-check';
import { type PlacedSound, SoundSlots } from './sound-slots.ts';

/** CELT, full band, 20 ms, one frame. */
const TOC_20_MS = 0xf8;
/** The same with 60 ms of SILK. */
const TOC_60_MS = 0x18;

const frame = (index: number, durationMs = 20, toc = TOC_20_MS): AudioFrame => ({
  kind: 'audio',
  rtpTimestamp: index * durationMs * 48,
  arrivalMs: 0,
  data: Uint8Array.of(toc, 1, 2, 3),
  durationMs,
});

const isSilence = ({ data }: PlacedSound): boolean => data.length === 1;
const silences = (placed: readonly PlacedSound[]): number => placed.filter(isSilence).length;

const assertContiguous = (placed: readonly PlacedSound[]): void => {
  placed.forEach((sound, index) => {
    const before = placed[index - 1];
    if (before) assert.equal(sound.localMs, before.localMs + before.durationMs);
  });
};

test('sound without holes is left alone, though its clock wavers', () => {
  const slots = new SoundSlots(SOUND_CODECS.opus);
  const placed = Array.from({ length: 500 }, (_, index) =>
    slots.place(frame(index), 20 * index + 9 * Math.sin(index)),
  ).flat();
  assert.equal(placed.length, 500);
  assert.equal(silences(placed), 0);
  assertContiguous(placed);
});

test('every lost packet is replaced, though the clock wavers by almost half a slot', () => {
  const slots = new SoundSlots(SOUND_CODECS.opus);
  const lost = new Set([3, 4, 10, 11, 12, 40]);
  const kept = Array.from({ length: 60 }, (_, index) => index).filter((index) => !lost.has(index));
  const placed = kept.flatMap((index) => slots.place(frame(index), 1000 + 20 * index + 9 * Math.sin(index)));
  assert.equal(silences(placed), lost.size);
  assert.equal(placed.length, 60);
  assertContiguous(placed);
});

test('whatever happens to packets, the track is without holes and each packet within a slot of its time', () => {
  const events = fc.array(
    fc.record({
      skip: fc.nat({ max: 30 }),
      waverMs: fc.integer({ min: -8, max: 8 }),
      fillMs: fc.option(fc.nat({ max: 400 })),
    }),
    {
      minLength: 1,
      maxLength: 60,
    },
  );
  fc.assert(
    fc.property(events, (all) => {
      const slots = new SoundSlots(SOUND_CODECS.opus);
      const placed: PlacedSound[] = [];
      let index = 0;
      for (const { skip, waverMs, fillMs } of all) {
        index += skip + 1;
        const localMs = 20 * index + waverMs;
        const added = slots.place(frame(index), localMs);
        const own = added.at(-1);
        if (own) assert.ok(Math.abs(own.localMs - localMs) <= 20, `${own.localMs} for ${localMs}`);
        placed.push(...added);
        if (fillMs !== null) placed.push(...slots.fillUntil(localMs + Math.min(fillMs, 20)));
      }
      assertContiguous(placed);
    }),
  );
});

test('silence while nothing comes goes as far as whole packets end in time', () => {
  const slots = new SoundSlots(SOUND_CODECS.opus);
  slots.place(frame(0), 100);
  assert.equal(slots.fillUntil(119).length, 0);
  assert.equal(slots.fillUntil(179.9).length, 2);
  assert.equal(slots.fillUntil(180).length, 1);
  assert.equal(slots.positionMs, 180);
  assert.equal(slots.fillUntil(50).length, 0);
});

test('before the first packet there is nothing to fill', () => {
  assert.deepEqual(new SoundSlots(SOUND_CODECS.opus).fillUntil(10_000), []);
});

test('silence is one byte with the code of one frame, and as long as the sender makes its frames', () => {
  const slots = new SoundSlots(SOUND_CODECS.opus);
  slots.place(frame(0, 60, TOC_60_MS | 0x03), 0);
  const [silence] = slots.fillUntil(130);
  assert.deepEqual(silence, { kind: 'audio', localMs: 60, durationMs: 60, data: Uint8Array.of(TOC_60_MS) });
});

test('a clock that runs ahead puts silence in, one that falls behind drops packets, one at a time', () => {
  const ahead = new SoundSlots(SOUND_CODECS.opus);
  const slow = Array.from({ length: 1001 }, (_, index) => ahead.place(frame(index), 20.1 * index)).flat();
  assert.equal(silences(slow), 5);
  const behind = new SoundSlots(SOUND_CODECS.opus);
  const fast = Array.from({ length: 1001 }, (_, index) => behind.place(frame(index), 19.9 * index)).flat();
  assert.equal(1001 - fast.length, 4);
  assertContiguous(slow);
  assertContiguous(fast);
});

test('a resumed sender counts anew, and its sound is at its own time', () => {
  const slots = new SoundSlots(SOUND_CODECS.opus);
  slots.place(frame(0), 0);
  slots.resume();
  const placed = slots.place(frame(1), 45_000);
  assert.equal(placed.at(-1)?.localMs, 45_000);
  assert.equal(silences(placed), 2249);
});

test('a first packet may have silence before it', () => {
  const slots = new SoundSlots(SOUND_CODECS.opus);
  const placed = slots.place(frame(0), 1007, 100);
  assert.equal(placed[0]?.localMs, 107);
  assert.equal(placed.at(-1)?.localMs, 1007);
  assertContiguous(placed);
});

test('who sends a sample at a time of G.711, and then none, is filled up in packets of 10 ms', () => {
  const slots = new SoundSlots(SOUND_CODECS.PCMA);
  const sample = { kind: 'audio', rtpTimestamp: 0, arrivalMs: 0, data: Uint8Array.of(1), durationMs: 1 / 8 } as const;
  slots.place(sample, 0);
  assert.equal(slots.fillUntil(45_000).length, 4499);
});
