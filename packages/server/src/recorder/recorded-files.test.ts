/** Real media, packetised on virtual time, through the recorder to finished files that are decoded again. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { VIDEO_CODEC_NAMES, type VideoCodecName } from '@callreel/contract/conference.ts';
import type { FileFacts } from '@callreel/synthetic/inspect/file-facts.ts';
import { inspectFile } from '@callreel/synthetic/inspect/inspect-file.ts';
import { type PreparedMedia, prepareMedia } from '@callreel/synthetic/prepare/prepare-media.ts';
import { type FinishedRecording, finishRecording } from './finish.ts';
import { PublicationRecorder } from './publication-recorder.ts';
import type { RecordingSpec } from './recording-spec.ts';
import { type Delivery, deliveriesOf, type SendingOptions, specOf, VirtualTime } from './virtual-publisher-fixture.ts';

const BEEP_HZ = 1000;
const START_MS = 6000.4;
const ZERO_MS = 1000.25;
const DURATION_MS = 4000;

const PLAN = {
  durationMs: DURATION_MS,
  audio: true,
  hueDegrees: 60,
  toneHz: 300,
  beepHz: BEEP_HZ,
  width: 320,
  height: 180,
};

let folder = '';
const media: Partial<Record<VideoCodecName, PreparedMedia>> = {};

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recorded-files-'));
  for (const videoCodec of VIDEO_CODEC_NAMES) media[videoCodec] = await prepareMedia({ ...PLAN, videoCodec });
});
after(() => rm(folder, { recursive: true }));

type Session = {
  recorder: PublicationRecorder;
  time: VirtualTime;
  spoolDir: string;
  spec: RecordingSpec;
  keyFrameRequests: () => number;
};

const begin = async (tracks: RecordingSpec['tracks']): Promise<Session> => {
  const spoolDir = await mkdtemp(join(folder, 'spool-'));
  const spec = specOf(tracks, ZERO_MS);
  const time = new VirtualTime(START_MS - 500);
  let requests = 0;
  const recorder = new PublicationRecorder({
    spec,
    spoolDir,
    nowMs: time.nowMs,
    requestKeyFrame: () => requests++,
    onError: (error) => assert.fail(error),
  });
  return { recorder, time, spoolDir, spec, keyFrameRequests: () => requests };
};

type Finished = { recording: FinishedRecording; facts: FileFacts };

const end = async ({ recorder, spoolDir, spec }: Session, reason = 'unpublished'): Promise<Finished> => {
  await recorder.close(reason);
  const recording = await finishRecording(spoolDir, spec.recordingKey);
  assert.ok(recording.kind === 'finished');
  const facts = await inspectFile(recording.path, [{ name: 'caller', beepHz: BEEP_HZ }]);
  assert.equal(facts.container, recording.container);
  assert.equal(facts.sizeBytes, recording.sizeBytes);
  assert.equal(facts.durationMs, recording.durationMs);
  assert.equal(facts.video?.decodeErrors ?? 0, 0);
  assert.equal(facts.audio?.decodeErrors ?? 0, 0);
  assert.deepEqual(facts.audio?.holes ?? [], []);
  return { recording, facts };
};

const AUDIO = { audio: { codec: 'opus', channels: 1 } } as const;
const tracksOf = (codec: VideoCodecName | undefined, hasAudio: boolean): RecordingSpec['tracks'] => ({
  ...(hasAudio && AUDIO),
  ...(codec && { video: { codec } }),
});

const prepared = (codec: VideoCodecName): PreparedMedia => media[codec] ?? assert.fail('not prepared');

const sending = (codec: VideoCodecName, options: Partial<SendingOptions> = {}): Delivery[] =>
  deliveriesOf(prepared(codec), { startMs: START_MS, ...options });

const record = async (
  tracks: RecordingSpec['tracks'],
  deliveries: Delivery[],
  untilMs = START_MS + DURATION_MS + 100,
): Promise<Finished & { session: Session }> => {
  const session = await begin(tracks);
  await session.time.play(session.recorder, deliveries, untilMs);
  return { ...(await end(session)), session };
};

const assertInSync = (facts: FileFacts, leastPairs: number): void => {
  const pairs = facts.callers.caller?.sync.pairs ?? [];
  assert.ok(pairs.length >= leastPairs, `${pairs.length} pairs`);
  for (const { offsetMs } of pairs) assert.ok(offsetMs > -40 && offsetMs < 60, `sound is ${offsetMs} ms late`);
};

const COMBINATIONS = [
  ['VP8', true, 'webm'],
  ['VP8', false, 'webm'],
  [undefined, true, 'webm'],
  ['H264', false, 'mp4'],
  ['H264', true, 'mkv'],
  ['VP9', true, 'webm'],
  ['VP9', false, 'webm'],
  ['AV1', true, 'webm'],
  ['AV1', false, 'webm'],
  ['H265', true, 'mkv'],
  ['H265', false, 'mkv'],
] as const;

for (const [codec, hasAudio, container] of COMBINATIONS) {
  test(`${codec ?? 'no picture'} ${hasAudio ? 'with' : 'without'} sound ends as .${container}, whole and in sync`, async () => {
    const { recording, facts } = await record(tracksOf(codec, hasAudio), sending(codec ?? 'VP8'));
    assert.equal(recording.container, container);
    const frames = codec ? prepared(codec).video?.frames.length : undefined;
    assert.equal(recording.video?.frames, frames);
    assert.equal(facts.video?.frameTimesMs.length, frames);
    assert.deepEqual(
      facts.callers.caller?.picture?.counters,
      codec && Array.from({ length: frames ?? 0 }, (_, index) => index),
    );
    assert.equal(facts.audio?.packets, hasAudio ? DURATION_MS / 20 : undefined);
    if (codec && hasAudio) assertInSync(facts, 3);
    assert.ok(Math.abs(recording.durationMs - DURATION_MS) <= 40, String(recording.durationMs));
    assert.ok(Math.abs(recording.startMs - (START_MS + 30 - ZERO_MS)) <= 30, String(recording.startMs));
    assert.equal(recording.endMs, recording.startMs + recording.durationMs);
    assert.equal(recording.startedAtWallMs - recording.startMs, recording.spec.conferenceZeroWallMs);
  });
}

for (const codec of ['PCMU', 'PCMA'] as const) {
  test(`${codec} with VP8 ends as .mkv, with silence for what was lost, in sync`, async () => {
    const sound = await prepareMedia({ ...PLAN, videoCodec: null, audioCodec: codec });
    const call: PreparedMedia = { ...prepared('VP8'), ...(sound.audio && { audio: sound.audio }) };
    const isLost = (one: Delivery): boolean =>
      one.track === 'audio' && one.kind === 'packet' && one.mediaMs >= 1200 && one.mediaMs < 2600;
    const deliveries = deliveriesOf(call, { startMs: START_MS }).filter((one) => !isLost(one));
    const { recording, facts } = await record({ audio: { codec, channels: 1 }, video: { codec: 'VP8' } }, deliveries);
    assert.deepEqual([recording.container, recording.audio?.codec], ['mkv', codec]);
    assert.equal(facts.audio?.packets, DURATION_MS / 20);
    assert.equal(facts.audio?.samplesPerSecond, 8000);
    assertInSync(facts, 2);
  });
}

test('a call of one second is a whole file', async () => {
  const short = sending('VP8').filter(({ atMs }) => atMs < START_MS + 1000);
  const { recording, facts } = await record(tracksOf('VP8', true), short, START_MS + 1000);
  assert.equal(facts.video?.frameTimesMs.length, 25);
  assert.ok(recording.durationMs >= 950 && recording.durationMs <= 1040, String(recording.durationMs));
});

test('pictures come in at the first key frame, and it is asked for; sound before them is kept', async () => {
  const late = sending('VP8').filter((one) => one.track === 'audio' || one.kind === 'report' || one.mediaMs >= 480);
  const { facts, session } = await record(tracksOf('VP8', true), late);
  assert.equal(facts.callers.caller?.picture?.counters[0], 25);
  assert.equal(facts.audio?.packets, DURATION_MS / 20);
  assert.ok(session.keyFrameRequests() >= 1);
  assertInSync(facts, 2);
});

test('sound that begins after the pictures is in its place', async () => {
  const { facts } = await record(tracksOf('VP8', true), sending('VP8', { soundShiftMs: 2000 }), START_MS + 6100);
  assertInSync(facts, 1);
});

test('muted and lost sound is silence, and later sound stays at its time', async () => {
  const isMuted = (one: Delivery): boolean =>
    one.track === 'audio' &&
    one.kind === 'packet' &&
    ((one.mediaMs >= 1200 && one.mediaMs < 2600) || one.mediaMs % 700 === 20);
  const { facts } = await record(
    tracksOf('VP8', true),
    sending('VP8').filter((one) => !isMuted(one)),
  );
  assert.equal(facts.audio?.packets, DURATION_MS / 20);
  assertInSync(facts, 2);
});

test('a shaking path without sender reports gives a file in sync all the same', async () => {
  const transitMs = (_: unknown, mediaMs: number): number => 40 + ((mediaMs * 7919) % 90);
  const { facts } = await record(tracksOf('VP8', true), sending('VP8', { transitMs, reports: false }));
  assert.equal(facts.callers.caller?.picture?.counters.length, 100);
  assertInSync(facts, 3);
});

test('lost pictures are left out until a key frame, which is asked for', async () => {
  const isLost = (one: Delivery): boolean => one.track === 'video' && one.kind === 'packet' && one.mediaMs === 1200;
  const { facts, session } = await record(
    tracksOf('VP8', false),
    sending('VP8').filter((one) => !isLost(one)),
  );
  const counters = facts.callers.caller?.picture?.counters ?? [];
  assert.deepEqual(
    counters.filter((counter) => counter >= 30 && counter < 50),
    [],
  );
  assert.equal(counters.length, 80);
  assert.ok(session.keyFrameRequests() >= 2);
});

for (const [codec, container] of [
  ['VP8', 'webm'],
  ['H264', 'mkv'],
  ['VP9', 'webm'],
  ['AV1', 'webm'],
  ['H265', 'mkv'],
] as const) {
  test(`a ${codec} sender that changes its picture's size in the middle gives one .${container}`, async () => {
    const first = sending(codec).filter(({ track, atMs }) => track === 'video' && atMs < START_MS + 2000);
    const packets = first.flatMap((one) => (one.kind === 'packet' ? [one.packet] : []));
    const larger = await prepareMedia({
      durationMs: 1000,
      videoCodec: codec,
      audio: false,
      hueDegrees: 60,
      toneHz: 300,
      beepHz: BEEP_HZ,
    });
    const [start, last] = [packets[0], packets.at(-1)];
    assert.ok(start && last);
    const second = deliveriesOf(larger, {
      startMs: START_MS + 2000,
      firstTimestamps: { audio: 0, video: start.timestamp + 2000 * 90 },
      firstSequenceNumber: last.sequenceNumber + 1,
    });
    const both = [...first, ...second.filter(({ track }) => track === 'video')];
    const { recording, facts } = await record(tracksOf(codec, false), both, START_MS + 3100);
    assert.equal(recording.container, container);
    assert.deepEqual(
      facts.video?.frameTimesMs,
      Array.from({ length: 75 }, (_, index) => 40 * index),
    );
    assert.deepEqual(
      facts.callers.caller?.picture?.readings.map(({ counter }) => counter).slice(48, 52),
      [48, 49, 0, 1],
    );
  });
}

test('a resumed publication goes on in the same file, with silence for the hole', async () => {
  const session = await begin(tracksOf('VP8', true));
  const first = sending('VP8').filter(({ atMs }) => atMs < START_MS + 2000);
  await session.time.play(session.recorder, first, START_MS + 9000);
  session.recorder.resume('newConnection');
  const resumed = sending('VP8', {
    startMs: START_MS + 9000,
    firstTimestamps: { audio: 5, video: 77 },
    firstSequenceNumber: 900,
  });
  await session.time.play(session.recorder, resumed, START_MS + 13_100);
  const { facts, recording } = await end(session);
  assert.ok(Math.abs(recording.durationMs - 13_000) < 60, String(recording.durationMs));
  assert.equal(facts.video?.frameTimesMs.length, 50 + 100);
  assertInSync(facts, 4);
});

test('a publication that is held and not resumed ends with its last packet', async () => {
  const { recording } = await record(tracksOf('VP8', true), sending('VP8'), START_MS + 49_000);
  assert.ok(Math.abs(recording.durationMs - DURATION_MS) <= 40, String(recording.durationMs));
});

test('closing twice is closing once', async () => {
  const session = await begin(tracksOf('VP8', true));
  await session.time.play(session.recorder, sending('VP8'), START_MS + 1000);
  await Promise.all([session.recorder.close('first'), session.recorder.close('second')]);
  session.recorder.tick(START_MS + 2000);
  session.recorder.resume('newConnection');
  const manifest: unknown = JSON.parse(
    await readFile(join(session.spoolDir, session.spec.recordingKey, 'manifest.json'), 'utf8'),
  );
  assert.partialDeepStrictEqual(manifest, { state: 'ended', reason: 'first', startMs: 5023 });
});
