import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Mixer } from './mixer.ts';
import type { SoundBlock } from './sound-block.ts';
import { BLOCK, closeTo, ListFeed, mixAll, sine, tone } from './test-sound.ts';

describe('mixer', () => {
  test('sums two tones sample by sample, each to both sides', () => {
    const { left, right } = mixAll([new ListFeed(tone(440, 0.3, 0, 10)), new ListFeed(tone(1000, 0.2, 0, 10))], 9600);
    const other = sine(1000, 0.2, 0, 9600);
    const expected = sine(440, 0.3, 0, 9600).map((value, i) => value + (other[i] ?? 0));
    closeTo(left, expected);
    closeTo(right, expected);
  });

  test('keeps the sides of a stereo source apart', () => {
    const block: SoundBlock = { start: 0, channels: [sine(440, 0.3, 0, BLOCK), sine(880, 0.1, 0, BLOCK)] };
    const { left, right } = mixAll([new ListFeed([block])], BLOCK);
    closeTo(left, sine(440, 0.3, 0, BLOCK));
    closeTo(right, sine(880, 0.1, 0, BLOCK));
  });

  test('leaves silence where nobody speaks, and puts a late start at its place', () => {
    const { left } = mixAll([new ListFeed(tone(440, 0.3, 5001, 2))], 9600);
    closeTo(left.subarray(0, 5001), new Float32Array(5001));
    closeTo(left.subarray(5001, 5001 + 2 * BLOCK), sine(440, 0.3, 0, 2 * BLOCK));
    closeTo(left.subarray(5001 + 2 * BLOCK), new Float32Array(9600 - 5001 - 2 * BLOCK));
  });

  test('reads nothing before its time, and closes a source that is over', () => {
    const late = new ListFeed(tone(440, 0.3, 48_000, 1));
    const over = new ListFeed(tone(440, 0.3, 0, 1));
    const mixer = new Mixer([late, over]);
    mixer.mix(0, new Float32Array(4096), new Float32Array(4096));
    assert.ok(over.closed);
    assert.equal(late.next()?.start, 48_000);
    mixer.close();
    assert.ok(late.closed);
  });

  test('gives the same mix however it is cut', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.nat(2000), (step, start) => {
        const once = mixAll([new ListFeed(tone(440, 0.3, start, 5))], 8000, 8000);
        closeTo(mixAll([new ListFeed(tone(440, 0.3, start, 5))], 8000, step).left, once.left, 0);
      }),
    );
  });
});
