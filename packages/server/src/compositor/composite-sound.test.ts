import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { composite } from './composite.ts';
import { inspect, onsetsMs, toneLevel } from './test-inspection.ts';
import { look, near, TestFolder, video } from './test-job.ts';
import { type ClipVideo, makeClip, plain, tone } from './test-media.ts';

const PLACEHOLDER_LUMA = 36;

let folder: TestFolder;

before(async () => {
  folder = await TestFolder.make();
});
after(() => folder.remove());

describe('sound of a composite', () => {
  test('a flash and its beep stay together, wherever they fall between two output frames', async () => {
    const flashing: ClipVideo['paint'] = ([luma], _size, ms) => luma.data.fill(ms % 1000 < 80 ? 230 : 40);
    const beeping = (seconds: number): number => (seconds % 1 < 0.04 ? tone(1000, 0.6)(seconds) : 0);
    makeClip({ path: folder.at('silent.webm'), durationMs: 300, video: video(plain(40)) });
    for (const [index, offsetMs] of [500, 513.3, 533.7].entries()) {
      const name = `flash${index}.webm`;
      const picture = video(flashing, { framesPerSecond: 50 });
      makeClip({ path: folder.at(name), durationMs: 4200, video: picture, audio: { channels: 1, sampleAt: beeping } });
      const job = folder.job(`flash${index}.mp4`, [
        folder.source('silent.webm', 0, 300),
        folder.source(name, offsetMs, offsetMs + 4200),
      ]);
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

  test('sound alone, a late first sound, and a video track without a frame are merged', async () => {
    makeClip({
      path: folder.at('talker.webm'),
      durationMs: 3000,
      audio: { channels: 1, firstMs: 1000, sampleAt: tone(440, 0.2) },
    });
    makeClip({
      path: folder.at('mute.webm'),
      durationMs: 100,
      video: video(plain(150), { holes: [{ fromMs: 0, toMs: 100 }] }),
    });
    const talker = folder.source('talker.webm', 500, 3500, { hasVideo: false });
    const job = folder.job('sound.mp4', [talker, folder.source('mute.webm', 500, 3500)]);
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
      makeClip({
        path: folder.at(`loud${index}.webm`),
        durationMs: 1500,
        audio: { channels: 1, sampleAt: tone(hz, 0.7) },
      });
    }
    const sources = [0, 1, 2].map((index) => folder.source(`loud${index}.webm`, 0, 1500, { hasVideo: false }));
    const job = folder.job('loud.mp4', sources);
    await composite(job);
    const { left } = inspect(job.outputPath);
    assert.ok(left.every((value) => Math.abs(value) < 1));
    for (const hz of [300, 500, 700]) assert.ok(toneLevel(left, hz, 500, 1400) > 0.25);
    // Clipping would add tones that nobody sent.
    for (const hz of [100, 900, 1100, 1300]) assert.ok(toneLevel(left, hz, 500, 1400) < 0.02);
  });
});
