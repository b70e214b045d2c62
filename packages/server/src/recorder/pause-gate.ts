/**
 * What of one track goes into the file where the recording is paused: nothing that came meanwhile, and nothing that was taken meanwhile and
 * came later. What had come when the pause began goes in, though it may still wait for packets before it; what was on its way then does not.
 */

export type PauseGateOptions = {
  /** A pause begins, and is over, for this track: in order with what is let in. Milliseconds of the monotonic clock. */
  onPause: (atMs: number) => void;
  onGoOn: (atMs: number) => void;
};

type Pause = { fromMs: number; untilMs: number; told: 'nothing' | 'pause' | 'both' };

export class PauseGate {
  readonly #options: PauseGateOptions;
  /** Those that frames may yet fall into. */
  #pauses: Pause[] = [];
  #newestArrivalMs = Number.NEGATIVE_INFINITY;

  constructor(options: PauseGateOptions) {
    this.#options = options;
  }

  /** Where one begins while another lasts, that one goes on. */
  pause(atMs: number): void {
    if (this.#pauses.at(-1)?.untilMs !== Number.POSITIVE_INFINITY)
      this.#pauses.push({ fromMs: atMs, untilMs: Number.POSITIVE_INFINITY, told: 'nothing' });
  }

  goOn(atMs: number): void {
    const last = this.#pauses.at(-1);
    if (last?.untilMs === Number.POSITIVE_INFINITY) last.untilMs = atMs;
  }

  /** Takes frames in the order in which they were sent: when they had come, and when they were taken. */
  admits(arrivalMs: number, takenMs: number): boolean {
    this.#newestArrivalMs = Math.max(this.#newestArrivalMs, arrivalMs);
    for (let pause = this.#pauses[0]; pause !== undefined; pause = this.#pauses[0]) {
      this.#tell(pause, this.#newestArrivalMs);
      if (pause.told === 'nothing') return true;
      if (Math.min(arrivalMs, takenMs) < pause.untilMs) return false;
      this.#pauses.shift();
    }
    return true;
  }

  /** Of a track that brings nothing: all that came until then has been seen. */
  advance(untilMs: number): void {
    for (const pause of this.#pauses) this.#tell(pause, untilMs);
  }

  #tell(pause: Pause, reachedMs: number): void {
    if (pause.told === 'nothing' && reachedMs > pause.fromMs) {
      pause.told = 'pause';
      this.#options.onPause(pause.fromMs);
    }
    if (pause.told === 'pause' && reachedMs >= pause.untilMs) {
      pause.told = 'both';
      this.#options.onGoOn(pause.untilMs);
    }
  }
}
