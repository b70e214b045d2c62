/** What the server process and the compositor's child say to each other. */
import type { PublicationKind } from '@callreel/contract/conference.ts';

/** Milliseconds of conference time; `toMs` is not in it. */
export type Stretch = { fromMs: number; toMs: number };

/** One finished recording that goes into a merged one. Times are milliseconds of conference time. */
export type CompositeSource = {
  /** A local file that holds the recording; its time 0 is `startMs`. */
  path: string;
  /** The name on its tile. */
  label: string;
  kind: PublicationKind;
  startMs: number;
  endMs: number;
  hasVideo: boolean;
  hasAudio: boolean;
  memberId: string;
  /** When its recording was paused: whatever stood last is not shown as if it went on. */
  pauses?: readonly Stretch[];
};

export type CompositeJob = {
  /** Where the merged file appears once it is whole; until then it bears a temporary name beside it. */
  outputPath: string;
  width: 1280;
  height: 720;
  framesPerSecond: 25;
  /** Conference time at which the output ends. It starts at the earliest source's `startMs`. */
  endMs: number;
  sources: CompositeSource[];
};

export type CompositeResult = { durationMs: number; sizeBytes: number; frames: number };

export type CompositorRequest = { kind: 'composite'; job: CompositeJob };
export type CompositorReply = { kind: 'composited'; result: CompositeResult };
/** `percent` is whole and grows from 0 to 100. */
export type CompositorEvent = { kind: 'progress'; percent: number };

/** The name a merged file bears while it is written: whoever ends a job early removes this. */
export const unfinishedPath = (outputPath: string): string => `${outputPath}.partial`;
