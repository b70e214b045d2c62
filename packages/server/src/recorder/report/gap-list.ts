/** The gaps of a recording, however many: in order, the number of entries bounded, their sum exact. */
import type { GapCause } from '@callreel/contract/gap-cause.ts';
import type { Gap } from '@callreel/contract/recording-report.ts';
import type { TrackKind } from '../recording-spec.ts';

/** A stretch of one track without media, in milliseconds of one clock. */
export type GapSpan = { track: TrackKind; cause: GapCause; startMs: number; endMs: number };

/** Of each track. An hour of a very bad call has some thousands; a report of this many takes 30 kB. */
const MAX_GAPS = 128;

export class GapList {
  readonly #maxGaps: number;
  readonly #gaps: Record<TrackKind, Gap[]> = { audio: [], video: [] };

  constructor(maxGaps = MAX_GAPS) {
    this.#maxGaps = maxGaps;
  }

  /** Spans of one track come in order and do not overlap. One that goes on where the last ended, for the same cause, is part of it. */
  add({ track, cause, startMs, endMs }: GapSpan): void {
    const gaps = this.#gaps[track];
    const last = gaps.at(-1);
    const lengthMs = endMs - startMs;
    if (lengthMs <= 0) return;
    if (last?.cause === cause && last.endMs === startMs) {
      last.endMs = endMs;
      last.lengthMs += lengthMs;
      return;
    }
    gaps.push({ track, cause, startMs, lengthMs, endMs, count: 1 });
    if (gaps.length > this.#maxGaps) this.#gaps[track] = mergedPairs(gaps);
  }

  /** Forgets what lies behind the file's end: the frames around it are lost. */
  clip(endMs: number): void {
    for (const gaps of Object.values(this.#gaps)) {
      while ((gaps.at(-1)?.startMs ?? 0) >= endMs && gaps.length > 0) gaps.pop();
      const last = gaps.at(-1);
      if (last === undefined || last.endMs <= endMs || last.count > 1) continue;
      last.endMs = endMs;
      last.lengthMs = endMs - last.startMs;
    }
  }

  /** Where the track's last gap ends. */
  endMs(track: TrackKind): number {
    return this.#gaps[track].at(-1)?.endMs ?? 0;
  }

  totalMs(track: TrackKind): number {
    return this.#gaps[track].reduce((sum, { lengthMs }) => sum + lengthMs, 0);
  }

  /** Copies, in order of their start. */
  all(): Gap[] {
    return [...this.#gaps.audio, ...this.#gaps.video].map((gap) => ({ ...gap })).sort((a, b) => a.startMs - b.startMs);
  }
}

/** Each two neighbours of one cause become one: half as many, or a few more. */
const mergedPairs = (gaps: readonly Gap[]): Gap[] => {
  const merged: Gap[] = [];
  const open = new Map<GapCause, Gap>();
  for (const gap of gaps) {
    const before = open.get(gap.cause);
    if (before === undefined) {
      open.set(gap.cause, gap);
      merged.push(gap);
      continue;
    }
    before.endMs = gap.endMs;
    before.lengthMs += gap.lengthMs;
    before.count += gap.count;
    open.delete(gap.cause);
  }
  return merged;
};
