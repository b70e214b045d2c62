/** For this folder's tests: a folder of made-up recordings, jobs that merge them, and a look at the outcome. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CompositeJob, CompositeSource } from './protocol.ts';
import { inspect, type SeenPicture } from './test-inspection.ts';
import type { ClipVideo } from './test-media.ts';

export class TestFolder {
  readonly path: string;

  static async make(): Promise<TestFolder> {
    return new TestFolder(await mkdtemp(join(tmpdir(), 'callreel-composite-')));
  }

  private constructor(path: string) {
    this.path = path;
  }

  at(name: string): string {
    return join(this.path, name);
  }

  async namesLike(part: string): Promise<string[]> {
    return (await readdir(this.path)).filter((name) => name.includes(part));
  }

  /** A camera with sound, labelled after its file, unless `more` says otherwise. */
  source(name: string, startMs: number, endMs: number, more: Partial<CompositeSource> = {}): CompositeSource {
    return {
      path: this.at(name),
      label: name.replace(/\..*/, ''),
      kind: 'av',
      startMs,
      endMs,
      hasVideo: true,
      hasAudio: true,
      memberId: name,
      ...more,
    };
  }

  /** Ends with its last source. */
  job(output: string, sources: CompositeSource[]): CompositeJob {
    const endMs = Math.max(...sources.map((it) => it.endMs));
    return { outputPath: this.at(output), width: 1280, height: 720, framesPerSecond: 25, endMs, sources };
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

export const video = (paint: ClipVideo['paint'], more: Partial<ClipVideo> = {}): ClipVideo => ({
  codec: 'VP8',
  framesPerSecond: 30,
  sizes: [{ fromMs: 0, width: 320, height: 180 }],
  paint,
  ...more,
});

/** The luma at some points of the pictures nearest to some times. */
export const look = (path: string, points: Record<number, [number, number][]>): Record<number, number[]> => {
  const found: Record<number, number[]> = {};
  inspect(path, ({ ms, lumaAt }: SeenPicture) => {
    const wanted = points[Math.round(ms)];
    if (wanted) found[Math.round(ms)] = wanted.map(([x, y]) => lumaAt(x, y));
  });
  return found;
};

export const near = (actual: number[] | undefined, expected: number[], within = 6): void => {
  assert.ok(actual && actual.length === expected.length);
  for (const [i, value] of actual.entries()) {
    assert.ok(Math.abs(value - (expected[i] ?? 0)) <= within, `${actual} is not near ${expected}`);
  }
};
