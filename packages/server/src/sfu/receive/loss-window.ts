/** The share of packets that were lost lately, over enough of them to tell 5 % from 10 %. */

/** At 5 % loss, one window in a thousand of so many packets shows 10 %; of 50 packets, one in ten does. */
const ENOUGH_PACKETS = 200;
/** A quarter of so many is no chance at 5 %: the network is overwhelmed. */
const HEAVY_SHARE = 0.25;
const FEW_PACKETS = 50;
/** A sender of few packets is judged by what there is. */
const MAX_INTERVALS = 5;

type Interval = { expected: number; lost: number };

export class LossWindow {
  #intervals: Interval[] = [];

  /** What a second brought; `lost` may be negative where packets came late or twice. */
  add(interval: Interval): void {
    this.#intervals.push(interval);
    if (this.#intervals.length > MAX_INTERVALS) this.#intervals.shift();
  }

  /** 0 to 1; undefined where too few packets are known. */
  get share(): number | undefined {
    let expected = 0;
    let lost = 0;
    for (const interval of this.#intervals) {
      expected += interval.expected;
      lost += interval.lost;
    }
    if (expected <= 0) return undefined;
    const share = Math.min(1, Math.max(0, lost / expected));
    const heavy = expected >= FEW_PACKETS && share >= HEAVY_SHARE;
    const enough = expected >= ENOUGH_PACKETS || this.#intervals.length >= MAX_INTERVALS;
    return heavy || enough ? share : undefined;
  }

  /** What comes after is another situation. */
  clear(): void {
    this.#intervals = [];
  }
}
