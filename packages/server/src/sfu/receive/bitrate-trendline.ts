/**
 * Whether the queue on the way grows: the slope of the delay over the last groups of packets, against a threshold that adapts, so that
 * another flow that fills the queue does not starve this one. Constants are libwebrtc's (TrendlineEstimator); draft-ietf-rmcat-gcc-02 section 5.4.
 */
import type { GroupDelta } from './bitrate-arrival-groups.ts';
import { QueueDelay } from './bitrate-queue.ts';

export type NetworkUsage = 'normal' | 'overusing' | 'underusing';

const WINDOW = 20;
/** So few show a strong trend: a sender that begins with far too much fills a queue before there are twenty. */
const MIN_POINTS = 8;
const SMOOTHING = 0.9;
const GAIN = 4;
const MAX_COUNTED = 60;
const OVERUSING_MS = 10;
const INITIAL_THRESHOLD = 12.5;
const [MIN_THRESHOLD, MAX_THRESHOLD] = [6, 600];
const [RISE, FALL] = [0.0087, 0.039];
/** A spike, as of a route that changed, does not move the threshold. */
const MAX_BEYOND = 15;
const MAX_STEP_MS = 100;

/** A trend without a queue is a stall that is over, of this process, the sender or the path; or one large picture on a thin link. */
const LEAST_QUEUE_MS = 50;

type Point = { atMs: number; delayMs: number };

/** Least squares; undefined where all points are at one time. */
const slopeOf = (points: readonly Point[]): number | undefined => {
  const meanAt = points.reduce((sum, { atMs }) => sum + atMs, 0) / points.length;
  const meanDelay = points.reduce((sum, { delayMs }) => sum + delayMs, 0) / points.length;
  let [above, below] = [0, 0];
  for (const { atMs, delayMs } of points) {
    above += (atMs - meanAt) * (delayMs - meanDelay);
    below += (atMs - meanAt) ** 2;
  }
  return below === 0 ? undefined : above / below;
};

export class Trendline {
  readonly #points: Point[] = [];
  readonly #queue = new QueueDelay();
  #count = 0;
  #delayMs = 0;
  #smoothedMs = 0;
  #trend = 0;
  #threshold = INITIAL_THRESHOLD;
  #updatedMs: number | undefined;
  #aboveMs: number | undefined;
  #aboveCount = 0;
  #usage: NetworkUsage = 'normal';

  update({ sentMs, arrivedMs, arrivalMs }: GroupDelta): NetworkUsage {
    this.#count = Math.min(this.#count + 1, MAX_COUNTED);
    this.#delayMs += arrivedMs - sentMs;
    this.#smoothedMs = SMOOTHING * this.#smoothedMs + (1 - SMOOTHING) * this.#delayMs;
    this.#points.push({ atMs: arrivalMs, delayMs: this.#smoothedMs });
    if (this.#points.length > WINDOW) this.#points.shift();
    const previous = this.#trend;
    if (this.#points.length >= MIN_POINTS) this.#trend = slopeOf(this.#points) ?? this.#trend;
    this.#judge(sentMs, arrivalMs, previous);
    if (this.#queue.handleDelay(this.#delayMs, arrivalMs)) return 'overusing';
    return this.#usage === 'overusing' && this.#queue.lengthMs < LEAST_QUEUE_MS ? 'normal' : this.#usage;
  }

  #judge(sentMs: number, nowMs: number, previousTrend: number): void {
    const modified = this.#count * this.#trend * GAIN;
    if (modified > this.#threshold) this.#judgeAbove(sentMs, previousTrend);
    else {
      this.#aboveMs = undefined;
      this.#aboveCount = 0;
      this.#usage = modified < -this.#threshold ? 'underusing' : 'normal';
    }
    this.#adapt(modified, nowMs);
  }

  /** Only what lasts, and does not already shrink, is overuse. */
  #judgeAbove(sentMs: number, previousTrend: number): void {
    this.#aboveMs = this.#aboveMs === undefined ? sentMs / 2 : this.#aboveMs + sentMs;
    this.#aboveCount += 1;
    if (this.#aboveMs <= OVERUSING_MS || this.#aboveCount <= 1 || this.#trend < previousTrend) return;
    this.#aboveMs = 0;
    this.#aboveCount = 0;
    this.#usage = 'overusing';
  }

  #adapt(modified: number, nowMs: number): void {
    const sinceMs = Math.min(nowMs - (this.#updatedMs ?? nowMs), MAX_STEP_MS);
    this.#updatedMs = nowMs;
    const beyond = Math.abs(modified) - this.#threshold;
    if (beyond > MAX_BEYOND) return;
    const speed = beyond < 0 ? FALL : RISE;
    this.#threshold = Math.min(MAX_THRESHOLD, Math.max(MIN_THRESHOLD, this.#threshold + speed * beyond * sinceMs));
  }
}
