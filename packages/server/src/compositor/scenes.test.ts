import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { CompositeJob, CompositeSource } from './protocol.ts';
import { planScenes, type Scene } from './scenes.ts';

const source = (memberId: string, startMs: number, endMs: number, kind: 'av' | 'desktop' = 'av'): CompositeSource => ({
  path: '',
  label: memberId,
  kind,
  startMs,
  endMs,
  hasVideo: true,
  hasAudio: true,
  memberId,
});
const job = (sources: CompositeSource[], endMs: number): CompositeJob => ({
  outputPath: '',
  width: 1280,
  height: 720,
  framesPerSecond: 25,
  endMs,
  sources,
});
const whoAndWhen = (scenes: Scene[]): [number, number, number[]][] =>
  scenes.map(({ fromMs, toMs, tiles }) => [fromMs, toMs, tiles.map((tile) => tile.source)]);

describe('scenes', () => {
  test('change when someone joins or leaves', () => {
    const scenes = planScenes(job([source('m2', 3000, 9000), source('m1', 1000, 6000)], 9000));
    assert.deepEqual(whoAndWhen(scenes), [
      [1000, 3000, [1]],
      [3000, 6000, [1, 0]],
      [6000, 9000, [0]],
    ]);
  });

  test('show nobody while nobody is there', () => {
    const scenes = planScenes(job([source('m1', 0, 2000), source('m2', 5000, 6000)], 8000));
    assert.deepEqual(whoAndWhen(scenes), [
      [0, 2000, [0]],
      [2000, 5000, []],
      [5000, 6000, [1]],
      [6000, 8000, []],
    ]);
  });

  test('give a member who publishes anew his old place', () => {
    const scenes = planScenes(job([source('m1', 0, 2000), source('m2', 1000, 9000), source('m1', 4000, 9000)], 9000));
    assert.deepEqual(
      scenes.at(-1)?.tiles.map((tile) => tile.source),
      [2, 1],
    );
  });

  test('give a member with camera and screen two tiles', () => {
    const scenes = planScenes(job([source('m1', 0, 5000), source('m1', 1000, 5000, 'desktop')], 5000));
    assert.deepEqual(
      scenes[1]?.tiles.map((tile) => tile.area.width),
      [320, 960],
    );
  });

  test('follow each other from start to end without a hole, and hold exactly those present', () => {
    const stay = fc.record({ startMs: fc.nat(10_000), lengthMs: fc.nat(10_000), member: fc.nat(4) });
    fc.assert(
      fc.property(
        fc.array(stay, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 15_000 }),
        (stays, longMs) => {
          const sources = stays.map(({ startMs, lengthMs, member }) =>
            source(`m${member}`, startMs, startMs + lengthMs),
          );
          const startMs = Math.min(...stays.map((it) => it.startMs));
          const scenes = planScenes(job(sources, startMs + longMs));
          assert.equal(scenes[0]?.fromMs, startMs);
          assert.equal(scenes.at(-1)?.toMs, startMs + longMs);
          for (const [index, { fromMs, toMs, tiles }] of scenes.entries()) {
            assert.ok(fromMs < toMs);
            if (index > 0) assert.equal(scenes[index - 1]?.toMs, fromMs);
            const middle = (fromMs + toMs) / 2;
            const there = sources.flatMap((it, at) => (it.startMs <= middle && middle < it.endMs ? [at] : []));
            assert.deepEqual(
              tiles.map((tile) => tile.source).sort((a, b) => a - b),
              there,
            );
          }
        },
      ),
    );
  });
});
