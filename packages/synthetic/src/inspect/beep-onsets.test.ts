import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AV_CODEC_ID_OPUS, Codec, CodecContext, Frame, Packet } from 'node-av';
import { callerLook } from '../prepare/caller-look.ts';
import { encodeSound } from '../prepare/encode-sound.ts';
import { makeSound, SAMPLES_PER_SECOND, type Voice } from '../prepare/sound.ts';
import { beepOnsets } from './beep-onsets.ts';
import { monoOf } from './native-frame.ts';
import { type Sound, SoundTimeline } from './sound-timeline.ts';

/** What the encoder looks ahead, and a file's pre-skip makes good. */
const OPUS_LOOKAHEAD_MS = 312 / 48;

const assertNear = (found: readonly number[], expected: readonly number[], withinMs: number): void => {
  assert.equal(found.length, expected.length, `found ${found} instead of ${expected}`);
  for (const [index, onset] of expected.entries()) {
    assert.ok(Math.abs((found[index] ?? 0) - onset) <= withinMs, `found ${found[index]} instead of ${onset}`);
  }
};

const soundOf = (voice: Voice, durationMs: number): Float32Array =>
  makeSound(voice, 0, (durationMs * SAMPLES_PER_SECOND) / 1000);

/** Each voice begins so many samples after the first one's sound; the mix begins after `startMs`. */
const mix = (voices: readonly { voice: Voice; delaySamples: number }[], startMs: number): Sound => {
  const samples = new Float32Array(4 * SAMPLES_PER_SECOND);
  for (const { voice, delaySamples } of voices) {
    for (const [index, sample] of soundOf(voice, 3000).entries()) {
      samples[index + delaySamples] = (samples[index + delaySamples] ?? 0) + sample;
    }
  }
  return { startMs, samplesPerSecond: SAMPLES_PER_SECOND, samples };
};

test('the beeps of a caller alone are found to within half a millisecond', () => {
  const voice = callerLook(0);
  const sound = { startMs: 100, samplesPerSecond: SAMPLES_PER_SECOND, samples: soundOf(voice, 3500) };
  assertNear(beepOnsets(sound, voice.beepHz), [1100, 2100, 3100], 0.5);
});

test('three callers who beep at about the same time are told apart to within 2 ms', () => {
  const delay = fc.nat(4800);
  fc.assert(
    fc.property(
      fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 3, maxLength: 3 }),
      delay,
      delay,
      (looks, b, c) => {
        const delays = [480, 480 + b, 480 + c];
        const voices = looks.map((look, index) => ({ voice: callerLook(look), delaySamples: delays[index] ?? 0 }));
        const sound = mix(voices, 0);
        for (const { voice, delaySamples } of voices) {
          const first = delaySamples / 48;
          assertNear(beepOnsets(sound, voice.beepHz), [first, first + 1000, first + 2000], 2);
        }
      },
    ),
    { numRuns: 6 },
  );
});

test('beeps that went through Opus are found to within 2 ms of where the encoder puts them', () => {
  const voice = callerLook(2);
  const codec = Codec.findDecoder(AV_CODEC_ID_OPUS);
  const context = new CodecContext();
  context.allocContext3(codec);
  context.sampleRate = SAMPLES_PER_SECOND;
  assert.equal(context.open2Sync(codec), 0);
  const [packet, frame, timeline] = [new Packet(), new Frame(), new SoundTimeline(SAMPLES_PER_SECOND)];
  packet.alloc();
  frame.alloc();
  let timeMs = 0;
  for (const bytes of encodeSound(voice, 3000)) {
    packet.data = Buffer.from(bytes);
    context.sendPacketSync(packet);
    while (context.receiveFrameSync(frame) >= 0) {
      timeline.add(timeMs, monoOf(frame));
      timeMs += 20;
    }
  }
  packet.free();
  frame.free();
  context.freeContext();
  const onsets = beepOnsets(timeline.sound, voice.beepHz).filter((onset) => onset > 500);
  assertNear(onsets, [1000 + OPUS_LOOKAHEAD_MS, 2000 + OPUS_LOOKAHEAD_MS], 2);
});

test('sound without a beep has none, and a caller who is silent none', () => {
  const { toneHz, beepHz } = callerLook(1);
  const quiet = { startMs: 0, samplesPerSecond: SAMPLES_PER_SECOND, samples: new Float32Array(48_000) };
  assert.deepEqual(beepOnsets(quiet, beepHz), []);
  const other = soundOf({ toneHz, beepHz: 2500 }, 2000);
  assert.deepEqual(beepOnsets({ ...quiet, samples: other }, beepHz), []);
});
