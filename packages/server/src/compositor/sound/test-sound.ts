/** Made-up sound for the tests of this folder. */
import assert from 'node:assert/strict';
import { Mixer } from './mixer.ts';
import type { SoundBlock, SoundFeed } from './sound-block.ts';

/** 20 ms. */
export const BLOCK = 960;

export const sine = (hz: number, amplitude: number, from: number, length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => amplitude * Math.sin((2 * Math.PI * hz * (from + i)) / 48_000));

export class ListFeed implements SoundFeed {
  readonly firstSample: number;
  closed = false;
  readonly #blocks: SoundBlock[];

  constructor(blocks: SoundBlock[]) {
    this.#blocks = [...blocks];
    this.firstSample = blocks[0]?.start ?? 0;
  }

  next(): SoundBlock | undefined {
    return this.#blocks.shift();
  }

  close(): void {
    this.closed = true;
  }
}

/** A tone in blocks of 20 ms. */
export const tone = (hz: number, amplitude: number, start: number, blocks: number): SoundBlock[] =>
  Array.from({ length: blocks }, (_, i) => ({
    start: start + i * BLOCK,
    channels: [sine(hz, amplitude, i * BLOCK, BLOCK)],
  }));

export const mixAll = (
  feeds: SoundFeed[],
  samples: number,
  step = 1024,
): { left: Float32Array; right: Float32Array } => {
  const mixer = new Mixer(feeds);
  const left = new Float32Array(samples);
  const right = new Float32Array(samples);
  for (let from = 0; from < samples; from += step) {
    mixer.mix(from, left.subarray(from, from + step), right.subarray(from, from + step));
  }
  mixer.close();
  return { left, right };
};

export const drain = (feed: SoundFeed): SoundBlock[] => {
  const blocks: SoundBlock[] = [];
  for (let block = feed.next(); block; block = feed.next()) blocks.push(block);
  return blocks;
};

export const closeTo = (actual: Float32Array, expected: Float32Array, within = 1e-6): void => {
  assert.equal(actual.length, expected.length);
  const worst = actual.reduce((most, value, i) => Math.max(most, Math.abs(value - (expected[i] ?? 0))), 0);
  assert.ok(worst <= within, `differs by ${worst}`);
};
