import type { GapCause } from '@callreel/contract/gap-cause.ts';

/** Told of each stretch without media when its end is known; they come in order and do not overlap. */
export type TakeGap = (cause: GapCause, startMs: number, endMs: number) => void;
