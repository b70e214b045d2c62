/**
 * A change of the mapping that moved the file's time. `slew`: in small, by at most 20 ms a second; in the first 15 s 100 while above 60 ms. `step`: at once. `restart`: the
 * track's own timestamps jumped, and were joined to what was before by arrival.
 */
export type ClockStep = {
  kind: 'slew' | 'step' | 'restart';
  /** Local time at which it began. */
  atMs: number;
  /** How much later (or, below zero, earlier) what follows comes than it would have; of a restart, than the last answer. */
  byMs: number;
};

const SLEW_PER_MS = 0.02;
/**
 * In a timeline's first 15 s what is further off than ears and eyes put up with goes faster: a sender whose encoder holds pictures back for
 * 200 ms may report 3 s late. Later corrections may be a clock that was stepped, which its tracks tell one after the other.
 */
const FAST_SLEW_PER_MS = 0.1;
const NOTICEABLE_MS = 60;
const FAST_UNTIL_MS = 15_000;
const STEP_ABOVE_MS = 500;
/** Smaller corrections are the ordinary work of the envelope and go unreported. */
const REPORTED_SLEW_MS = 20;
const SLEW_DONE_MS = 1;
/** How far behind the newest answer an older media time may be answered. */
const MAX_LOOK_BACK_MS = 1000;
/** For a caller that never takes them. */
const MAX_STEPS = 256;

/**
 * Follows a target that changes as more becomes known, without going back: a difference up to 500 ms is worked off at 20 ms a
 * second of media (in the first 15 s 100 while it is above 60 ms), a larger one at once. A step back in time holds the last answer until the target has caught up,
 * so for its length all media bears one time.
 */
export class Slew {
  #mediaMs: number | undefined;
  #beganMs = 0;
  #localMs = -Infinity;
  #holding = false;
  #slewing = false;
  #steps: ClockStep[] = [];

  /** The newest answer; undefined before the first. */
  get localMs(): number | undefined {
    return this.#localMs === -Infinity ? undefined : this.#localMs;
  }

  /** The time for `mediaMs`, which by what is known now should be `targetMs`. */
  follow(mediaMs: number, targetMs: number): number {
    if (this.#mediaMs === undefined) return this.#begin(mediaMs, targetMs);
    const elapsedMs = mediaMs - this.#mediaMs;
    if (elapsedMs <= 0) return this.#localMs + Math.max(elapsedMs, -MAX_LOOK_BACK_MS);
    this.#mediaMs = mediaMs;
    this.#localMs = Math.max(this.#localMs, targetMs + this.#remainingError(elapsedMs, targetMs));
    this.#holding &&= targetMs < this.#localMs;
    return this.#localMs;
  }

  /** The media time is another timeline's from now on: its first answer is its target, but never before the last answer. */
  restart(): void {
    this.#mediaMs = undefined;
    this.#holding = false;
    this.#slewing = false;
  }

  /** The changes since the last call. */
  takeSteps(): ClockStep[] {
    const steps = this.#steps;
    this.#steps = [];
    return steps;
  }

  #begin(mediaMs: number, targetMs: number): number {
    this.#mediaMs = mediaMs;
    this.#beganMs = mediaMs;
    if (this.#localMs !== -Infinity) this.#note('restart', targetMs - this.#localMs);
    this.#holding = targetMs < this.#localMs;
    this.#localMs = Math.max(this.#localMs, targetMs);
    return this.#localMs;
  }

  /** How far from the target to stay for now. */
  #remainingError(elapsedMs: number, targetMs: number): number {
    if (this.#holding) return 0;
    // The target is a line of slope 1 within 1000 ppm, so it says what the last answer should have been.
    const errorMs = this.#localMs - (targetMs - elapsedMs);
    if (Math.abs(errorMs) > STEP_ABOVE_MS) {
      this.#holding = errorMs > 0;
      this.#slewing = false;
      this.#note('step', -errorMs);
      return 0;
    }
    this.#noteSlew(errorMs);
    const isFast = Math.abs(errorMs) > NOTICEABLE_MS && (this.#mediaMs ?? 0) - this.#beganMs < FAST_UNTIL_MS;
    const perMs = isFast ? FAST_SLEW_PER_MS : SLEW_PER_MS;
    return Math.sign(errorMs) * Math.max(0, Math.abs(errorMs) - perMs * elapsedMs);
  }

  #noteSlew(errorMs: number): void {
    if (Math.abs(errorMs) < SLEW_DONE_MS) this.#slewing = false;
    if (this.#slewing || Math.abs(errorMs) < REPORTED_SLEW_MS) return;
    this.#slewing = true;
    this.#note('slew', -errorMs);
  }

  #note(kind: ClockStep['kind'], byMs: number): void {
    this.#steps.push({ kind, atMs: this.#localMs, byMs });
    if (this.#steps.length > MAX_STEPS) this.#steps.shift();
  }
}
