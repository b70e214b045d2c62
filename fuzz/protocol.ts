/** Between the command and the thread that runs the targets. */
import type { TARGETS } from './targets.ts';

export type FuzzOrder = {
  /** Index into the list of targets, and the seed of its first batch. */
  target: keyof typeof TARGETS & number;
  seed: number;
  runs: number;
};

export type FuzzReply =
  | { kind: 'held'; inputs: number }
  | { kind: 'failed'; seed: number; path: string; input: string; why: string };

/** Shared with the thread, so that the command sees what it was doing when it no longer answers. */
export type FuzzScreen = { buffer: SharedArrayBuffer };

/** Of the input as it is shown; more is cut. */
export const SHOWN_BYTES = 64 * 1024;

/** Words in front of it: how many inputs were begun, and how long the one shown is. */
export const SCREEN_WORDS = 2;
export const SCREEN_BYTES = 4 * SCREEN_WORDS + SHOWN_BYTES;
