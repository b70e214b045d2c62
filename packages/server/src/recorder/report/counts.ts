/** What only the one who records can know: counted while it goes on, kept in the manifest, and gone with a crash since the last keeping. */
import type {
  ClockChange,
  LayerEntry,
  LeftOut,
  LeftOutReason,
  PacketCounts,
  RecordingReport,
  VerdictReason,
} from '@callreel/contract/recording-report.ts';
import type { ClockStep } from '@callreel/media/clock/slew.ts';
import type { TrackKind } from '../recording-spec.ts';

export type TrackTally = { packets: PacketCounts; leftOut: LeftOut; clockChanges: ClockChange[] };

/** Times are those of the file. */
export type Counts = {
  countedUpToMs: number;
  silentMs: number;
  tracks: Record<TrackKind, TrackTally>;
  keyFrameRequests: number;
  layers: LayerEntry[];
  largestOffset: RecordingReport['largestOffset'];
  /** What was seen that makes the recording suspect. */
  suspicions: VerdictReason[];
};

const MAX_CHANGES = 64;

export const noTally = (): TrackTally => ({
  packets: { received: 0, lost: 0, recovered: 0, missing: 0 },
  leftOut: {},
  clockChanges: [],
});

export const countLeftOut = (leftOut: LeftOut, reason: LeftOutReason, count = 1): void => {
  leftOut[reason] = (leftOut[reason] ?? 0) + count;
};

/** The first ones are kept: a clock that never comes to rest is known by them. */
export const noteClockSteps = (changes: ClockChange[], steps: readonly ClockStep[], zeroMs: number): void => {
  for (const { kind, atMs, byMs } of steps) {
    if (changes.length < MAX_CHANGES) changes.push({ kind, atMs: Math.round(atMs - zeroMs), byMs: Math.round(byMs) });
  }
};

/** What a manifest's report says of such; for a recording that has none: nothing was counted. */
export const countsIn = (report: RecordingReport | undefined): Counts => ({
  countedUpToMs: report?.countedUpToMs ?? 0,
  silentMs: report?.audio?.silentMs ?? 0,
  tracks: { audio: report?.audio ?? noTally(), video: report?.video ?? noTally() },
  keyFrameRequests: report?.video?.keyFrameRequests ?? 0,
  layers: report?.video?.layers ?? [],
  largestOffset: report?.largestOffset,
  suspicions: (report?.reasons ?? []).filter((reason) => reason !== 'mediaMissing'),
});
