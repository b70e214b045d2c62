import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { composite } from './composite.ts';
import { CompositorError } from './compositor-error.ts';
import type { CompositeJob, CompositeSource } from './protocol.ts';
import { inspect, onsetsMs, type SeenPicture, toneLevel } from './test-inspection.ts';
import { type ClipVideo, makeClip, plain, tone } from './test-media.ts';

const PLACEHOLDER_LUMA = 36;
const BLACK_LUMA = 16;

let folder: string;
const at = (name: string): string => join(folder, name);

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'callreel-composite-'));
});
after(async () => {
  await rm(folder, { recursive: true, force: true });
});

const source = (
  path: string,
  startMs: number,
  endMs: number,
  more: Partial<CompositeSource> = {},
): CompositeSource => ({
  path: at(path),
  label: path.replace(/\..*/, ''),
  kind: 'av',
  startMs,
  endMs,
  hasVideo: true,
  hasAudio: true,
  memberId: path,
  ...more,
});

const jobOf = (output: string, sources: CompositeSource[]): CompositeJob => ({
  outputPath: at(output),
  width: 1280,
  height: 720,
  framesPerSecond: 25,
  endMs: Math.max(...sources.map((it) => it.endMs)),
  sources,
});

const video = (paint: ClipVideo['paint'], more: Partial<ClipVideo> = {}): ClipVideo => ({
  codec: 'VP8',
  framesPerSecond: 30,
  sizes: [{ fromMs: 0, width: 320, height: 180 }],
  paint,
  ...more,
});

/** The luma at some points of the pictures nearest to some times. */
const look = (path: string, points: Record<number, [number, number][]>): Record<number, number[]> => {
  const found: Record<number, number[]> = {};
  inspect(path, ({ ms, lumaAt }: SeenPicture) => {
    const wanted = points[Math.round(ms)];
    if (wanted) found[Math.round(ms)] = wanted.map(([x, y]) => lumaAt(x, y));
  });
  return found;
};

const near = (actual: number[] | undefined, expected: number[], within = 6): void => {
  assert.ok(actual && actual.length === expected.length);
  for (const [i, value] of actual.entries()) {
    assert.ok(Math.abs(value - (expected[i] ?? 0)) <= within, `${actual} is not near ${expected}`);
  }
};

const boxNames = (bytes: Buffer): string[] => {
  const names: string[] = [];
  for (let offset = 0; offset < bytes.length; offset += bytes.readUInt32BE(offset)) {
    names.push(bytes.toString('latin1', offset + 4, offset + 8));
  }
  return names;
};

describe('composite', () => {
  test('a call that one joins late and leaves early: layout, names and sound follow', async () => {
    makeClip({
      path: at('alice.webm'),
      durationMs: 6000,
      video: video(plain(60)),
      audio: { channels: 1, sampleAt: tone(440, 0.2) },
    });
    makeClip({
      path: at('bob.mkv'),
      durationMs: 2000,
      video: video(plain(160), { codec: 'H264', sizes: [{ fromMs: 0, width: 640, height: 360 }] }),
      audio: { channels: 2, sampleAt: (seconds, channel) => tone(channel === 0 ? 1000 : 1500, 0.2)(seconds) },
    });
    const progress: number[] = [];
    const job = jobOf('joined.mp4', [source('bob.mkv', 3000, 5000), source('alice.webm', 1000, 7000)]);
    const result = await composite(job, { onProgress: (percent) => progress.push(percent) });

    const bytes = await readFile(job.outputPath);
    assert.deepEqual(result, { frames: 150, durationMs: 6000, sizeBytes: bytes.length });
    assert.deepEqual(boxNames(bytes).slice(0, 2), ['ftyp', 'moov']);
    assert.deepEqual([progress[0], progress.at(-1)], [0, 100]);
    assert.deepEqual(
      progress,
      progress.toSorted((a, b) => a - b),
    );

    const times: number[] = [];
    const { left, right } = inspect(job.outputPath, ({ ms, width, height }) => {
      times.push(ms);
      assert.deepEqual([width, height], [1280, 720]);
    });
    assert.ok(times.every((ms, frame) => Math.abs(ms - frame * 40) < 0.1));
    assert.equal(times.length, 150);
    assert.ok(Math.abs(left.length / 48 - 6000) <= 22);

    // Alice fills the canvas, then has the left half with bars above and below, then all of it again.
    const points: [number, number][] = [
      [640, 360],
      [320, 360],
      [960, 360],
      [320, 100],
      [960, 600],
    ];
    const found = look(job.outputPath, { 1000: points, 3000: points, 5000: points });
    near(found[1000], [60, 60, 60, 60, 60]);
    near(found[3000]?.slice(1), [60, 160, BLACK_LUMA, BLACK_LUMA]);
    near(found[5000], [60, 60, 60, 60, 60]);

    const levels = [
      [100, 1900],
      [2100, 3900],
      [4100, 5800],
    ].map(([from = 0, to = 0]) =>
      [
        [left, 440],
        [right, 440],
        [left, 1000],
        [right, 1000],
        [right, 1500],
      ].map(([samples, hz]) => Math.round(100 * toneLevel(samples as Float32Array, hz as number, from, to)) / 100),
    );
    assert.deepEqual(levels, [
      [0.2, 0.2, 0, 0, 0],
      [0.2, 0.2, 0.2, 0, 0.2],
      [0.2, 0.2, 0, 0, 0],
    ]);
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.includes('partial')),
      [],
    );
  });

  test('a name is written in the lower left corner of its tile, light on dark', async () => {
    makeClip({ path: at('named.webm'), durationMs: 200, video: video(plain(200)) });
    const job = jobOf('names.mp4', [source('named.webm', 0, 200, { hasAudio: false, label: 'x'.repeat(64) })]);
    await composite(job);
    const corner: number[] = [];
    inspect(job.outputPath, ({ ms, lumaAt }) => {
      if (ms < 100 || corner.length > 0) return;
      for (let y = 680; y < 716; y++) for (let x = 4; x < 1276; x++) corner.push(lumaAt(x, y));
    });
    assert.ok(corner.filter((luma) => luma > 220).length > 1000);
    assert.ok(corner.filter((luma) => luma < 110).length > 10_000);
  });

  test('a flash and its beep stay together, wherever they fall between two output frames', async () => {
    const flashing: ClipVideo['paint'] = ([luma], _size, ms) => luma.data.fill(ms % 1000 < 80 ? 230 : 40);
    const beeping = (seconds: number): number => (seconds % 1 < 0.04 ? tone(1000, 0.6)(seconds) : 0);
    makeClip({ path: at('silent.webm'), durationMs: 300, video: video(plain(40)) });
    for (const [index, offsetMs] of [500, 513.3, 533.7].entries()) {
      const name = `flash${index}.webm`;
      const picture = video(flashing, { framesPerSecond: 50 });
      makeClip({ path: at(name), durationMs: 4200, video: picture, audio: { channels: 1, sampleAt: beeping } });
      const job = jobOf(`flash${index}.mp4`, [source('silent.webm', 0, 300), source(name, offsetMs, offsetMs + 4200)]);
      await composite(job);
      const flashes: number[] = [];
      let before = 0;
      const { left } = inspect(job.outputPath, ({ ms, lumaAt }) => {
        const now = lumaAt(640, 300);
        if (before < 130 && now > 130) flashes.push(ms);
        before = now;
      });
      const beeps = onsetsMs(left, 0.1);
      assert.equal(flashes.length, 5);
      assert.equal(beeps.length, 5);
      for (const [second, beepMs] of beeps.entries()) {
        assert.ok(Math.abs(beepMs - (offsetMs + second * 1000)) < 3, `beep ${second} at ${beepMs}`);
        assert.ok(Math.abs((flashes[second] ?? 0) - beepMs) < 25, `flash at ${flashes[second]}, beep at ${beepMs}`);
      }
    }
  });

  test('a hole in the stream shows the placeholder after 2 s, and the picture again when it comes back', async () => {
    makeClip({
      path: at('holes.webm'),
      durationMs: 6000,
      video: video(plain(150), { holes: [{ fromMs: 1000, toMs: 5000 }] }),
      audio: {
        channels: 1,
        firstMs: 0,
        sampleAt: (seconds) => (seconds > 2 && seconds < 3 ? 0 : tone(440, 0.2)(seconds)),
      },
    });
    const job = jobOf('holes.mp4', [source('holes.webm', 0, 6000)]);
    await composite(job);
    const corner: [number, number][] = [[300, 200]];
    const found = look(job.outputPath, { 2000: corner, 2800: corner, 3200: corner, 4800: corner, 5200: corner });
    near(
      [2000, 2800, 3200, 4800, 5200].flatMap((ms) => found[ms] ?? []),
      [150, 150, PLACEHOLDER_LUMA, PLACEHOLDER_LUMA, 150],
    );
  });

  for (const codec of ['VP8', 'H264'] as const) {
    test(`a change of size in mid-stream is letterboxed anew (${codec})`, async () => {
      const name = `sizes-${codec}.mkv`;
      const sizes = [
        { fromMs: 0, width: 640, height: 360 },
        { fromMs: 1000, width: 320, height: 240 },
        { fromMs: 2000, width: 180, height: 320 },
        { fromMs: 3000, width: 640, height: 360 },
      ];
      makeClip({ path: at(name), durationMs: 4000, video: video(plain(150), { codec, sizes }) });
      const job = jobOf(`${name}.mp4`, [source(name, 0, 4000)]);
      await composite(job);
      // In the middle; at the edge of a 4:3 picture; at that of a 16:9 one.
      const points: [number, number][] = [
        [640, 360],
        [200, 360],
        [40, 360],
      ];
      const found = look(job.outputPath, { 800: points, 1800: points, 2800: points, 3800: points });
      near(found[800], [150, 150, 150]);
      near(found[1800], [150, 150, BLACK_LUMA]);
      near(found[2800], [150, BLACK_LUMA, BLACK_LUMA]);
      near(found[3800], [150, 150, 150]);
    });
  }

  test('sound alone, a late first sound, and a video track without a frame are merged', async () => {
    makeClip({
      path: at('talker.webm'),
      durationMs: 3000,
      audio: { channels: 1, firstMs: 1000, sampleAt: tone(440, 0.2) },
    });
    makeClip({
      path: at('mute.webm'),
      durationMs: 100,
      video: video(plain(150), { holes: [{ fromMs: 0, toMs: 100 }] }),
    });
    const talker = source('talker.webm', 500, 3500, { hasVideo: false });
    const job = jobOf('sound.mp4', [talker, source('mute.webm', 500, 3500)]);
    await composite(job);
    const { left } = inspect(job.outputPath);
    const [onset = 0] = onsetsMs(left, 0.1);
    assert.ok(Math.abs(onset - 1000) < 4, `sound starts at ${onset}`);
    assert.ok(toneLevel(left, 440, 0, 980) < 0.002);
    near(
      look(job.outputPath, {
        2000: [
          [100, 200],
          [800, 200],
        ],
      })[2000],
      [PLACEHOLDER_LUMA, PLACEHOLDER_LUMA],
    );
  });

  test('voices that are too loud together are limited, not clipped', async () => {
    for (const [index, hz] of [300, 500, 700].entries()) {
      makeClip({ path: at(`loud${index}.webm`), durationMs: 1500, audio: { channels: 1, sampleAt: tone(hz, 0.7) } });
    }
    const sources = [0, 1, 2].map((index) => source(`loud${index}.webm`, 0, 1500, { hasVideo: false }));
    const job = jobOf('loud.mp4', sources);
    await composite(job);
    const { left } = inspect(job.outputPath);
    assert.ok(left.every((value) => Math.abs(value) < 1));
    for (const hz of [300, 500, 700]) assert.ok(toneLevel(left, hz, 500, 1400) > 0.25);
    // Clipping would add tones that nobody sent.
    for (const hz of [100, 900, 1100, 1300]) assert.ok(toneLevel(left, hz, 500, 1400) < 0.02);
  });

  test('a recording that was cut off is merged as far as it goes', async () => {
    makeClip({
      path: at('cut.webm'),
      durationMs: 2000,
      video: video(plain(150)),
      audio: { channels: 1, sampleAt: tone(440, 0.2) },
    });
    const whole = await readFile(at('cut.webm'));
    await truncate(at('cut.webm'), Math.floor(whole.length / 2));
    const result = await composite(jobOf('cut.mp4', [source('cut.webm', 0, 2000)]));
    assert.equal(result.frames, 50);
  });

  test('a file that is no recording, or is not there, is named in the error', async () => {
    await writeFile(at('text.webm'), 'this is no recording');
    for (const name of ['text.webm', 'absent.webm']) {
      const job = jobOf('never.mp4', [source(name, 0, 1000, { label: 'mallory' })]);
      await assert.rejects(composite(job), (error: unknown) => {
        assert.ok(error instanceof CompositorError);
        assert.equal(error.reason, 'unreadableSource');
        assert.match(error.message, /mallory/);
        assert.ok(error.message.includes(name));
        return true;
      });
    }
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.startsWith('never')),
      [],
    );
  });

  test('cancelled in the middle: no file is left', async () => {
    makeClip({ path: at('long.webm'), durationMs: 3000, video: video(plain(150)) });
    const cancel = new AbortController();
    const onProgress = (percent: number): void => {
      if (percent > 20) cancel.abort();
    };
    const job = jobOf('cancelled.mp4', [source('long.webm', 0, 60_000)]);
    await assert.rejects(composite(job, { signal: cancel.signal, onProgress }), { reason: 'cancelled' });
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.startsWith('cancelled')),
      [],
    );
  });

  test('a folder that is not there is told as a failed output', async () => {
    makeClip({ path: at('short.webm'), durationMs: 200, video: video(plain(150)) });
    const job = jobOf('no/such/folder.mp4', [source('short.webm', 0, 200)]);
    await assert.rejects(composite(job), { name: 'CompositorError', reason: 'outputFailed' });
  });

  test('a job without sources or without duration is refused', async () => {
    await assert.rejects(composite({ ...jobOf('x.mp4', [source('short.webm', 0, 200)]), sources: [] }), TypeError);
    await assert.rejects(composite({ ...jobOf('x.mp4', [source('short.webm', 0, 200)]), endMs: 0 }), TypeError);
  });
});
