/** Where a recording's pictures are, and why they are not where they are not. All times are milliseconds of one clock. */
import type { GapCause } from '@callreel/contract/gap-cause.ts';
import { Evidence, type Missing } from './evidence.ts';
import type { TakeGap } from './take-gap.ts';

/** A still screen may come once a second; who sends none for longer sends nothing. */
const LONGEST_STILL_MS = 2000;
/** A track that begins this little after the file does begins with it. */
const LEAST_LEAD_MS = 100;
/** Packets were lost and the next picture is this much later than usual: there was one between. */
const LATE_SHARE = 1.5;
const FIRST_USUAL_MS = 40;
const LONGEST_USUAL_MS = 1000;
/** The weight of the newest interval. */
const USUAL_WEIGHT = 1 / 8;
const SETTLED_MS = 3000;

export class PictureLedger {
  readonly #takeGap: TakeGap;
  readonly #evidence = new Evidence();
  #lastMs: number | undefined;
  /** Up to here a hole that is open is told of already. */
  #toldUntilMs: number | undefined;
  #zeroMs: number | undefined;
  /** When the last pause began. */
  #restsFromMs = Number.POSITIVE_INFINITY;
  #rests = false;
  #usualMs = FIRST_USUAL_MS;

  constructor(takeGap: TakeGap) {
    this.#takeGap = takeGap;
  }

  /** The file begins. Comes first. */
  begin(zeroMs: number): void {
    this.#zeroMs = zeroMs;
  }

  noteDisk(): void {
    this.#evidence.noteDisk();
  }

  noteDisconnect(): void {
    this.#evidence.noteDisconnect();
  }

  noteReturn(atMs: number): void {
    this.#evidence.noteReturn(atMs);
  }

  /** The recording rests from here on. */
  pause(atMs: number): void {
    this.#restsFromMs = atMs;
    this.#rests = true;
    this.#close(atMs, true);
    this.#toldUntilMs = Math.max(this.#toldUntilMs ?? atMs, atMs);
    this.#evidence.notePause(atMs);
  }

  /** And goes on; comes after `pause`. */
  goOn(atMs: number): void {
    const startMs = this.#toldUntilMs ?? atMs;
    this.#rests = false;
    this.#evidence.noteGoingOn(atMs);
    this.#toldUntilMs = Math.max(startMs, atMs);
    // The file begins only then: nothing of it is missing.
    if (this.#restsFromMs <= (this.#zeroMs ?? 0)) this.#toldUntilMs = undefined;
    else if (startMs < atMs) this.#takeGap('pause', startMs, atMs);
  }

  /** What was missing since the last picture. */
  noteMissing(missing: Missing): void {
    this.#evidence.note(missing);
  }

  place(atMs: number): void {
    const lastMs = this.#lastMs;
    this.#close(atMs, false);
    if (lastMs !== undefined && this.#evidence.frames === 0 && this.#toldUntilMs === undefined) {
      const intervalMs = Math.min(Math.max(atMs - lastMs, 0), LONGEST_USUAL_MS);
      this.#usualMs += (intervalMs - this.#usualMs) * USUAL_WEIGHT;
    }
    this.#lastMs = Math.max(atMs, lastMs ?? atMs);
    this.#toldUntilMs = undefined;
    this.#evidence.clear();
  }

  /** Tells of what is open for long, so that a crash does not take the knowledge with it. */
  checkpoint(nowMs: number): void {
    if (this.#rests) return;
    this.#close(this.#evidence.certainUntilMs(nowMs - SETTLED_MS, LONGEST_STILL_MS), true);
  }

  /** The file ends. */
  end(endMs: number): void {
    this.#close(endMs, true);
  }

  /** `isOpen`: no picture stands at `untilMs`. */
  #close(untilMs: number, isOpen: boolean): void {
    const startMs = this.#toldUntilMs ?? this.#holeStartMs(untilMs);
    if (startMs === undefined || startMs >= untilMs) return;
    this.#evidence.settlePause(untilMs);
    const backMs = this.#evidence.takeDisconnectEnd(untilMs, LONGEST_STILL_MS);
    if (backMs !== undefined) {
      if (backMs > startMs) this.#takeGap('disconnect', startMs, backMs);
      this.#toldUntilMs = Math.max(startMs, backMs);
      this.#close(untilMs, isOpen);
      return;
    }
    const cause = this.#evidence.causeOf(untilMs - startMs);
    if (this.#toldUntilMs === undefined && !this.#isHole(cause, untilMs)) return;
    this.#takeGap(cause ?? 'unsent', startMs, untilMs);
    if (isOpen) this.#toldUntilMs = untilMs;
  }

  /** The last picture stands for as long as they usually do, and with pictures known to be missing for no more than its share. */
  #holeStartMs(untilMs: number): number | undefined {
    const lastMs = this.#lastMs;
    if (lastMs === undefined) return this.#zeroMs;
    return lastMs + Math.min(this.#usualMs, (untilMs - lastMs) / (this.#evidence.frames + 1));
  }

  #isHole(cause: GapCause | undefined, untilMs: number): boolean {
    const isLead = cause === 'pause' && this.#lastMs === undefined;
    return cause === undefined || isLead ? this.#isUnsent(untilMs) : this.#isLate(untilMs);
  }

  #isUnsent(untilMs: number): boolean {
    const longestMs = this.#lastMs === undefined ? LEAST_LEAD_MS : LONGEST_STILL_MS;
    return untilMs - (this.#lastMs ?? this.#zeroMs ?? untilMs) > longestMs;
  }

  /** Packets that were lost may have been padding; frames left out were pictures. */
  #isLate(untilMs: number): boolean {
    if (this.#evidence.frames > 0 || this.#lastMs === undefined) return true;
    return untilMs - this.#lastMs > LATE_SHARE * this.#usualMs;
  }
}
