/**
 * What forwarding gives up where the process has no time for all: recording goes on. First what is large, then pictures altogether, which
 * is nine in ten of the packets; sound last.
 */

/** `small`: of each picture the smallest source in its lowest temporal layer. `soundOnly`: no picture. */
export type Shed = 'nothing' | 'small' | 'soundOnly';

const STEPS: readonly Shed[] = ['nothing', 'small', 'soundOnly'];

const WINDOW_MS = 500;
/** Of the event loop's time: packets begin to wait. New publications are refused long before (`ProcessLoad`). */
const BUSY = 0.95;
const AT_EASE = 0.8;
/** Long enough that a burst passes; a step down shows within a window, a step up may be too much again. */
const BUSY_WINDOWS = 4;
const EASY_WINDOWS = 8;

export class Shedding {
  readonly #takeUtilization: () => number;
  #windowStartMs: number;
  #step = 0;
  #busy = 0;
  #easy = 0;

  /** `takeUtilization`: the share of time in which the event loop was at work since the last call, 0 to 1. */
  constructor(takeUtilization: () => number, nowMs: number) {
    this.#takeUtilization = takeUtilization;
    this.#windowStartMs = nowMs;
  }

  get shed(): Shed {
    return STEPS[this.#step] ?? 'nothing';
  }

  /** Call it often. */
  tick(nowMs: number): void {
    if (nowMs - this.#windowStartMs < WINDOW_MS) return;
    this.#windowStartMs = nowMs;
    const utilization = this.#takeUtilization();
    this.#busy = utilization >= BUSY ? this.#busy + 1 : 0;
    this.#easy = utilization < AT_EASE ? this.#easy + 1 : 0;
    if (this.#busy >= BUSY_WINDOWS) this.#move(1);
    else if (this.#easy >= EASY_WINDOWS) this.#move(-1);
  }

  #move(by: 1 | -1): void {
    this.#step = Math.min(STEPS.length - 1, Math.max(0, this.#step + by));
    this.#busy = 0;
    this.#easy = 0;
  }
}
