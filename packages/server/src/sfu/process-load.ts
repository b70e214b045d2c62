/** Whether this media process can take one more publication without harm to those that it has. */

import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import process from 'node:process';

/** The share of time in which the event loop was at work, 0 to 1, since the last call. */
export type TakeUtilization = () => number;

/**
 * Work this small is not ours: the loop counts the time too in which the thread waits for a processor that others have. One that shares a
 * processor with the decrypting threads of many publications computes for at least a third of the time when it is at its limit.
 */
const LEAST_COMPUTING = 0.4;

/** Of this thread, from now on: its start, which is all work, tells nothing of what it receives. */
export const loopUtilization = (): TakeUtilization => {
  let last: EventLoopUtilization = performance.eventLoopUtilization();
  let lastCpu = process.threadCpuUsage();
  return () => {
    const [before, cpuBefore] = [last, lastCpu];
    last = performance.eventLoopUtilization();
    lastCpu = process.threadCpuUsage();
    const { utilization, active, idle } = performance.eventLoopUtilization(last, before);
    const computedMs = (lastCpu.user + lastCpu.system - cpuBefore.user - cpuBefore.system) / 1000;
    return Math.min(utilization, computedMs / ((active + idle) * LEAST_COMPUTING));
  };
};

/** Beyond it a burst of key frames or a collection of garbage makes packets wait. */
const FULL = 0.8;
/** Long enough that a moment's work is no reason to refuse, short enough to see a publication that has just begun to send. */
const WINDOW_MS = 4000;
/**
 * Of the loop's time, for 720p at 220 packets a second: 1.2 CPU-s of the main thread per 100k packets (`npm run bench -- record`). What was
 * opened within a window does not show in the measure yet.
 */
const EXPECTED_SHARE = 0.0027;

export class ProcessLoad {
  readonly #takeUtilization: TakeUtilization;
  #measured = 0;
  #windowStartMs: number;
  /** When each of the publications was opened that the measure does not show yet. */
  #opened: number[] = [];

  constructor(takeUtilization: TakeUtilization, nowMs: number) {
    this.#takeUtilization = takeUtilization;
    this.#windowStartMs = nowMs;
  }

  /** The loop's share of time, 0 to 1 and above, with what is about to come. */
  get share(): number {
    return this.#measured + this.#opened.length * EXPECTED_SHARE;
  }

  get isFull(): boolean {
    return this.share >= FULL;
  }

  handleOpened(nowMs: number): void {
    this.#opened.push(nowMs);
  }

  /** Call it often. */
  tick(nowMs: number): void {
    if (nowMs - this.#windowStartMs < WINDOW_MS) return;
    // Those opened within this window may have sent for a part of it only.
    this.#opened = this.#opened.filter((openedMs) => openedMs > this.#windowStartMs);
    this.#windowStartMs = nowMs;
    this.#measured = this.#takeUtilization();
  }
}
