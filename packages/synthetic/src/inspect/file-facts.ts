import type { Container } from '@callreel/contract/recording.ts';
import type { SyncFacts } from './pair-events.ts';
import type { PictureFacts } from './picture-track.ts';
import type { Rectangle } from './read-picture.ts';
import type { SoundHole } from './sound-timeline.ts';

/** A caller to look for in a file. */
export type WantedCaller = {
  name: string;
  /** Finds the picture by its background inside a merged one; absent: the picture is the whole frame. */
  hueDegrees?: number;
  /** Where to search, in pixels of the file; absent: everywhere. */
  within?: Rectangle;
  /** Absent: this caller makes no sound. */
  beepHz?: number;
};

export type VideoFacts = {
  codec: string;
  width: number;
  height: number;
  frameTimesMs: number[];
  keyFrameTimesMs: number[];
  decodeErrors: number;
};

export type AudioFacts = {
  codec: string;
  samplesPerSecond: number;
  channels: number;
  packets: number;
  startMs: number;
  endMs: number;
  /** Stretches that the timestamps leave out. Browsers play packets back to back: whatever follows a hole is early by its length. */
  holes: SoundHole[];
  decodeErrors: number;
  /** Decibels relative to full scale. */
  levelDb: number;
};

export type CallerFacts = {
  /** Absent where the file has no video. */
  picture?: PictureFacts;
  /** When each of this caller's beeps begins. */
  beepsMs: number[];
  sync: SyncFacts;
};

/** What is in a file; all times are the file's own, in milliseconds. */
export type FileFacts = {
  container: Container | 'unknown';
  /** mp4 only: the index stands before the media. */
  indexAtFront: boolean | undefined;
  sizeBytes: number;
  /** As the container states it; 0 where it states none. */
  durationMs: number;
  video?: VideoFacts;
  audio?: AudioFacts;
  callers: Record<string, CallerFacts>;
};
