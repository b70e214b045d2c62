/** Senders whose stream changes within a file, or is coded in an uncommon way. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { FileFacts } from '@callreel/synthetic/inspect/file-facts.ts';
import { inspectFile } from '@callreel/synthetic/inspect/inspect-file.ts';
import { splitAnnexB } from '@callreel/synthetic/packetize/h264.ts';
import type { OpusPlan } from '@callreel/synthetic/prepare/encode-sound.ts';
import type { PreparedFrame } from '@callreel/synthetic/prepare/encode-video.ts';
import { type PreparedMedia, prepareMedia } from '@callreel/synthetic/prepare/prepare-media.ts';
import { type FinishedRecording, finishRecording } from './finish.ts';
import { PublicationRecorder } from './publication-recorder.ts';
import type { RecordingSpec } from './recording-spec.ts';
import { type Delivery, deliveriesOf, specOf, VirtualTime } from './virtual-publisher-fixture.ts';

const START_MS = 1000;
const BEEP_HZ = 1000;
const LOOK = { hueDegrees: 60, toneHz: 300, beepHz: BEEP_HZ };

let folder = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'changing-streams-'));
});
after(() => rm(folder, { recursive: true }));

type Recorded = { recording: FinishedRecording; facts: FileFacts };

const record = async (
  tracks: RecordingSpec['tracks'],
  deliveries: readonly Delivery[],
  durationMs: number,
): Promise<Recorded> => {
  const spoolDir = await mkdtemp(join(folder, 'spool-'));
  const spec = specOf(tracks);
  const time = new VirtualTime(START_MS - 100);
  const recorder = new PublicationRecorder({
    ...{ spec, spoolDir, nowMs: time.nowMs, requestKeyFrame: () => {} },
    onError: (error) => assert.fail(error),
  });
  await time.play(recorder, deliveries, START_MS + durationMs + 100);
  await recorder.close('unpublished');
  const recording = await finishRecording(spoolDir, spec.recordingKey);
  assert.ok(recording.kind === 'finished');
  const facts = await inspectFile(recording.path, [{ name: 'caller', beepHz: BEEP_HZ }]);
  assert.equal(facts.video?.decodeErrors ?? 0, 0);
  assert.equal(facts.audio?.decodeErrors ?? 0, 0);
  return { recording, facts };
};

type ParameterSetTypes = { first: number; last: number; typeOf: (nalu: Uint8Array) => number };

const SETS: Record<'H264' | 'H265', ParameterSetTypes> = {
  H264: { first: 7, last: 8, typeOf: (nalu) => (nalu[0] ?? 0) & 0x1f },
  H265: { first: 32, last: 34, typeOf: (nalu) => ((nalu[0] ?? 0) >> 1) & 0x3f },
};

const isSet = (codec: 'H264' | 'H265', nalu: Uint8Array): boolean => {
  const { first, last, typeOf } = SETS[codec];
  return typeOf(nalu) >= first && typeOf(nalu) <= last;
};

/** A sender that sends its parameter sets once and not again. */
const withSetsOnce = (codec: 'H264' | 'H265', frames: readonly PreparedFrame[]): PreparedFrame[] =>
  frames.map((frame, index) => {
    if (index === 0) return frame;
    const kept = splitAnnexB(frame.data).filter((nalu) => !isSet(codec, nalu));
    return { ...frame, data: Uint8Array.from(kept.flatMap((nalu) => [0, 0, 0, 1, ...nalu])) };
  });

const setsOnce = async (codec: 'H264' | 'H265', width: number, height: number): Promise<PreparedMedia> => {
  const media = await prepareMedia({ ...LOOK, durationMs: 2000, videoCodec: codec, audio: true, width, height });
  assert.ok(media.video);
  return { ...media, video: { ...media.video, frames: withSetsOnce(codec, media.video.frames) } };
};

/** The second stream follows on the first, on the same clocks. */
const oneAfterTheOther = (first: PreparedMedia, second: PreparedMedia, withSound: boolean): Delivery[] => {
  const wanted = ({ track }: Delivery): boolean => withSound || track === 'video';
  const early = deliveriesOf(first, { startMs: START_MS, firstTimestamps: { audio: 0, video: 0 } }).filter(wanted);
  const numbers = early.flatMap((one) => (one.kind === 'packet' && one.track === 'video' ? [one.packet] : []));
  const late = deliveriesOf(second, {
    startMs: START_MS + 2000,
    firstTimestamps: { audio: 2000 * 48, video: 2000 * 90 },
    firstSequenceNumber: (numbers.at(-1)?.sequenceNumber ?? 0) + 1,
  });
  // Sound's numbers began elsewhere; its first half is enough.
  return [...early, ...late.filter(({ track }) => track === 'video')];
};

/** How many blocks of the file begin with a parameter set, from the index. */
const keyFramesWithSets = async (codec: 'H264' | 'H265', { path }: FinishedRecording): Promise<[number, number]> => {
  const media = await readFile(path);
  const lines = (await readFile(path.replace(/media$/, 'index'), 'latin1')).split('\n');
  const keys = lines.filter((line) => line.startsWith('v ') && line.endsWith(' k'));
  const starts = keys.map((line) => media.subarray(Number(line.split(' ')[1]) + 4));
  return [keys.length, starts.filter((nalu) => isSet(codec, nalu)).length];
};

for (const codec of ['H264', 'H265'] as const) {
  for (const withSound of [true, false]) {
    test(`${codec} ${withSound ? 'with' : 'without'} sound whose parameter sets change: in .mkv, each key frame with its own`, async () => {
      const [small, large] = [await setsOnce(codec, 320, 180), await setsOnce(codec, 640, 360)];
      const tracks: RecordingSpec['tracks'] = {
        ...(withSound && { audio: { codec: 'opus', channels: 1 } }),
        video: { codec },
      };
      const { recording, facts } = await record(tracks, oneAfterTheOther(small, large, withSound), 4000);
      assert.equal(recording.container, 'mkv');
      const counters = facts.callers.caller?.picture?.readings.map(({ counter }) => counter);
      const half = Array.from({ length: 50 }, (_, index) => index);
      assert.deepEqual(counters, [...half, ...half]);
      const [keyFrames, withSets] = await keyFramesWithSets(codec, recording);
      assert.ok(keyFrames >= 4 && withSets === keyFrames, `${withSets} of ${keyFrames}`);
    });
  }
}

test('H264 whose parameter sets are sent once and never change is an .mp4', async () => {
  const media = await setsOnce('H264', 320, 180);
  const deliveries = deliveriesOf(media, { startMs: START_MS }).filter(({ track }) => track === 'video');
  const { recording, facts } = await record({ video: { codec: 'H264' } }, deliveries, 2000);
  assert.equal(recording.container, 'mp4');
  assert.equal(facts.video?.frameTimesMs.length, 50);
});

const OPUS_KINDS: [name: string, plan: OpusPlan, channels: 1 | 2][] = [
  ['stereo', { channels: 2 }, 2],
  ['stereo in a track that was told to be mono', { channels: 2 }, 1],
  ['mono in a track that was told to be stereo', {}, 2],
  ['three frames a packet', { packetMs: 60 }, 1],
  ['six frames a packet, stereo', { packetMs: 120, channels: 2 }, 2],
  ['forward error correction', { fec: true }, 1],
];

for (const [name, opus, channels] of OPUS_KINDS) {
  test(`Opus with ${name} is whole, in sync, and silence where packets are lost`, async () => {
    const media = await prepareMedia({
      ...LOOK,
      durationMs: 3000,
      videoCodec: 'VP8',
      audio: true,
      opus,
      width: 320,
      height: 180,
    });
    const isLost = (one: Delivery): boolean =>
      one.track === 'audio' && one.kind === 'packet' && one.mediaMs >= 1080 && one.mediaMs < 1560;
    const deliveries = deliveriesOf(media, { startMs: START_MS }).filter((one) => !isLost(one));
    const tracks: RecordingSpec['tracks'] = { audio: { codec: 'opus', channels }, video: { codec: 'VP8' } };
    const { recording, facts } = await record(tracks, deliveries, 3000);
    assert.deepEqual([recording.container, facts.audio?.holes, facts.audio?.channels], ['webm', [], channels]);
    const endMs = facts.audio?.endMs ?? 0;
    assert.ok(Math.abs(endMs - 3000) <= 60, `ends at ${endMs}`);
    const pairs = facts.callers.caller?.sync.pairs ?? [];
    assert.ok(pairs.length >= 2, `${pairs.length} beeps`);
    for (const { offsetMs } of pairs) assert.ok(offsetMs > -40 && offsetMs < 60, `sound is ${offsetMs} ms late`);
  });
}

test('a sender that stops in silence and speaks up every 400 ms (DTX) leaves no hole, and is in sync', async () => {
  const media = await prepareMedia({
    ...LOOK,
    durationMs: 4000,
    videoCodec: 'VP8',
    audio: true,
    width: 320,
    height: 180,
  });
  const speaks = ({ track, kind, ...one }: Delivery): boolean => {
    if (track !== 'audio' || kind !== 'packet' || !('mediaMs' in one)) return true;
    const sinceBeepMs = one.mediaMs % 1000;
    return sinceBeepMs < 60 || sinceBeepMs >= 960 || one.mediaMs % 400 === 0;
  };
  const tracks: RecordingSpec['tracks'] = { audio: { codec: 'opus', channels: 1 }, video: { codec: 'VP8' } };
  const { facts } = await record(tracks, deliveriesOf(media, { startMs: START_MS }).filter(speaks), 4000);
  assert.deepEqual([facts.audio?.packets, facts.audio?.holes], [200, []]);
  const pairs = facts.callers.caller?.sync.pairs ?? [];
  assert.ok(pairs.length >= 3, `${pairs.length} beeps`);
  for (const { offsetMs } of pairs) assert.ok(offsetMs > -40 && offsetMs < 60, `sound is ${offsetMs} ms late`);
});
