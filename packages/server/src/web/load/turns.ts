/**
 * Whose call is worked on next. A few at a time for all, fewer for one tenant; those who wait are taken tenant by tenant, and a tenant's
 * address by address. While others call, a tenant has no more than his share of the event loop. So a thousand calls of one delay another's
 * by little more than those of his that are being worked on.
 */
import type { LoopShares, Share, Worker } from './loop-shares.ts';
import { Presence } from './presence.ts';

/** A tenant's calls of one kind do not wait behind those of another. */
export type CallKind =
  /** Someone waits to be in a call, or leaves one. */
  'live' | 'other';

export type TurnLimits = {
  mostAtOnce: number;
  /** Of one tenant and kind. */
  mostOfOne: number;
  /** From one address. */
  mostWaiting: number;
  longestWaitMs: number;
  /** A call that takes longer waits for something else than us, and gives its turn on. */
  longestTurnMs: number;
  /** A tenant who did not call for so long is none whom others could delay. */
  presentMs: number;
  shares: Readonly<Record<CallKind, Share>>;
};

export type TurnsOptions = {
  limits: TurnLimits;
  shares: LoopShares;
  /** Monotonic milliseconds. */
  nowMs: () => number;
};

export type Caller = { tenant: string; address: string; kind: CallKind };

/** Gives the turn on. Harmless when it is called again. */
export type Release = () => void;

type Waiting = { start: (release: Release) => void; timer: NodeJS.Timeout };

/** One tenant's calls of one kind. In `waiting`, what was taken from goes to the end: the first address is whose turn is next. */
type Lane = Worker & { tenant: string; waiting: Map<string, Waiting[]> };

export class Turns {
  readonly #options: TurnsOptions;
  /** Those where someone waits; the first is whose turn is next. */
  readonly #waiting = new Map<string, Lane>();
  readonly #running = new Map<string, Lane>();
  readonly #presence = new Presence();
  #runningCount = 0;
  #wake: NodeJS.Timeout | undefined;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /** Resolves when it is the caller's turn; `undefined` where that takes too long. */
  take(caller: Caller): Promise<Release | undefined> {
    const { limits, nowMs } = this.#options;
    this.#presence.note(caller.tenant, nowMs());
    const lane = this.#laneOf(caller);
    const line = lane.waiting.get(caller.address) ?? [];
    if (line.length >= limits.mostWaiting) return Promise.resolve(undefined);
    this.#waiting.set(lane.key, lane);
    lane.waiting.set(caller.address, line);
    return new Promise((resolve) => {
      const giveUp = () => {
        line.splice(line.indexOf(waiting), 1);
        if (line.length === 0) lane.waiting.delete(caller.address);
        if (lane.waiting.size === 0) this.#waiting.delete(lane.key);
        resolve(undefined);
      };
      const waiting: Waiting = { start: resolve, timer: setTimeout(giveUp, limits.longestWaitMs).unref() };
      line.push(waiting);
      this.#startNext();
    });
  }

  /** How many lanes there are: none when nobody runs or waits. */
  get lanes(): number {
    return new Set([...this.#waiting.keys(), ...this.#running.keys()]).size;
  }

  #laneOf({ tenant, kind }: Caller): Lane {
    const key = `${kind} ${tenant}`;
    const share = this.#options.limits.shares[kind];
    return this.#waiting.get(key) ?? this.#running.get(key) ?? { key, tenant, share, running: 0, waiting: new Map() };
  }

  /** The loop meets those again that it moves to the end, until all turns are taken or nobody waits who may start. */
  #startNext(): void {
    const { limits } = this.#options;
    let soonestMs = Number.POSITIVE_INFINITY;
    for (const lane of this.#waiting.values()) {
      if (this.#runningCount >= limits.mostAtOnce) return;
      if (lane.running >= limits.mostOfOne) continue;
      const waitMs = this.#waitMs(lane);
      if (waitMs > 0) soonestMs = Math.min(soonestMs, waitMs);
      else this.#startFirstOf(lane);
    }
    if (Number.isFinite(soonestMs)) this.#wakeIn(soonestMs);
  }

  /** Until the tenant is within his share, while there are others. */
  #waitMs(lane: Lane): number {
    const { nowMs, limits, shares } = this.#options;
    return this.#presence.hasOther(lane.tenant, nowMs() - limits.presentMs) ? shares.waitMs(lane) : 0;
  }

  #wakeIn(ms: number): void {
    clearTimeout(this.#wake);
    this.#wake = setTimeout(() => this.#startNext(), Math.ceil(ms)).unref();
  }

  #startFirstOf(lane: Lane): void {
    const next = takeFirst(lane.waiting);
    this.#waiting.delete(lane.key);
    if (lane.waiting.size > 0) this.#waiting.set(lane.key, lane);
    if (next === undefined) return;
    clearTimeout(next.timer);
    this.#count(lane, 1);
    next.start(this.#releaseOf(lane));
  }

  #releaseOf(lane: Lane): Release {
    let held = true;
    const release = (): void => {
      if (!held) return;
      held = false;
      clearTimeout(limit);
      this.#count(lane, -1);
      this.#startNext();
    };
    const limit = setTimeout(release, this.#options.limits.longestTurnMs).unref();
    return release;
  }

  #count(lane: Lane, change: 1 | -1): void {
    this.#options.shares.charge(this.#running.values());
    this.#runningCount += change;
    lane.running += change;
    if (lane.running > 0) this.#running.set(lane.key, lane);
    else this.#running.delete(lane.key);
  }
}

const takeFirst = (waiting: Lane['waiting']): Waiting | undefined => {
  const [first] = waiting;
  if (first === undefined) return undefined;
  const [address, line] = first;
  const next = line.shift();
  waiting.delete(address);
  if (line.length > 0) waiting.set(address, line);
  return next;
};
