/** Files with real pictures and sound of a synthetic sender, recorded on virtual time, single and merged. */
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { composite } from '@callreel/server/compositor/composite.ts';
import { type FinishedRecording, finishRecording } from '@callreel/server/recorder/finish.ts';
import { PublicationRecorder } from '@callreel/server/recorder/publication-recorder.ts';
import {
  type Delivery,
  deliveriesOf,
  specOf,
  VirtualTime,
} from '@callreel/server/recorder/virtual-publisher-fixture.ts';
import { inspectFile } from '@callreel/synthetic/inspect/inspect-file.ts';
import { muxFixture } from '@callreel/synthetic/inspect/muxed-fixture.ts';
import type { PreparedMedia } from '@callreel/synthetic/prepare/prepare-media.ts';
import { ALICE, mediaOf } from '../support/recorded-call.ts';

export type RealCase = {
  name: string;
  videoCodec: 'VP8' | 'H264';
  /** Of the packets, those that come. */
  comes: (track: 'audio' | 'video', mediaMs: number) => boolean;
};

const REAL_DURATION_MS = 12_000;
const START_MS = 6000.4;
const isHole = (mediaMs: number): boolean => mediaMs >= 3000 && mediaMs < 9000;

export const REAL_CASES: readonly RealCase[] = [
  { name: 'nothing amiss', videoCodec: 'VP8', comes: () => true },
  { name: 'nothing amiss, H264', videoCodec: 'H264', comes: () => true },
  { name: 'muted for 6 s', videoCodec: 'VP8', comes: (track, mediaMs) => track === 'video' || !isHole(mediaMs) },
  { name: 'nothing for 6 s', videoCodec: 'VP8', comes: (_, mediaMs) => !isHole(mediaMs) },
  {
    name: 'the microphone 3 s late',
    videoCodec: 'VP8',
    comes: (track, mediaMs) => track === 'video' || mediaMs >= 3000,
  },
  {
    name: 'the microphone 3 s late, H264',
    videoCodec: 'H264',
    comes: (track, mediaMs) => track === 'video' || mediaMs >= 3000,
  },
];

const recordReal = async (
  { videoCodec, comes }: RealCase,
  media: PreparedMedia,
  spoolDir: string,
): Promise<FinishedRecording> => {
  const spec = specOf({ audio: { codec: 'opus', channels: 1 }, video: { codec: videoCodec } });
  const time = new VirtualTime(START_MS - 500);
  const recorder = new PublicationRecorder({
    spec,
    spoolDir,
    nowMs: time.nowMs,
    requestKeyFrame: () => {},
    onError: (error) => {
      throw error;
    },
  });
  const came = (one: Delivery): boolean => one.kind === 'report' || comes(one.track, one.mediaMs);
  const deliveries = deliveriesOf(media, { startMs: START_MS }).filter(came);
  await time.play(recorder, deliveries, START_MS + REAL_DURATION_MS + 200);
  await recorder.close('unpublished');
  const recording = await finishRecording(spoolDir, spec.recordingKey);
  if (recording.kind === 'empty') throw new Error(`nothing was recorded: ${recording.reason}`);
  return recording;
};

/** The recording by itself, merged as a conference of one. Answers the file's path. */
const mergeReal = async ({ path, startMs, endMs, spec }: FinishedRecording, folder: string): Promise<string> => {
  const outputPath = join(folder, 'merged.mp4');
  const facts = { label: spec.userName, kind: spec.kind, memberId: spec.memberId, hasVideo: true, hasAudio: true };
  const sources = [{ path, startMs, endMs, ...facts }];
  await composite({ outputPath, width: 1280, height: 720, framesPerSecond: 25, endMs, sources });
  return outputPath;
};

/** A file of a case, with when its flashes are and how far each one's beep is off, by the file's timestamps. */
export type RealFile = { name: string; path: string; flashesMs: number[]; offsetsMs: number[] };

const realFile = async (name: string, path: string): Promise<RealFile> => {
  const { callers } = await inspectFile(path, [ALICE]);
  const { picture, sync } = callers.alice ?? {};
  return {
    name,
    path,
    flashesMs: picture?.flashesMs ?? [],
    offsetsMs: sync?.pairs.map(({ offsetMs }) => offsetMs) ?? [],
  };
};

/** What a recorder that leaves holes would have made of `nothing for 6 s`: right by its timestamps, and played with all later sound too early. */
export const makeHoledFile = async (folder: string): Promise<RealFile> => {
  const path = join(folder, 'holed.webm');
  const media = await mediaOf(ALICE, { durationMs: REAL_DURATION_MS, videoCodec: 'VP8', width: 320, height: 180 });
  muxFixture(path, 'webm', media, { leaveOut: isHole });
  return realFile('holed', path);
};

/** For each case a recording and its merge, in `folder`; and the same media put into a file by FFmpeg, whose sync is exact. */
export const makeRealFiles = async (
  cases: readonly RealCase[],
  folder: string,
): Promise<{ reference: RealFile; files: RealFile[] }> => {
  const plan = { durationMs: REAL_DURATION_MS, width: 320, height: 180 };
  const media = {
    VP8: await mediaOf(ALICE, { ...plan, videoCodec: 'VP8' }),
    H264: await mediaOf(ALICE, { ...plan, videoCodec: 'H264' }),
  };
  const reference = join(folder, 'reference.webm');
  muxFixture(reference, 'webm', media.VP8);
  const files: RealFile[] = [];
  for (const one of cases) {
    const spoolDir = await mkdtemp(join(folder, 'spool-'));
    const recording = await recordReal(one, media[one.videoCodec], spoolDir);
    files.push(await realFile(one.name, recording.path));
    files.push(await realFile(`${one.name}, merged`, await mergeReal(recording, spoolDir)));
  }
  return { reference: await realFile('exact', reference), files };
};
