/** What must hold of every finished file, whatever is in it: it decodes, seeks and plays. */
import assert from 'node:assert/strict';
import type { RecordingView } from '@callreel/contract/recording.ts';
import type { FileFacts } from '@callreel/synthetic/inspect/file-facts.ts';
import type { Page } from 'playwright-core';
import { LEAST_SPREAD, type PlayedFacts, playInPage } from './playing.ts';

/** It decodes, begins with a key frame, and its times rise; sound has no holes. */
export const assertWhole = ({ video, audio, durationMs }: FileFacts, leastFrames: number): void => {
  assert.ok(durationMs > 1_000, `a duration of ${durationMs} ms`);
  if (video !== undefined) {
    assert.equal(video.decodeErrors, 0);
    assert.ok(video.frameTimesMs.length > leastFrames, `${video.frameTimesMs.length} frames`);
    assert.equal(video.keyFrameTimesMs[0], video.frameTimesMs[0]);
    assert.ok(video.frameTimesMs.every((time, index, times) => index === 0 || time > (times[index - 1] ?? 0)));
  }
  if (audio !== undefined) {
    assert.equal(audio.decodeErrors, 0);
    assert.deepEqual(audio.holes, []);
  }
};

/** A file with pictures plays in a page: a finite length, a seek that lands, a picture that is not blank, and it goes on. */
export const assertPlays = async (page: Page, { url }: Pick<RecordingView, 'url'>): Promise<PlayedFacts> => {
  const played = await playInPage(page, url);
  assert.ok(Number.isFinite(played.durationSeconds) && played.durationSeconds > 1, `lasts ${played.durationSeconds} s`);
  assert.ok(Math.abs(played.soughtSeconds - played.durationSeconds / 2) < 0.5, `sought to ${played.soughtSeconds} s`);
  assert.ok(played.movedToSeconds > played.soughtSeconds);
  assert.ok(played.spread > LEAST_SPREAD, `brightness spreads over ${played.spread}`);
  return played;
};
