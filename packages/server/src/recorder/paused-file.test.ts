/** A file with a pause, as players see and hear it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspectFile } from '@callreel/synthetic/inspect/inspect-file.ts';
import { type MediaPlan, prepareMedia } from '@callreel/synthetic/prepare/prepare-media.ts';
import { ReportStage, START_MS } from './report/reported-recording-fixture.ts';
import { deliveriesOf } from './virtual-publisher-fixture.ts';

const BEEP_HZ = 1000;
const PLAN: MediaPlan = {
  ...{ durationMs: 9000, audio: true, hueDegrees: 60, toneHz: 300, beepHz: BEEP_HZ },
  ...{ width: 320, height: 180, framesPerSecond: 25, videoCodec: 'VP8' },
};

test('no picture and no beep of a pause is in the file, and those behind it are in sync and at their time', async () => {
  const media = await prepareMedia(PLAN);
  const deliveries = deliveriesOf(media, { startMs: START_MS });
  await using stage = await ReportStage.begin();
  await stage.play(deliveries, 2500);
  stage.recorder.handlePause(true);
  await stage.play(deliveries, 5500);
  stage.recorder.handlePause(false);
  await stage.play(deliveries, 9100);
  const { path, report } = await stage.end();
  assert.equal(report.verdict, 'complete');

  const { audio, video, callers } = await inspectFile(path, [{ name: 'caller', beepHz: BEEP_HZ }]);
  assert.deepEqual([video?.decodeErrors, audio?.decodeErrors, audio?.holes], [0, 0, []]);
  const counters = callers.caller?.picture?.counters ?? [];
  const frames = media.video?.frames ?? [];
  const isIn = (fromMs: number, untilMs: number) => (counter: number) =>
    (frames[counter]?.mediaMs ?? 0) >= fromMs && (frames[counter]?.mediaMs ?? 0) < untilMs;
  assert.ok(counters.some(isIn(0, 2500)) && counters.some(isIn(7500, 9000)));
  assert.deepEqual(counters.filter(isIn(2500, 5400)), []);
  const pairs = callers.caller?.sync.pairs ?? [];
  assert.deepEqual(
    pairs.map(({ beepMs }) => Math.round(beepMs / 100)),
    [10, 20, 70, 80],
  );
  const beeps = callers.caller?.beepsMs ?? [];
  assert.ok(!beeps.some((ms) => ms > 2600 && ms < 5400), String(beeps));
  for (const { offsetMs } of pairs) assert.ok(offsetMs > -40 && offsetMs < 60, `sound is ${offsetMs} ms late`);
});
