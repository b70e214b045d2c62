/** So many calls a second for each of many callers, in bounded memory. */

export type Allowance = {
  perSecond: number;
  /** How many may come at once, after a pause. At least 1. */
  burst: number;
};

export type Verdict = {
  allowed: boolean;
  /** How many more may come at this moment. */
  remaining: number;
  /** Until the next one may come; 0 where one may now. */
  waitMs: number;
  /** Until as many may come at once as ever. */
  fullMs: number;
};

/** About 15 MB of keys and times: whoever was not heard of for longest is forgotten first. */
const MOST_CALLERS = 100_000;

/**
 * The generic cell rate algorithm (ITU-T I.371): of each caller one number is kept, the moment at which he will have used up nothing.
 * Unlike a counter in windows it has no edge at which twice as much passes.
 */
export class Allowances {
  /** Ordered by when each was last heard of. */
  readonly #cleanAtMs = new Map<string, number>();
  readonly #nowMs: () => number;
  readonly #mostCallers: number;

  constructor(nowMs: () => number, mostCallers = MOST_CALLERS) {
    this.#nowMs = nowMs;
    this.#mostCallers = mostCallers;
  }

  /** Counts a call of `key`, unless it is one too many. */
  take(key: string, allowance: Allowance): Verdict {
    const spacingMs = 1000 / allowance.perSecond;
    const now = this.#nowMs();
    const cleanAt = Math.max(this.#cleanAtMs.get(key) ?? 0, now) + spacingMs;
    const excessMs = cleanAt - now - allowance.burst * spacingMs;
    const allowed = excessMs <= SLACK_MS;
    const usedMs = (allowed ? cleanAt : cleanAt - spacingMs) - now;
    if (allowed) this.#remember(key, cleanAt);
    return {
      allowed,
      remaining: Math.max(0, Math.floor(allowance.burst - usedMs / spacingMs + SLACK_MS)),
      waitMs: allowed ? 0 : excessMs,
      fullMs: usedMs,
    };
  }

  /**
   * Counts a call in any case, and tells how long it has to wait for its turn. After `longestMs` of such calls no more are counted.
   */
  delayOf(key: string, { perSecond, burst }: Allowance, longestMs: number): number {
    const spacingMs = 1000 / perSecond;
    const now = this.#nowMs();
    const latest = now + burst * spacingMs + longestMs;
    const cleanAt = Math.min(Math.max(this.#cleanAtMs.get(key) ?? 0, now) + spacingMs, latest);
    this.#remember(key, cleanAt);
    return Math.max(0, cleanAt - now - burst * spacingMs);
  }

  /** Takes back one that was counted. */
  giveBack(key: string, { perSecond }: Allowance): void {
    const cleanAt = this.#cleanAtMs.get(key);
    if (cleanAt !== undefined) this.#cleanAtMs.set(key, cleanAt - 1000 / perSecond);
  }

  /** How many callers are remembered. */
  get size(): number {
    return this.#cleanAtMs.size;
  }

  #remember(key: string, cleanAt: number): void {
    this.#cleanAtMs.delete(key);
    this.#cleanAtMs.set(key, cleanAt);
    if (this.#cleanAtMs.size <= this.#mostCallers) return;
    const [longestSilent] = this.#cleanAtMs.keys();
    if (longestSilent !== undefined) this.#cleanAtMs.delete(longestSilent);
  }
}

/** Sums of fractions of a second: the last call of a burst must not fail by their error. */
const SLACK_MS = 1e-6;
