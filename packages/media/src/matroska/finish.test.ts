import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Block } from './block.ts';
import { dataOf, findAll, readBlocks, readElements, unsignedOf } from './element-reader-fixture.ts';
import { type ExpectedTracks, type FinishPlan, FinishPlanner } from './finish.ts';
import { SEGMENT_DATA_OFFSET, type VideoTrack } from './header.ts';
import { IndexReader } from './index-reader.ts';
import { type LiveRecording, type RecordingPart, recordLive } from './live-recording-fixture.ts';

const VP8: VideoTrack = { codec: 'VP8', width: 640, height: 360, codecPrivate: undefined };
const H264: VideoTrack = { codec: 'H264', width: 640, height: 360, codecPrivate: Uint8Array.of(1, 66, 0, 30) };

const video = (timeMs: number, keyFrame = false): Block => ({
  kind: 'video',
  timeMs,
  keyFrame,
  data: new Uint8Array(20).fill(7),
});
const audio = (timeMs: number): Block => ({ kind: 'audio', timeMs, durationMs: 20, data: new Uint8Array(9) });

const planOf = ({ index }: LiveRecording, expected: ExpectedTracks): FinishPlan => {
  const planner = new FinishPlanner(expected);
  for (const { line } of new IndexReader().push(index)) planner.push(line);
  const plan = planner.plan();
  assert.ok(plan);
  return plan;
};

const carryOut = ({ media }: LiveRecording, plan: FinishPlan): Uint8Array => {
  const file = new Uint8Array(plan.sizeBytes);
  file.set(media.subarray(0, plan.framesEnd));
  file.set(plan.append, plan.framesEnd);
  for (const { offset, bytes } of plan.patches) file.set(bytes, offset);
  return file;
};

const BOTH: ExpectedTracks = { audio: { codec: 'opus', channels: 1 }, video: 'VP8' };
const h264 = (hasAudio: boolean): ExpectedTracks => ({
  audio: hasAudio ? { codec: 'opus', channels: 1 } : undefined,
  video: 'H264',
});

const CALL: RecordingPart[] = [
  { blocks: [audio(7), audio(27)] },
  { blocks: [video(30, true), audio(47), video(63)], picture: VP8 },
  { blocks: [video(1500, true), audio(1527)] },
  { blocks: [video(7000, true), audio(7007)] },
];

test('a finished WebM has its sizes, its duration, and cues that point at the key frames', () => {
  const live = recordLive(CALL, 7000);
  const plan = planOf(live, BOTH);
  const file = carryOut(live, plan);
  const elements = readElements(file);
  const segment = elements[1];
  assert.equal(segment?.end, file.length);
  const clusters = findAll(elements, 0x1f43b675);
  const blocks = readBlocks(file, elements);
  const cues = findAll(elements, 0xbb).map((cue) => {
    const value = (id: number) => findAll([cue], id).map((found) => unsignedOf(file, found))[0] ?? Number.NaN;
    const cluster = clusters.find(({ offset }) => offset === value(0xf1) + SEGMENT_DATA_OFFSET);
    return { timeMs: value(0xb3), track: value(0xf7), block: (cluster?.dataOffset ?? Number.NaN) + value(0xf0) };
  });
  const keyFrames = blocks.filter(({ track, keyFrame }) => track === 1 && keyFrame);
  assert.deepEqual(
    cues,
    keyFrames.map(({ timeMs, offset }) => ({ timeMs, track: 1, block: offset })),
  );
  const seekPositions = findAll(elements, 0x53ac).map((found) => unsignedOf(file, found) + SEGMENT_DATA_OFFSET);
  const seekIds = findAll(elements, 0x53ab).map((found) => Buffer.from(dataOf(file, found)).readUInt32BE());
  assert.deepEqual(
    seekPositions.map((position) => Buffer.from(file).readUInt32BE(position)),
    seekIds,
  );
  assert.equal(plan.startMs, -40);
});

test('a recording whose writer was killed comes out as one that was closed', () => {
  const closed = recordLive(CALL, 7000);
  const killed = recordLive(CALL);
  assert.notDeepEqual(killed.media, closed.media);
  assert.deepEqual(carryOut(killed, planOf(killed, BOTH)), carryOut(closed, planOf(closed, BOTH)));
});

test('what is in it decides the container', () => {
  const other = { ...H264, codecPrivate: Uint8Array.of(1, 66, 0, 31) };
  const pictures = { blocks: [video(0, true), video(40)], picture: H264 };
  const sound = { blocks: [audio(47)] };
  const container = (parts: RecordingPart[], expected: ExpectedTracks) => planOf(recordLive(parts), expected).container;
  assert.equal(container(CALL, BOTH), 'webm');
  assert.equal(container([{ blocks: [video(0, true)], picture: VP8 }], BOTH), 'webm');
  assert.equal(container([sound], BOTH), 'webm');
  assert.equal(container([sound], h264(true)), 'webm');
  assert.equal(container([pictures], h264(false)), 'mp4');
  assert.equal(container([pictures], h264(true)), 'mp4');
  assert.equal(container([pictures, sound], h264(true)), 'mkv');
  assert.equal(container([pictures, { blocks: [video(80, true)], picture: other }], h264(false)), 'mkv');
  assert.equal(container([pictures, { blocks: [video(80, true)], picture: H264 }], h264(false)), 'mp4');
});

test('a track without a frame is not in the finished file', () => {
  const live = recordLive([{ blocks: [audio(7)] }]);
  const plan = planOf(live, BOTH);
  assert.equal(plan.video, undefined);
  const trackTypes = findAll(readElements(carryOut(live, plan)), 0x83);
  assert.equal(trackTypes.length, 1);
});

test('the last picture stands as long as the one before it, a lone one for a moment, and all to the end', () => {
  const durationOf = (blocks: Block[], endMs?: number) =>
    planOf(recordLive([{ blocks, picture: VP8 }], endMs), BOTH).durationMs;
  assert.equal(durationOf([video(0, true), video(33)]), 66);
  assert.equal(durationOf([video(0, true)]), 40);
  assert.equal(durationOf([video(0, true), video(9000)]), 10_000);
  assert.equal(durationOf([video(0, true), video(33)], 5000), 5000);
  assert.equal(durationOf([video(0, true), video(33)], 20), 66);
  assert.equal(durationOf([video(0, true), audio(57)]), 77);
});

test('nothing written is nothing to finish', () => {
  assert.equal(new FinishPlanner(BOTH).plan(), undefined);
});

test('sound alone can be sought too', () => {
  const live = recordLive([{ blocks: Array.from({ length: 600 }, (_, index) => audio(7 + 20 * index)) }]);
  const file = carryOut(live, planOf(live, BOTH));
  const times = findAll(readElements(file), 0xb3).map((found) => unsignedOf(file, found));
  assert.deepEqual(times, [7, 5007, 10_007]);
});

test('H264 alone whose pictures are not sent as they are shown is a .mkv, as long as the last one shown', () => {
  const times = [0, 120, 40, 80, 240, 160, 200];
  const blocks = times.map((timeMs) => video(timeMs, timeMs === 0));
  const plan = planOf(recordLive([{ blocks, picture: H264 }], 0), h264(false));
  assert.deepEqual([plan.container, plan.durationMs], ['mkv', 280]);
});
