import assert from 'node:assert/strict';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { composite } from './composite.ts';
import { CompositorError } from './compositor-error.ts';
import { inspect, toneLevel } from './test-inspection.ts';
import { look, near, TestFolder, video } from './test-job.ts';
import { makeClip, plain, tone } from './test-media.ts';

const PLACEHOLDER_LUMA = 36;
const BLACK_LUMA = 16;

let folder: TestFolder;

before(async () => {
  folder = await TestFolder.make();
});
after(() => folder.remove());

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
      path: folder.at('alice.webm'),
      durationMs: 6000,
      video: video(plain(60)),
      audio: { channels: 1, sampleAt: tone(440, 0.2) },
    });
    makeClip({
      path: folder.at('bob.mkv'),
      durationMs: 2000,
      video: video(plain(160), { codec: 'H264', sizes: [{ fromMs: 0, width: 640, height: 360 }] }),
      audio: { channels: 2, sampleAt: (seconds, channel) => tone(channel === 0 ? 1000 : 1500, 0.2)(seconds) },
    });
    const progress: number[] = [];
    const job = folder.job('joined.mp4', [
      folder.source('bob.mkv', 3000, 5000),
      folder.source('alice.webm', 1000, 7000),
    ]);
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
    assert.deepEqual(await folder.namesLike('partial'), []);
  });

  test('a name is written in the lower left corner of its tile, light on dark', async () => {
    makeClip({ path: folder.at('named.webm'), durationMs: 200, video: video(plain(200)) });
    const job = folder.job('names.mp4', [
      folder.source('named.webm', 0, 200, { hasAudio: false, label: 'x'.repeat(64) }),
    ]);
    await composite(job);
    const corner: number[] = [];
    inspect(job.outputPath, ({ ms, lumaAt }) => {
      if (ms < 100 || corner.length > 0) return;
      for (let y = 680; y < 716; y++) for (let x = 4; x < 1276; x++) corner.push(lumaAt(x, y));
    });
    assert.ok(corner.filter((luma) => luma > 220).length > 1000);
    assert.ok(corner.filter((luma) => luma < 110).length > 10_000);
  });

  test('a hole in the stream shows the placeholder after 2 s, and the picture again when it comes back', async () => {
    makeClip({
      path: folder.at('holes.webm'),
      durationMs: 6000,
      video: video(plain(150), { holes: [{ fromMs: 1000, toMs: 5000 }] }),
      audio: {
        channels: 1,
        firstMs: 0,
        sampleAt: (seconds) => (seconds > 2 && seconds < 3 ? 0 : tone(440, 0.2)(seconds)),
      },
    });
    const job = folder.job('holes.mp4', [folder.source('holes.webm', 0, 6000)]);
    await composite(job);
    const corner: [number, number][] = [[300, 200]];
    const found = look(job.outputPath, { 2000: corner, 2800: corner, 3200: corner, 4800: corner, 5200: corner });
    near(
      [2000, 2800, 3200, 4800, 5200].flatMap((ms) => found[ms] ?? []),
      [150, 150, PLACEHOLDER_LUMA, PLACEHOLDER_LUMA, 150],
    );
  });

  test('a pause shows the placeholder from its first moment to its last', async () => {
    makeClip({ path: folder.at('paused.webm'), durationMs: 3000, video: video(plain(150)) });
    const pauses = [{ fromMs: 1000, toMs: 2000 }];
    const job = folder.job('paused.mp4', [folder.source('paused.webm', 0, 3000, { hasAudio: false, pauses })]);
    await composite(job);
    const corner: [number, number][] = [[300, 200]];
    const found = look(job.outputPath, { 920: corner, 1040: corner, 1920: corner, 2080: corner });
    near(
      [920, 1040, 1920, 2080].flatMap((ms) => found[ms] ?? []),
      [150, PLACEHOLDER_LUMA, PLACEHOLDER_LUMA, 150],
    );
  });

  test('a shared screen takes the left while it is shared, even if its picture stands still', async () => {
    const still = video(plain(200), {
      codec: 'H264',
      sizes: [{ fromMs: 0, width: 1280, height: 960 }],
      holes: [{ fromMs: 100, toMs: 6000 }],
    });
    makeClip({ path: folder.at('screen.mp4'), durationMs: 5000, video: still });
    makeClip({ path: folder.at('camera.webm'), durationMs: 7000, video: video(plain(100)) });
    const screen = folder.source('screen.mp4', 1000, 6000, { kind: 'desktop', hasAudio: false });
    const job = folder.job('screen.mp4.mp4', [folder.source('camera.webm', 0, 7000), screen]);
    await composite(job);
    // On the screen's left edge, and in the upper and the lower half of the column beside it.
    const points: [number, number][] = [
      [4, 360],
      [1120, 60],
      [1120, 600],
    ];
    const found = look(job.outputPath, { 800: points, 1400: points, 5800: points, 6800: points });
    near(found[800], [100, 100, 100]);
    near(found[1400], [200, 100, BLACK_LUMA]);
    near(found[5800], [200, 100, BLACK_LUMA]);
    near(found[6800], [100, 100, 100]);
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
      makeClip({ path: folder.at(name), durationMs: 4000, video: video(plain(150), { codec, sizes }) });
      const job = folder.job(`${name}.mp4`, [folder.source(name, 0, 4000)]);
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

  test('a recording that was cut off is merged as far as it goes', async () => {
    makeClip({
      path: folder.at('cut.webm'),
      durationMs: 2000,
      video: video(plain(150)),
      audio: { channels: 1, sampleAt: tone(440, 0.2) },
    });
    const whole = await readFile(folder.at('cut.webm'));
    await truncate(folder.at('cut.webm'), Math.floor(whole.length / 2));
    const result = await composite(folder.job('cut.mp4', [folder.source('cut.webm', 0, 2000)]));
    assert.equal(result.frames, 50);
  });

  test('a file that is no recording, or is not there, is named in the error', async () => {
    await writeFile(folder.at('text.webm'), 'this is no recording');
    for (const name of ['text.webm', 'absent.webm']) {
      const job = folder.job('never.mp4', [folder.source(name, 0, 1000, { label: 'mallory' })]);
      await assert.rejects(composite(job), (error: unknown) => {
        assert.ok(error instanceof CompositorError);
        assert.equal(error.reason, 'unreadableSource');
        assert.match(error.message, /mallory/);
        assert.ok(error.message.includes(name));
        return true;
      });
    }
    assert.deepEqual(await folder.namesLike('never'), []);
  });

  test('cancelled in the middle: no file is left', async () => {
    makeClip({ path: folder.at('long.webm'), durationMs: 3000, video: video(plain(150)) });
    const cancel = new AbortController();
    const onProgress = (percent: number): void => {
      if (percent > 2) cancel.abort();
    };
    const job = folder.job('cancelled.mp4', [folder.source('long.webm', 0, 60_000)]);
    await assert.rejects(composite(job, { signal: cancel.signal, onProgress }), { reason: 'cancelled' });
    assert.deepEqual(await folder.namesLike('cancelled'), []);
  });

  test('a folder that is not there is told as a failed output', async () => {
    makeClip({ path: folder.at('short.webm'), durationMs: 200, video: video(plain(150)) });
    const job = folder.job('no/such/folder.mp4', [folder.source('short.webm', 0, 200)]);
    await assert.rejects(composite(job), { name: 'CompositorError', reason: 'outputFailed' });
  });

  test('a job without sources or without duration is refused', async () => {
    await assert.rejects(
      composite({ ...folder.job('x.mp4', [folder.source('short.webm', 0, 200)]), sources: [] }),
      TypeError,
    );
    await assert.rejects(
      composite({ ...folder.job('x.mp4', [folder.source('short.webm', 0, 200)]), endMs: 0 }),
      TypeError,
    );
  });
});
