import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { createLogger } from '../base/log.ts';
import { Compositor } from './host.ts';
import type { CompositeJob } from './protocol.ts';
import { makeClip, plain, tone } from './test-media.ts';

const LEAST_PRIORITY = 19;

describe('compositor process', () => {
  let folder: string;
  let compositor: Compositor;

  const job = (name: string, endMs: number, path = 'clip.webm'): CompositeJob => ({
    outputPath: join(folder, name),
    width: 1280,
    height: 720,
    framesPerSecond: 25,
    endMs,
    sources: [
      {
        path: join(folder, path),
        label: 'alice',
        kind: 'av',
        startMs: 0,
        endMs,
        hasVideo: true,
        hasAudio: true,
        memberId: 'm1',
      },
    ],
  });
  /** Long enough never to end by itself within a test. */
  const HOURS_MS = 7_200_000;
  const firstProgress = (endMs: number, options: { signal?: AbortSignal } = {}) => {
    const { promise: begun, resolve } = Promise.withResolvers<void>();
    const made = compositor.composite(job('long.mp4', endMs), { ...options, onProgress: () => resolve() });
    made.catch(() => {});
    return { made, begun };
  };
  const unfinished = async (): Promise<string[]> => (await readdir(folder)).filter((name) => name.includes('.mp4.'));

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'callreel-compositor-'));
    const video = {
      codec: 'VP8',
      framesPerSecond: 10,
      sizes: [{ fromMs: 0, width: 160, height: 90 }],
      paint: plain(99),
    } as const;
    makeClip({
      path: join(folder, 'clip.webm'),
      durationMs: 500,
      video: { ...video, sizes: [...video.sizes] },
      audio: { channels: 1, sampleAt: tone(440, 0.2) },
    });
    await writeFile(join(folder, 'text.webm'), 'this is no recording');
  });
  beforeEach(() => {
    compositor = new Compositor({ log: createLogger('silent') });
  });
  afterEach(() => compositor.close(0));
  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test('merges, tells how far it is, and leaves no process behind', async () => {
    const progress: number[] = [];
    const result = await compositor.composite(job('one.mp4', 400), { onProgress: (percent) => progress.push(percent) });
    assert.deepEqual(result, { frames: 10, durationMs: 400, sizeBytes: (await stat(join(folder, 'one.mp4'))).size });
    assert.equal(progress.at(-1), 100);
    assert.equal(compositor.workerPid, undefined);
  });

  test('jobs run one after the other, humbly', async () => {
    const cancel = new AbortController();
    const { made, begun } = firstProgress(HOURS_MS, { signal: cancel.signal });
    let secondHasBegun = false;
    const second = compositor.composite(job('two.mp4', 400), {
      onProgress: () => {
        secondHasBegun = true;
      },
    });
    await begun;
    // `nice` adds to what the tests themselves run under.
    assert.equal(getPriority(compositor.workerPid), Math.min(LEAST_PRIORITY, getPriority() + 10));
    assert.equal(secondHasBegun, false);
    cancel.abort();
    await assert.rejects(made, { reason: 'cancelled' });
    assert.equal((await second).frames, 10);
  });

  test('an unreadable recording is a CompositorError that names it', async () => {
    await assert.rejects(compositor.composite(job('never.mp4', 400, 'text.webm')), {
      name: 'CompositorError',
      reason: 'unreadableSource',
      message: /alice .*text\.webm/,
    });
  });

  test('a crash rejects the job, leaves no file, and the next job finds a fresh process', async () => {
    const { made, begun } = firstProgress(HOURS_MS);
    await begun;
    process.kill(compositor.workerPid ?? 0, 'SIGSEGV');
    await assert.rejects(made, { name: 'CompositorError', reason: 'crashed' });
    assert.deepEqual(await unfinished(), []);
    assert.equal((await compositor.composite(job('again.mp4', 400))).frames, 10);
  });

  test('cancelled by its signal: the process and the file are gone', async () => {
    const cancel = new AbortController();
    const { made, begun } = firstProgress(HOURS_MS, { signal: cancel.signal });
    await begun;
    const pid = compositor.workerPid ?? 0;
    cancel.abort();
    await assert.rejects(made, { name: 'CompositorError', reason: 'cancelled' });
    assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
    assert.deepEqual(await unfinished(), []);
    await assert.rejects(compositor.composite(job('x.mp4', 400), { signal: cancel.signal }), { reason: 'cancelled' });
  });

  test('closing rejects what runs and what waits', async () => {
    const { made, begun } = firstProgress(HOURS_MS);
    const waiting = compositor.composite(job('waiting.mp4', 400));
    waiting.catch(() => {});
    await begun;
    await compositor.close(5000);
    await assert.rejects(made, { reason: 'closed' });
    await assert.rejects(waiting, { reason: 'closed' });
    await assert.rejects(compositor.composite(job('late.mp4', 400)), { reason: 'closed' });
    assert.deepEqual(await unfinished(), []);
  });
});
