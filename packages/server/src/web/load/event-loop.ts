/** Whether the process keeps up with what it was given. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 50;
const LOOK_EVERY_MS = 500;
/** Answers take a hundredth of this when all is well; people begin to try again soon after. */
const BEHIND_MS = 400;
/** One look alone may have met a machine that stood still for a moment. */
const LOOKS_IN_A_ROW = 2;

export class EventLoop {
  readonly #delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #timer: NodeJS.Timeout | undefined;
  #looksBehind = 0;
  #delayMs = 0;

  /** The mean delay of events was over 0.4 s, for a second or longer. */
  get isBehind(): boolean {
    return this.#looksBehind >= LOOKS_IN_A_ROW;
  }

  /** By how much events came late, on average, when it was last looked; 0 when all is well. */
  get delayMs(): number {
    return this.#delayMs;
  }

  start(): void {
    this.#delays.enable();
    this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  stop(): void {
    this.#delays.disable();
    clearInterval(this.#timer);
  }

  #look(): void {
    // Without a value, no event came at all between two looks: then the looks themselves are late.
    const meanMs = this.#delays.count > 0 ? this.#delays.mean / 1e6 - RESOLUTION_MS : 0;
    this.#delays.reset();
    this.#delayMs = Math.max(0, meanMs);
    this.#looksBehind = meanMs > BEHIND_MS ? this.#looksBehind + 1 : 0;
  }
}
