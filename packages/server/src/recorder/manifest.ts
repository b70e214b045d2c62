/** `manifest.json`: whose recording it is and how far it got. Replaced in one step, so that a reader sees the old or the new one. */
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AUDIO_CODEC_NAMES,
  type AudioCodecName,
  VIDEO_CODEC_NAMES,
  type VideoCodecName,
} from '@callreel/contract/conference.ts';
import type { Container } from '@callreel/contract/recording.ts';
import { RecordingReport } from '@callreel/contract/recording-report.ts';
import { Value } from 'typebox/value';
import type { RecordingSpec } from './recording-spec.ts';

/** What came in, decodable or not. */
export type ReceivedCounts = { audioPackets: number; videoPackets: number };

/** What a finished file holds; times in milliseconds. */
export type RecordingFacts = {
  container: Container;
  sizeBytes: number;
  durationMs: number;
  /** Conference time of the file's time 0. */
  startMs: number;
  endMs: number;
  startedAtWallMs: number;
  endedAtWallMs: number;
  video?: { codec: VideoCodecName; width: number; height: number; frames: number };
  audio?: { codec: AudioCodecName };
};

export type FinishResult = { kind: 'finished'; facts: RecordingFacts } | { kind: 'empty'; reason: string };

export type RecordingState =
  | { state: 'recording' }
  /** All bytes are written. */
  | { state: 'ended'; reason: string; received: ReceivedCounts }
  | { state: 'finished'; result: FinishResult };

export type Manifest = RecordingState & {
  version: 1;
  spec: RecordingSpec;
  /** Conference time of the file's time 0; absent until the first frame is written. */
  startMs?: number;
  /** Conference time since which it is paused; absent where it is not. */
  pausedAtMs?: number;
  /** How complete it is; while it is being written, of the last seconds' standing. Absent until the first frame is written. */
  report?: RecordingReport;
};

const MANIFEST_FILE = 'manifest.json';
const VERSION = 1;

/** Durable when it resolves. */
export const writeManifest = async (folder: string, manifest: Manifest): Promise<void> => {
  const path = join(folder, MANIFEST_FILE);
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(manifest, null, 2)}\n`);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
};

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** What a state brings with it. */
const STATE_PARTS: Readonly<Record<RecordingState['state'], (manifest: Record<string, unknown>) => boolean>> = {
  recording: () => true,
  ended: ({ received }) => isObject(received),
  finished: ({ result }) =>
    isObject(result) && (result.kind === 'empty' || (result.kind === 'finished' && isObject(result.facts))),
};

const areTracks = (value: unknown): boolean => {
  if (!isObject(value)) return false;
  const { audio, video } = value;
  const isSound = (track: Record<string, unknown>): boolean =>
    (track.channels === 1 || track.channels === 2) && AUDIO_CODEC_NAMES.some((name) => name === track.codec);
  const soundFits = audio === undefined || (isObject(audio) && isSound(audio));
  return (
    soundFits && (video === undefined || (isObject(video) && VIDEO_CODEC_NAMES.some((name) => name === video.codec)))
  );
};

/** It is our own file, but disks and hands alter files: one that is broken must be told as such, and not end the repair of others. */
const isManifest = (value: unknown): value is Manifest => {
  if (!isObject(value) || value.version !== VERSION || !isObject(value.spec) || !areTracks(value.spec.tracks))
    return false;
  const { state } = value;
  if (typeof state !== 'string' || !Object.hasOwn(STATE_PARTS, state)) return false;
  return STATE_PARTS[state as RecordingState['state']](value);
};

/** Undefined where there is none. @throws SyntaxError where it is not a manifest of ours */
export const readManifest = async (folder: string): Promise<Manifest | undefined> => {
  const text = await readFile(join(folder, MANIFEST_FILE), 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const manifest: unknown = JSON.parse(text);
  if (!isManifest(manifest)) throw new SyntaxError(`manifest of version ${VERSION} wanted`);
  // It only tells of the recording: a broken one is no reason not to finish it.
  if (manifest.report !== undefined && !Value.Check(RecordingReport, manifest.report)) delete manifest.report;
  return manifest;
};
