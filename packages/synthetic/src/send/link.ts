/** One direction of a network path: a rate, a queue in front of it that drops what does not fit, a delay, and loss by chance. */

export type LinkConditions = {
  /** Undefined: as fast as packets come. */
  bitsPerSecond: number | undefined;
  /** Every packet's, beside its wait in the queue. */
  delayMs: number;
  /** The longest wait in the queue; who would wait longer is dropped. */
  queueMs: number;
  /** 0…1, by chance. */
  lossRate: number;
};

export const OPEN_LINK: LinkConditions = { bitsPerSecond: undefined, delayMs: 0, queueMs: 0, lossRate: 0 };

/** IPv4 and UDP. */
const HEADER_BYTES = 28;

export type LinkOptions = {
  conditions: LinkConditions;
  nowMs: () => number;
  /** 0…1. */
  chance: () => number;
};

type Waiting = { atMs: number; deliver: () => void };

export class Link {
  readonly #options: LinkOptions;
  #conditions: LinkConditions;
  readonly #waiting: Waiting[] = [];
  #freeAtMs = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Packets that were given to it, and those of them that it dropped. */
  sent = 0;
  dropped = 0;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#conditions = options.conditions;
  }

  /** For what is sent from now on. */
  change(conditions: LinkConditions): void {
    this.#conditions = conditions;
  }

  /** `deliver` is called when a packet of so many bytes would be there, in the order of sending; never for one that is lost. */
  send(sizeBytes: number, deliver: () => void): void {
    const nowMs = this.#options.nowMs();
    this.sent += 1;
    const atMs = this.#arrivalMs(sizeBytes, nowMs);
    if (atMs === undefined) {
      this.dropped += 1;
      return;
    }
    if (atMs <= nowMs && this.#waiting.length === 0) {
      deliver();
      return;
    }
    // A delay that became shorter puts nothing in front of what is under way.
    this.#waiting.push({ atMs: Math.max(atMs, this.#waiting.at(-1)?.atMs ?? 0), deliver });
    this.#timer ??= this.#wait(nowMs);
  }

  /** What is under way is lost. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting.length = 0;
  }

  #arrivalMs(sizeBytes: number, nowMs: number): number | undefined {
    const { bitsPerSecond, delayMs, queueMs, lossRate } = this.#conditions;
    if (lossRate > 0 && this.#options.chance() < lossRate) return undefined;
    if (bitsPerSecond === undefined) return nowMs + delayMs;
    const waitMs = Math.max(0, this.#freeAtMs - nowMs);
    if (waitMs > queueMs) return undefined;
    this.#freeAtMs = nowMs + waitMs + (8000 * (sizeBytes + HEADER_BYTES)) / bitsPerSecond;
    return this.#freeAtMs + delayMs;
  }

  #wait(nowMs: number): NodeJS.Timeout | undefined {
    const [first] = this.#waiting;
    return first && setTimeout(() => this.#deliverDue(), Math.max(0, first.atMs - nowMs));
  }

  #deliverDue(): void {
    const nowMs = this.#options.nowMs();
    while ((this.#waiting[0]?.atMs ?? Number.POSITIVE_INFINITY) <= nowMs) this.#waiting.shift()?.deliver();
    this.#timer = this.#wait(nowMs);
  }
}
