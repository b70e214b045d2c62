import type { Cancel, Timers } from '../base/timers.ts';
import type { HoldId } from './life.ts';

/** What a conference waits for: each of its holds, and the end of its own time. Nothing fires once it is cleared. */
export class ConferenceTimers {
  readonly #timers: Timers;
  readonly #holds = new Map<HoldId, Cancel>();
  #end: Cancel | undefined;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  hold(hold: HoldId, delayMs: number, onOver: () => void): void {
    const cancel = this.#timers.after(delayMs, () => {
      this.#holds.delete(hold);
      onOver();
    });
    this.#holds.set(hold, cancel);
  }

  release(hold: HoldId): void {
    this.#holds.get(hold)?.();
    this.#holds.delete(hold);
  }

  /** Takes the place of the end that was set before. */
  setEnd(delayMs: number, onOver: () => void): void {
    this.#end?.();
    this.#end = this.#timers.after(Math.max(0, delayMs), onOver);
  }

  clear(): void {
    this.#end?.();
    for (const cancel of this.#holds.values()) cancel();
    this.#holds.clear();
  }
}
