import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AUDIO_CODEC_NAMES, VIDEO_CODEC_NAMES } from '@callreel/contract/conference.ts';
import { missingCodecs } from './codec-check.ts';
import { composite } from './composite.ts';
import { silenceLibraries } from './native.ts';
import { inspect, onsetsMs, toneLevel } from './test-inspection.ts';
import { look, near, TestFolder, video } from './test-job.ts';
import { makeClip, plain, tone } from './test-media.ts';

let folder: TestFolder;

before(async () => {
  folder = await TestFolder.make();
});
after(() => folder.remove());

test('every codec that is recorded can be merged', () => {
  silenceLibraries();
  assert.deepEqual(missingCodecs(), []);
});

for (const codec of VIDEO_CODEC_NAMES) {
  test(`${codec} is merged, and goes on after a change of its size`, async () => {
    const sizes = [
      { fromMs: 0, width: 320, height: 180 },
      { fromMs: 1000, width: 640, height: 360 },
    ];
    const name = `${codec}.mkv`;
    makeClip({
      path: folder.at(name),
      durationMs: 2000,
      video: video((planes, size, ms) => plain(size.width === 320 ? 80 : 200)(planes, size, ms), { codec, sizes }),
    });
    const job = folder.job(`${codec}.mp4`, [folder.source(name, 0, 2000, { hasAudio: false })]);
    await composite(job);
    const middle: [number, number][] = [[640, 300]];
    const seen = look(job.outputPath, { 480: middle, 1520: middle });
    near(seen[480], [80]);
    near(seen[1520], [200]);
  });
}

for (const codec of AUDIO_CODEC_NAMES) {
  test(`a beep in ${codec} is heard in the merged file where it was`, async () => {
    const name = `beep-${codec}.mkv`;
    const sampleAt = (seconds: number): number => (seconds >= 1 && seconds < 1.1 ? tone(1000, 0.5)(seconds) : 0);
    makeClip({ path: folder.at(name), durationMs: 2000, audio: { codec, channels: 1, sampleAt } });
    const job = folder.job(`beep-${codec}.mp4`, [folder.source(name, 250, 2250, { hasVideo: false })]);
    await composite(job);
    const { left } = inspect(job.outputPath);
    const onsets = onsetsMs(left, 0.1);
    assert.equal(onsets.length, 1);
    assert.ok(Math.abs((onsets[0] ?? 0) - 1000) < 4, `beep at ${onsets[0]}`);
    assert.ok(toneLevel(left, 1000, 1020, 1080) > 0.4);
  });
}
