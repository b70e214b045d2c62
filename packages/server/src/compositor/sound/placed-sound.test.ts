import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FADE_SAMPLES, PlacedSound } from './placed-sound.ts';
import type { SoundBlock } from './sound-block.ts';
import { BLOCK, closeTo, drain, ListFeed, mixAll, sine, tone } from './test-sound.ts';

describe('placed sound', () => {
  test('stays contiguous while timestamps wander by up to 2 ms', () => {
    const wander = [0, 48, -48, 96, -96, 48];
    const blocks = tone(440, 0.5, 0, 6).map((block, i) => ({ ...block, start: block.start + (wander[i] ?? 0) }));
    const placed = drain(new PlacedSound(new ListFeed(blocks)));
    assert.deepEqual(
      placed.map(({ start }) => start),
      [0, 1, 2, 3, 4, 5].map((i) => i * BLOCK),
    );
    const { left } = mixAll([new ListFeed(placed)], 6 * BLOCK);
    const inside = left.subarray(FADE_SAMPLES, 6 * BLOCK - FADE_SAMPLES);
    closeTo(inside, sine(440, 0.5, 0, 6 * BLOCK).subarray(FADE_SAMPLES, 6 * BLOCK - FADE_SAMPLES));
  });

  test('begins and ends without a step, at a hole too, and keeps its length', () => {
    const flat = (start: number): SoundBlock => ({ start, channels: [new Float32Array(BLOCK).fill(0.5)] });
    const blocks = [flat(0), flat(BLOCK), flat(4800), flat(4800 + BLOCK)];
    const { left } = mixAll([new PlacedSound(new ListFeed(blocks))], 9600);
    const steps = left.subarray(1).map((value, i) => Math.abs(value - (left[i] ?? 0)));
    assert.ok(steps.reduce((most, step) => Math.max(most, step), 0) < 0.01);
    assert.equal(left[BLOCK], 0.5);
    assert.deepEqual(left.slice(2 * BLOCK, 4800), new Float32Array(4800 - 2 * BLOCK));
    assert.equal(left[4800 + BLOCK], 0.5);
  });

  test('lets nothing be heard twice where the clock was set back', () => {
    const flat = (start: number): SoundBlock => ({ start, channels: [new Float32Array(BLOCK).fill(0.5)] });
    const { left } = mixAll([new PlacedSound(new ListFeed([flat(0), flat(BLOCK - 480)]))], 2 * BLOCK);
    assert.ok(left.every((value) => value <= 0.5));
    assert.equal(left[BLOCK - 480 + BLOCK], 0);
  });
});
