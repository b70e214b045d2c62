/** The report of a recording that is over, from its index and from what its manifest said last. */
import type { GapCause } from '@callreel/contract/gap-cause.ts';
import type { RecordingReport, VerdictReason } from '@callreel/contract/recording-report.ts';
import type { TrackKind } from '../recording-spec.ts';
import { countsIn } from './counts.ts';
import { makeReport } from './make-report.ts';
import { Presence } from './presence.ts';

/**
 * How its writing came to an end. `closed`: in order. `crash`: its writer was killed. `diskFailed`: the disk took no more. `damaged`: it was
 * closed, and is not any more what it was then.
 */
export type WritingEnd = 'closed' | 'crash' | 'diskFailed' | 'damaged';

export type EndedRecording = {
  tracks: readonly TrackKind[];
  /** The finished file's. */
  durationMs: number;
  presence: Presence;
  report: RecordingReport | undefined;
  writingEnd: WritingEnd;
  /** When its writer last wrote, milliseconds of the file. */
  lastWrittenMs: number | undefined;
  /** Since when it was paused, as far as its manifest came to say so. */
  pausedAtMs?: number | undefined;
};

/** What is received is on disk 650 ms later; who wrote nothing for longer had nothing to write. */
const LONGEST_UNWRITTEN_MS = 2000;
/** A track that ends so long before the other was not cut off with it. */
const LEAST_UNSENT_MS = 2000;
/** A last picture stands for a while. */
const LAST_FRAME_MS = 40;
/** What had come when a pause began may be placed a little behind that. */
const PAUSE_TOLERANCE_MS = 100;

const CAUSES = { crash: 'crash', diskFailed: 'disk', damaged: 'disk' } as const satisfies Record<string, GapCause>;

export const completeReport = (ended: EndedRecording): RecordingReport => {
  const { tracks, durationMs, presence, report, writingEnd } = ended;
  const counts = countsIn(report);
  if (writingEnd === 'closed') {
    const told = report?.video?.frames ?? presence.frames;
    const reasons: VerdictReason[] = told === presence.frames ? [] : ['lengthsDisagree'];
    return makeReport({ tracks, durationMs, presence, counts, ended: report?.ended, reasons });
  }
  const endMs = knownEndMs(ended);
  // What was told of in the manifest may not have come to the disk.
  counts.layers = counts.layers.filter(({ atMs }) => atMs <= durationMs);
  presence.gaps.clip(durationMs);
  if (!endsPaused(ended)) for (const track of tracks) addLastGaps(ended, track, CAUSES[writingEnd], endMs);
  return makeReport({ tracks, durationMs: endMs, presence, counts, reasons: [writingEnd] });
};

/** For a finished recording whose report cannot be read any more: nothing is known of what it lacks. */
export const lostReport = (tracks: readonly TrackKind[], durationMs: number): RecordingReport =>
  makeReport({ tracks, durationMs, presence: new Presence(), counts: countsIn(undefined), reasons: ['damaged'] });

/** What came last was not written, or only in part; of a writer that was silent for long nothing is known. */
const knownEndMs = (ended: EndedRecording): number => {
  const { durationMs, lastWrittenMs = durationMs } = ended;
  if (endsPaused(ended)) return durationMs;
  const unwrittenMs = lastWrittenMs - durationMs;
  return unwrittenMs > 0 && unwrittenMs <= LONGEST_UNWRITTEN_MS ? Math.round(lastWrittenMs) : durationMs;
};

/** Its writer had nothing to write: the file ends where the pause begins. */
const endsPaused = ({ pausedAtMs, durationMs }: EndedRecording): boolean =>
  pausedAtMs !== undefined && durationMs <= pausedAtMs + PAUSE_TOLERANCE_MS;

const addLastGaps = (
  { durationMs, presence }: EndedRecording,
  track: TrackKind,
  cause: GapCause,
  endMs: number,
): void => {
  const toldMs = presence.gaps.endMs(track);
  const frameEndMs = presence.endMs[track] ?? 0;
  const lastMs = Math.max(toldMs, Math.min(track === 'video' ? frameEndMs + LAST_FRAME_MS : frameEndMs, durationMs));
  const isUnsent = durationMs - lastMs > LEAST_UNSENT_MS;
  const cutMs = Math.round(isUnsent ? durationMs : lastMs);
  if (isUnsent) presence.gaps.add({ track, cause: 'unsent', startMs: Math.round(lastMs), endMs: cutMs });
  presence.gaps.add({ track, cause, startMs: cutMs, endMs });
};
