import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Canvas } from './canvas.ts';
import { Labels } from './label.ts';
import type { CompositeSource } from './protocol.ts';
import { Tile } from './tile.ts';
import { VideoSource } from './video-source.ts';

const SOUND_ALONE: CompositeSource = {
  ...{ path: 'none.webm', label: 'alice', kind: 'av', memberId: 'M1' },
  ...{ startMs: 0, endMs: 1000, hasVideo: false, hasAudio: true },
};

test('who sends sound alone is named once, in the middle', () => {
  const canvas = new Canvas(640, 360);
  const video = new VideoSource(SOUND_ALONE);
  try {
    assert.equal(new Tile(canvas.area, SOUND_ALONE, video, new Labels()).paint(canvas, 0), true);
    const [{ data, stride }] = canvas.planes;
    const lightRows = Array.from({ length: 360 }, (_, y) => y).filter((y) =>
      data.subarray(y * stride, y * stride + 640).some((luma) => luma > 200),
    );
    assert.ok(lightRows.length > 10, 'there is a name');
    assert.ok(
      lightRows.every((y) => y > 140 && y < 220),
      `rows ${lightRows[0]} to ${lightRows.at(-1)}`,
    );
  } finally {
    video.close();
    canvas.close();
  }
});
