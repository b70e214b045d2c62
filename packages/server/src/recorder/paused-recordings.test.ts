/** Recordings that are paused by hand, on virtual time: what is in the file, what its report says, and how they end. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { IndexReader } from '@callreel/media/matroska/index-reader.ts';
import { finishRecording } from './finish.ts';
import { assertAddsUp, gapsOf, ReportStage, START_MS } from './report/reported-recording-fixture.ts';
import { smallMedia } from './small-media-fixture.ts';
import { type Delivery, deliveriesOf } from './virtual-publisher-fixture.ts';

const sending = (durationMs: number, startMs = 0): Delivery[] =>
  deliveriesOf(smallMedia(durationMs), { startMs: START_MS + startMs });

/** A sender who is silent for so long from `atMs` on, and goes on then as if nothing had been. */
const silentFor = (deliveries: readonly Delivery[], atMs: number, lengthMs: number): Delivery[] =>
  deliveries.flatMap((one): Delivery[] => {
    if (one.atMs <= START_MS + atMs) return [one];
    // Nobody needs reports that say the same.
    if (one.kind === 'report') return [];
    const ticks = (one.track === 'audio' ? 48 : 90) * lengthMs;
    const packet = { ...one.packet, timestamp: (one.packet.timestamp + ticks) % 2 ** 32 };
    return [{ ...one, packet, atMs: one.atMs + lengthMs }];
  });

type Pause = [fromMs: number, untilMs: number];

/** Plays these with the recording paused in between. */
const playPaused = async (stage: ReportStage, deliveries: readonly Delivery[], pauses: Pause[], untilMs: number) => {
  for (const [fromMs, goOnMs] of pauses) {
    await stage.play(deliveries, fromMs);
    stage.recorder.handlePause(true);
    await stage.play(deliveries, goOnMs);
    stage.recorder.handlePause(false);
  }
  await stage.play(deliveries, untilMs);
};

type Filed = { timeMs: number; mediaMs: number };

/** What of the sender's media is in the file, and when; and that its sound has no hole. */
const filedIn = async (stage: ReportStage): Promise<{ sound: Filed[]; pictures: Filed[] }> => {
  const media = await readFile(`${stage.folder}/media`);
  const filed: { sound: Filed[]; pictures: Filed[] } = { sound: [], pictures: [] };
  let soundEndMs: number | undefined;
  for (const { line } of new IndexReader().push(await readFile(`${stage.folder}/index`))) {
    if (line.kind !== 'audio' && line.kind !== 'video') continue;
    const data = media.subarray(line.offset, line.offset + line.length);
    if (line.kind === 'video') {
      // Pictures are told apart by a byte.
      const beforeMs = filed.pictures.at(-1)?.mediaMs ?? 0;
      const mediaMs = beforeMs + 40 * (((data[20] ?? 0) - beforeMs / 40) & 0xff);
      filed.pictures.push({ timeMs: line.timeMs, mediaMs });
    } else {
      assert.ok(Math.abs(line.timeMs - (soundEndMs ?? line.timeMs)) <= 1, `a hole at ${soundEndMs}`);
      soundEndMs = line.timeMs + line.durationMs;
      const number = (data[1] ?? 0) + 256 * (data[2] ?? 0);
      if (data.length === 4) filed.sound.push({ timeMs: line.timeMs, mediaMs: 20 * number });
    }
  }
  return filed;
};

const isBetween = ({ mediaMs }: Filed, fromMs: number, untilMs: number): boolean =>
  mediaMs >= fromMs && mediaMs < untilMs;

const manifestOf = (stage: ReportStage): Promise<string> =>
  readFile(`${stage.folder}/manifest.json`, 'utf8').catch(() => '');

test('of a pause nothing is in the file, and it is one gap of its length in each track', async () => {
  await using stage = await ReportStage.begin();
  await playPaused(stage, sending(8000), [[2000, 5000]], 8100);
  const { report } = await stage.end();
  assert.deepEqual([report.verdict, report.reasons], ['complete', []]);
  // The file begins at 23. From the last sound that had come, and the pause's beginning, to the first sound and the first key frame afterwards.
  assert.deepEqual(gapsOf(report, 'audio'), ['pause 1967–4987']);
  assert.deepEqual(gapsOf(report, 'video'), ['pause 1977–5007']);
  const { sound, pictures } = await filedIn(stage);
  for (const frames of [sound, pictures]) {
    assert.ok(!frames.some((frame) => isBetween(frame, 2000, 4970)));
    // In their place all the same.
    const offsets = frames.map(({ timeMs, mediaMs }) => timeMs - mediaMs);
    assert.ok(Math.max(...offsets) - Math.min(...offsets) <= 20, JSON.stringify(offsets));
  }
  assert.ok((report.audio?.leftOut.paused ?? 0) >= 145 && (report.video?.leftOut.paused ?? 0) >= 70);
});

test('what was shown and said in a pause and comes after it is not in the file', async () => {
  await using stage = await ReportStage.begin();
  // From 4 s on the path has a queue of 1.5 s, and loses none of it.
  const late = sending(9000).map((one) => (one.atMs > START_MS + 4000 ? { ...one, atMs: one.atMs + 1500 } : one));
  await playPaused(stage, late, [[3000, 5000]], 10_700);
  const { report } = await stage.end();
  const { sound, pictures } = await filedIn(stage);
  for (const frames of [sound, pictures]) {
    assert.ok(!frames.some((frame) => isBetween(frame, 3000, 4970)));
    assert.ok(frames.some((frame) => isBetween(frame, 6000, 9000)));
  }
  assert.equal(report.verdict, 'complete');
});

test('what was on its way when a pause began has no place in the file, what had come and waited has', async () => {
  await using stage = await ReportStage.begin();
  // A packet is missing just before the pause: those behind it wait for it.
  const isLost = (one: Delivery): boolean => one.kind === 'packet' && one.track === 'audio' && one.mediaMs === 1800;
  const deliveries = sending(6000).filter((one) => !isLost(one));
  await playPaused(stage, deliveries, [[2000, 4000]], 6100);
  const { report } = await stage.end();
  const { sound } = await filedIn(stage);
  const last = sound.filter((frame) => isBetween(frame, 0, 3000)).at(-1);
  assert.equal(last?.mediaMs, 1940);
  const [loss, pause, ...others] = gapsOf(report, 'audio');
  assert.deepEqual([loss, pause, others], ['loss 1807–1827', 'pause 1967–3987', []]);
});

test('a key frame is asked for when it goes on, none while it is paused, and one from the pause would not do', async () => {
  await using stage = await ReportStage.begin();
  await playPaused(stage, sending(30_000), [[2000, 25_500]], 30_100);
  const asked = stage.keyFrameRequests.filter(({ atMs }) => atMs > 2000);
  assert.deepEqual(asked[0], { atMs: 25_550, sinceMs: 25_500 });
  const { report } = await stage.end();
  assert.deepEqual(gapsOf(report, 'video'), ['pause 1977–26007']);
  assert.equal(report.verdict, 'complete');
});

test('a recording that ends in a pause ends where that began', async () => {
  await using stage = await ReportStage.begin();
  await stage.play(sending(60_000), 3000);
  stage.recorder.handlePause(true);
  await stage.play(sending(60_000), 50_000);
  const { report, durationMs } = await stage.end('left');
  assert.deepEqual([report.verdict, report.ended, report.gaps], ['complete', 'left', []]);
  assert.ok(durationMs > 2950 && durationMs <= 3010, String(durationMs));
});

test('one that was paused for all of its time is no file, for that reason', async () => {
  await using stage = await ReportStage.begin();
  stage.recorder.handlePause(true);
  await stage.play(sending(3000), 3000);
  await stage.recorder.close('left');
  const finished = await finishRecording(stage.spoolDir, stage.spec.recordingKey);
  assert.deepEqual(finished, { kind: 'empty', reason: 'paused' });
});

test('one whose process dies in a pause likewise: nothing of it is missing', async () => {
  await using stage = await ReportStage.begin();
  await stage.play(sending(20_000), 12_000);
  stage.recorder.handlePause(true);
  await stage.play(sending(20_000), 20_000);
  // The disk is slower than virtual time.
  for (let ms = 20_050; !(await manifestOf(stage)).includes('"pausedAtMs"'); ms += 50) await stage.play([], ms);
  const copy = await stage.killed();
  await stage.recorder.close('left');
  const finished = await finishRecording(copy, stage.spec.recordingKey);
  assert.ok(finished.kind === 'finished');
  assertAddsUp(finished.report);
  assert.deepEqual([finished.report.verdict, finished.report.reasons], ['truncated', ['crash']]);
  assert.deepEqual(finished.report.gaps, []);
  assert.ok(finished.durationMs > 11_900 && finished.durationMs <= 12_010, String(finished.durationMs));
});

test('pauses that follow each other quickly leave sound and picture in place', async () => {
  await using stage = await ReportStage.begin();
  const pauses: Pause[] = Array.from({ length: 8 }, (_, index) => [2000 + 150 * index, 2100 + 150 * index]);
  await playPaused(stage, sending(6000), pauses, 6100);
  const { report } = await stage.end();
  const { sound, pictures } = await filedIn(stage);
  for (const [fromMs, untilMs] of pauses) {
    for (const frames of [sound, pictures]) assert.ok(!frames.some((frame) => isBetween(frame, fromMs, untilMs - 50)));
  }
  assert.equal(report.verdict, 'complete');
  const causes = new Set(report.gaps.map(({ cause }) => cause));
  assert.deepEqual([...causes], ['pause']);
  assert.ok(pictures.some((frame) => isBetween(frame, 4000, 6000)));
});

test('a pause before the first frame: the file begins with what follows it', async () => {
  await using stage = await ReportStage.begin();
  stage.recorder.handlePause(true);
  await stage.play(sending(8000), 3500);
  stage.recorder.handlePause(false);
  await stage.play(sending(8000), 8100);
  const { report, durationMs } = await stage.end();
  const { sound, pictures } = await filedIn(stage);
  assert.ok([...sound, ...pictures].every(({ mediaMs }) => mediaMs >= 3460));
  assert.ok(Math.abs(durationMs - 4500) < 60, String(durationMs));
  // The sound comes at once, the picture with its key frame.
  assert.deepEqual(
    [report.verdict, gapsOf(report, 'audio'), gapsOf(report, 'video')],
    ['complete', [], ['pause 0–527']],
  );
});

test('a pause in which the connection is lost and taken up again is the pause alone', async () => {
  await using stage = await ReportStage.begin();
  await playPaused(stage, sending(4000), [], 2000);
  stage.recorder.handlePause(true);
  await stage.play(sending(4000), 4000);
  await stage.play([], 20_000);
  stage.recorder.resume('newConnection');
  const again = sending(15_000, 20_000);
  await stage.play(again, 25_400);
  stage.recorder.handlePause(false);
  await stage.play(again, 30_000);
  const { report } = await stage.end();
  assert.equal(report.verdict, 'complete');
  assert.deepEqual(
    report.gaps.map(({ track, cause, startMs, endMs }) => [track, cause, startMs, Math.floor(endMs / 1000)]),
    [
      ['audio', 'pause', 1967, 25],
      ['video', 'pause', 1977, 26],
    ],
  );
});

test('a connection lost before a pause and taken up after it is missed outside the pause', async () => {
  await using stage = await ReportStage.begin();
  await stage.play(sending(2000), 5000);
  stage.recorder.handlePause(true);
  await stage.play([], 15_000);
  stage.recorder.handlePause(false);
  await stage.play([], 20_000);
  stage.recorder.resume('newConnection');
  await stage.play(sending(4000, 20_000), 24_100);
  const { report } = await stage.end();
  assert.equal(report.verdict, 'gaps');
  const rounded = report.gaps.map(({ track, cause, startMs, endMs }) =>
    [track, cause, Math.round(startMs / 1000), Math.round(endMs / 1000)].join(' '),
  );
  assert.deepEqual(
    rounded.toSorted(),
    ['audio', 'video']
      .flatMap((track) => [`${track} disconnect 2 5`, `${track} disconnect 15 20`, `${track} pause 5 15`])
      .toSorted(),
  );
});

test('one lost in a pause for good leaves the file where the pause began', async () => {
  await using stage = await ReportStage.begin();
  await stage.play(sending(4000), 2000);
  stage.recorder.handlePause(true);
  await stage.play(sending(4000), 4000);
  stage.recorder.handlePause(false);
  await stage.play([], 50_000);
  const { report, durationMs } = await stage.end('holdOver');
  assert.deepEqual(report.gaps, []);
  assert.ok(durationMs > 1950 && durationMs <= 2010, String(durationMs));
});

test('a mute goes on over a pause, and is one before and after it', async () => {
  await using stage = await ReportStage.begin();
  const silence = Uint8Array.of(0xf8);
  const muted = sending(8000).map(
    (one): Delivery =>
      one.kind === 'packet' && one.track === 'audio' && one.atMs > START_MS + 1000
        ? { ...one, packet: { ...one.packet, payload: silence } }
        : one,
  );
  await stage.play(muted, 1000);
  stage.recorder.handleMute(true);
  await playPaused(stage, muted, [[3000, 5000]], 8100);
  const { report } = await stage.end();
  assert.equal(report.verdict, 'complete');
  const [before, pause, after, ...others] = report.gaps.filter(({ track }) => track === 'audio');
  assert.deepEqual([before?.cause, pause?.cause, after?.cause, others], ['mute', 'pause', 'mute', []]);
  assert.deepEqual([before?.endMs, pause?.endMs], [pause?.startMs, after?.startMs]);
});

test('a camera that is off when a pause ends is off, and no part of the pause', async () => {
  await using stage = await ReportStage.begin();
  const left = { video: 0 };
  const off = sending(12_000).flatMap((one): Delivery[] => {
    if (one.kind !== 'packet' || one.track !== 'video') return [one];
    if (one.mediaMs >= 2000 && one.mediaMs < 10_000) {
      left.video += 1;
      return [];
    }
    return [{ ...one, packet: { ...one.packet, sequenceNumber: one.packet.sequenceNumber - left.video } }];
  });
  await playPaused(stage, off, [[3000, 5000]], 12_100);
  const { report } = await stage.end();
  assert.equal(report.verdict, 'complete');
  assert.deepEqual(gapsOf(report, 'video'), ['pause 2977–4977', 'unsent 4977–10007']);
});

test('a pause of more than an hour is filled with silence bit by bit, and all is in its place behind it', async () => {
  await using stage = await ReportStage.begin();
  const hourMs = 4_000_000;
  const deliveries = silentFor(sending(20_000), 3000, hourMs);
  await stage.play(deliveries, 3000);
  stage.recorder.handlePause(true);
  await stage.play(deliveries, 3500);
  stage.time.leap(hourMs);
  await stage.play(deliveries, hourMs + 4000);
  stage.recorder.handlePause(false);
  await stage.play(deliveries, hourMs + 20_100);
  const { report, durationMs } = await stage.end();
  assert.equal(report.verdict, 'complete');
  const { sound, pictures } = await filedIn(stage);
  for (const frames of [sound, pictures]) {
    const after = frames.filter(({ mediaMs }) => mediaMs >= 3000);
    assert.ok(after.length > 0 && after.every(({ mediaMs }) => mediaMs >= 3960));
    for (const { timeMs, mediaMs } of after) assert.ok(Math.abs(timeMs - hourMs - mediaMs - 10) <= 25, `${timeMs}`);
  }
  assert.ok(Math.abs(durationMs - hourMs - 20_000) < 100, String(durationMs));
  const [pause] = report.gaps.filter(({ track }) => track === 'audio');
  assert.ok(pause && Math.abs(pause.lengthMs - hourMs - 1000) < 100, JSON.stringify(pause));
});
