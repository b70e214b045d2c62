/** How long to wait before each try to connect again: soon at first, then less and less often, and at once when the network is back. */

const FIRST_MS = 300;
/** Well within the 45 s for which the service holds what was lost. */
const LONGEST_MS = 5_000;

export class Patience {
  #nextMs = FIRST_MS;
  #wake: (() => void) | undefined;

  /** It worked: the next wait is short again. */
  reset(): void {
    this.#nextMs = FIRST_MS;
  }

  /** Resolves when the next try is due. At random, so that those of a large call do not come all at once. */
  async wait(leastMs = 0): Promise<void> {
    const waitMs = Math.max(leastMs, this.#nextMs * (0.5 + Math.random()));
    this.#nextMs = Math.min(LONGEST_MS, this.#nextMs * 2);
    const { promise, resolve } = Promise.withResolvers<void>();
    const goOn = (): void => resolve();
    this.#wake = goOn;
    const timer = setTimeout(goOn, waitMs);
    addEventListener('online', goOn);
    await promise;
    removeEventListener('online', goOn);
    clearTimeout(timer);
  }

  /** Whoever waits goes on. */
  end(): void {
    this.#wake?.();
  }
}
