/** Packets captured of other makers' senders (capture.ts), received and recorded again on virtual time. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { rtcpPackets } from '@callreel/media/rtcp/compound.ts';
import { parseSenderReportRequest } from '@callreel/media/rtcp/sender-report-request.ts';
import type { FileFacts } from '@callreel/synthetic/inspect/file-facts.ts';
import { inspectFile } from '@callreel/synthetic/inspect/inspect-file.ts';
import { ALICE, SYNC_BOUNDS_MS, span } from '../support/recorded-call.ts';
import { decodeCapture } from './captured.ts';
import { type Replayed, replay } from './replay.ts';

let folder = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'callreel-captured-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const record = async (name: string): Promise<Replayed & { facts: FileFacts }> => {
  const file = await readFile(new URL(`../fixtures/senders/${name}.packets`, import.meta.url));
  const replayed = await replay(decodeCapture(file), ['VP8', 'H264'], folder);
  const facts = await inspectFile(replayed.recording.path, [ALICE]);
  await rm(join(folder, replayed.recording.spec.recordingKey), { recursive: true });
  assert.equal(facts.container, replayed.recording.container);
  assert.deepEqual([facts.video?.decodeErrors, facts.audio?.decodeErrors], [0, 0]);
  assert.deepEqual(facts.audio?.holes, []);
  return { ...replayed, facts };
};

/** ALICE's five seconds: pictures in the order of showing, 40 ms apart, but for the end, where a sender hurries or leaves some out. */
const FRAMES = 120;
const assertWhole = ({ callers, video }: FileFacts): void => {
  const shown = callers.alice?.picture?.readings.map(({ counter }) => counter) ?? [];
  assert.deepEqual(shown.slice(0, FRAMES), span(0, FRAMES - 1));
  const times = video?.frameTimesMs.slice(0, 100) ?? [];
  for (const [index, timeMs] of times.entries()) assert.ok(Math.abs(timeMs - (times[0] ?? 0) - 40 * index) <= 2);
};

const offsetsOf = ({ callers }: FileFacts): number[] => callers.alice?.sync.pairs.map(({ offsetMs }) => offsetMs) ?? [];

const assertInSync = (facts: FileFacts): void => {
  const offsets = offsetsOf(facts);
  assert.ok(offsets.length >= 3, `${offsets.length} pairs`);
  for (const offsetMs of offsets) {
    assert.ok(offsetMs > SYNC_BOUNDS_MS.early && offsetMs < SYNC_BOUNDS_MS.late, `sound is ${offsetMs} ms late`);
  }
};

test('Firefox: VP8 and stereo, whole', async () => {
  const { facts } = await record('firefox');
  assert.equal(facts.container, 'webm');
  assert.deepEqual([facts.video?.codec, facts.video?.frameTimesMs.length, facts.audio?.channels], ['vp8', 75, 2]);
  assert.ok(Math.abs(facts.durationMs - 4990) < 60, `${facts.durationMs} ms`);
});

test('GStreamer, H264 as OBS encodes it, payload types of its own', async () => {
  const { facts, feedback } = await record('gstreamer');
  assert.deepEqual([facts.container, facts.video?.codec], ['mkv', 'h264']);
  assertWhole(facts);
  assertInSync(facts);
  // It would never send again.
  const requests = feedback.flatMap((bytes) =>
    [...rtcpPackets(bytes)].flatMap((one) => parseSenderReportRequest(one) ?? []),
  );
  assert.deepEqual(requests, []);
});

test('GStreamer, H264 with B pictures: shown in their order and in sync, though its encoder holds them back for 200 ms', async () => {
  const { facts } = await record('gstreamer-b-pictures');
  assert.equal(facts.container, 'mkv');
  assertWhole(facts);
  assertInSync(facts);
});

test("GStreamer whose reports say that media time runs twice as fast: the file's own time does not", async () => {
  const { facts } = await record('gstreamer-wrong-reports');
  assertWhole(facts);
  assert.ok(Math.abs(facts.durationMs - 5000) < 150, `${facts.durationMs} ms`);
  // One such report speaks for itself until three agree, and its encoder's delay is in nothing else that it says.
  const offsets = offsetsOf(facts);
  assert.ok(offsets.length >= 3 && offsets.every((offsetMs) => Math.abs(offsetMs) < 250), offsets.join(' '));
});

test("FFmpeg's WHIP muxer: H264 without B pictures", async () => {
  const { facts } = await record('ffmpeg');
  assert.deepEqual([facts.container, facts.video?.codec], ['mkv', 'h264']);
  assertWhole(facts);
  assertInSync(facts);
});
