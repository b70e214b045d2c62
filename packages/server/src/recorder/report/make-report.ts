/** Puts a report together. What each verdict means is written down in docs/formats/recording.md. */
import { isLoss } from '@callreel/contract/gap-cause.ts';
import {
  type ClockChange,
  type RecordingReport,
  VERDICT_REASONS,
  type Verdict,
  type VerdictReason,
} from '@callreel/contract/recording-report.ts';
import type { TrackKind } from '../recording-spec.ts';
import type { Counts } from './counts.ts';
import type { Presence } from './presence.ts';

export type ReportParts = {
  tracks: readonly TrackKind[];
  durationMs: number;
  presence: Presence;
  counts: Counts;
  ended?: string | undefined;
  /** Beside those that follow from the other parts. */
  reasons?: readonly VerdictReason[];
};

/** The gravest of the verdicts that the reasons belong to. */
const GRAVEST_FIRST: readonly Verdict[] = ['truncated', 'suspect', 'gaps'];

/** Reasons why the publication went on behind the file's end, or may have. */
const CUT_SHORT: Readonly<Record<string, VerdictReason>> = {
  orphaned: 'crash',
  shutdown: 'serviceStopped',
  serverStopped: 'serviceStopped',
  failed: 'recorderFailed',
};

/** More than a clock's mapping is ever corrected by while all is well. */
const OUT_OF_SYNC_MS = 150;
/** A pause of the sender's clock is a step; a clock that goes back, or never comes to rest, is none to trust. */
const MOST_STEPS = 3;

export const makeReport = (parts: ReportParts): RecordingReport => {
  const { tracks, presence, counts, ended } = parts;
  const reasons = reasonsOf(parts);
  return {
    verdict: verdictOf(reasons),
    reasons,
    ...(ended !== undefined && { ended }),
    countedUpToMs: Math.round(counts.countedUpToMs),
    ...(tracks.includes('audio') && { audio: { ...trackOf(parts, 'audio'), silentMs: Math.round(counts.silentMs) } }),
    ...(tracks.includes('video') && { video: { ...trackOf(parts, 'video'), ...picturesOf(parts) } }),
    gaps: presence.gaps.all(),
    ...(counts.largestOffset && { largestOffset: counts.largestOffset }),
  };
};

const trackOf = ({ durationMs, presence, counts }: ReportParts, track: TrackKind) => {
  const { packets, leftOut, clockChanges } = counts.tracks[track];
  const expectedMs = Math.round(durationMs);
  return { expectedMs, presentMs: expectedMs - presence.gaps.totalMs(track), packets, leftOut, clockChanges };
};

const picturesOf = ({ presence, counts }: ReportParts) => ({
  frames: presence.frames,
  keyFrameRequests: counts.keyFrameRequests,
  sizes: presence.sizes,
  layers: counts.layers,
});

const reasonsOf = ({ presence, counts, ended, reasons = [] }: ReportParts): VerdictReason[] => {
  const cutShort = ended === undefined ? undefined : CUT_SHORT[ended];
  const found = new Set([...reasons, ...counts.suspicions, ...(cutShort ? [cutShort] : [])]);
  if (Math.abs(counts.largestOffset?.ms ?? 0) > OUT_OF_SYNC_MS) found.add('outOfSync');
  if (Object.values(counts.tracks).some(({ clockChanges }) => isUnsteady(clockChanges))) found.add('clockStepped');
  if (presence.gaps.all().some(({ cause }) => isLoss(cause))) found.add('mediaMissing');
  return (Object.keys(VERDICT_REASONS) as VerdictReason[]).filter((reason) => found.has(reason));
};

const isUnsteady = (changes: readonly ClockChange[]): boolean => {
  const steps = changes.filter(({ kind }) => kind === 'step');
  return steps.length > MOST_STEPS || steps.some(({ byMs }) => byMs < 0);
};

const verdictOf = (reasons: readonly VerdictReason[]): Verdict =>
  GRAVEST_FIRST.find((verdict) => reasons.some((reason) => VERDICT_REASONS[reason] === verdict)) ?? 'complete';
