import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ALICE, mediaOf } from '../support/recorded-call.ts';
import { holdLossyCall, seenOf } from './lossy-call.ts';

let folder = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'callreel-loss-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const DURATION_MS = 6000;
const PATH = { lossRate: 0.05, delayMs: 40, seed: 7 };
/** Pictures of several packets each. */
const PLAN = { durationMs: DURATION_MS, videoCodec: 'VP8', textured: true, width: 640, height: 360 } as const;

test('5 % lost each way at 80 ms: what is lost is asked for again, and no picture is smeared', async () => {
  const call = await holdLossyCall(await mediaOf(ALICE, PLAN), PATH, await mkdtemp(join(folder, 'spool-')));
  const video = call.sources.find(({ track }) => track === 'video');
  assert.ok(video && video.lost > 5, `${video?.lost} packets of video were lost`);
  // The last ones may still be under way.
  assert.ok(video.recovered >= 0.8 * video.lost, `${video.recovered} of ${video.lost} came again`);
  assert.equal(call.facts.video?.decodeErrors, 0);
  const { shown, smeared } = seenOf(call);
  assert.deepEqual(smeared, []);
  assert.ok(shown >= (DURATION_MS / 40) * 0.75, `${shown} pictures`);
  assert.deepEqual(call.facts.audio?.holes, []);
});

test('half of all lost: pictures are left out until a key frame, and none is smeared', async () => {
  const path = { ...PATH, lossRate: 0.5, seed: 3 };
  const call = await holdLossyCall(await mediaOf(ALICE, PLAN), path, await mkdtemp(join(folder, 'spool-')));
  assert.equal(call.facts.video?.decodeErrors ?? 0, 0);
  const { shown, smeared } = seenOf(call);
  assert.deepEqual(smeared, []);
  assert.ok(shown < DURATION_MS / 40, 'pictures are missing');
  assert.deepEqual(call.facts.audio?.holes, []);
});
