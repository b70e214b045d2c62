/** VP9 in two spatial layers, recorded on virtual time: browsers show the top one, and so does the merged file. */
import assert from 'node:assert/strict';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { composite } from '@callreel/server/compositor/composite.ts';
import { type FinishedRecording, finishRecording } from '@callreel/server/recorder/finish.ts';
import { PublicationRecorder } from '@callreel/server/recorder/publication-recorder.ts';
import { specOf, VirtualTime } from '@callreel/server/recorder/virtual-publisher-fixture.ts';
import { inspectFile } from '@callreel/synthetic/inspect/inspect-file.ts';
import { packetizeVp9 } from '@callreel/synthetic/packetize/vp9.ts';
import { encodeVideo } from '@callreel/synthetic/prepare/encode-video.ts';
import { span } from '../support/recorded-call.ts';

const FRAMES = 50;
const FRAME_MS = 40;
const START_MS = 1000;
const HUE_DEGREES = 60;
/** The lower layer counts from here: what it shows is told from what the top one does. */
const LOWER_COUNTERS_FROM = 500;

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'layered-vp9-'));
});
after(() => rm(folder, { recursive: true }));

/** Key frames alone, so that two encoders that know nothing of each other make layers of one stream. */
const layer = (width: number, height: number, firstCounter: number): Uint8Array[] => {
  const plan = {
    ...{ codec: 'VP9' as const, width, height, framesPerSecond: 1000 / FRAME_MS, bitsPerSecond: 2_000_000 },
    ...{ keyFrameIntervalMs: FRAME_MS, hueDegrees: HUE_DEGREES, textured: false },
  };
  const counters = Array.from({ length: FRAMES }, (_, index) => firstCounter + index);
  return [...encodeVideo(plan, counters)].map(({ data }) => data);
};

const record = async (): Promise<FinishedRecording> => {
  const spec = specOf({ video: { codec: 'VP9' } });
  const time = new VirtualTime(START_MS - 100);
  const recorder = new PublicationRecorder({
    ...{ spec, spoolDir: folder, nowMs: time.nowMs, requestKeyFrame: () => {} },
    onError: (error) => assert.fail(error),
  });
  const [lower, upper] = [layer(320, 180, LOWER_COUNTERS_FROM), layer(640, 360, 0)];
  let sequenceNumber = 65_500;
  const deliveries = lower.flatMap((base, index) => {
    const payloads = packetizeVp9([base, upper[index] ?? base], { pictureId: index });
    return payloads.map((payload, at) => ({
      ...{ kind: 'packet' as const, track: 'video' as const, mediaMs: index * FRAME_MS },
      atMs: START_MS + index * FRAME_MS,
      packet: {
        ...{ payloadType: 96, ssrc: 2, payload, extension: undefined, marker: at === payloads.length - 1 },
        ...{ sequenceNumber: sequenceNumber++ & 0xffff, timestamp: index * FRAME_MS * 90 },
      },
    }));
  });
  await time.play(recorder, deliveries, START_MS + FRAMES * FRAME_MS + 100);
  await recorder.close('unpublished');
  const recording = await finishRecording(folder, spec.recordingKey);
  assert.ok(recording.kind === 'finished');
  return recording;
};

test('the merged file shows the top layer alone', async () => {
  const recording = await record();
  assert.deepEqual(recording.video, { codec: 'VP9', width: 640, height: 360, frames: FRAMES });
  const path = join(folder, 'layered.webm');
  await rename(recording.path, path);
  const { startMs, endMs } = recording;
  const outputPath = join(folder, 'merged.mp4');
  const source = {
    path,
    label: 'a',
    kind: 'av' as const,
    startMs,
    endMs,
    hasVideo: true,
    hasAudio: false,
    memberId: 'a',
  };
  await composite({ outputPath, width: 1280, height: 720, framesPerSecond: 25, endMs, sources: [source] });
  const facts = await inspectFile(outputPath, [{ name: 'caller', hueDegrees: HUE_DEGREES }]);
  const counters = new Set(facts.callers.caller?.picture?.counters);
  assert.ok(counters.size >= FRAMES - 2, `${counters.size} pictures`);
  assert.deepEqual(
    [...counters].filter((counter) => !span(0, FRAMES - 1).includes(counter)),
    [],
  );
});
