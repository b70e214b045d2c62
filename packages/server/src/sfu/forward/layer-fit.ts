/**
 * Which layer of a picture one subscriber gets: the largest that fits its downlink; where not even the smallest does, as many of its
 * temporal layers as do. What a receiver tells of that is bounded by what
 * it gets (libwebrtc: half as much again), so a larger layer is tried now and then while all is well; and less and less often where it did not fit.
 */

export type FittingLayer = {
  ssrc: number;
  /** The highest temporal layer of it. */
  temporalLayer: number;
  pixels: number;
  bitsPerSecond: number;
};

export type Downlink = { bitsPerSecond: number; lossShare: number };

/** Sound, repairs and what encoders overshoot by. */
const HEADROOM = 1.1;
const HIGH_LOSS = 0.1;
const LOW_LOSS = 0.02;
/** Of receivers. */
const REPORT_INTERVAL_MS = 1000;
const FIRST_TRIAL_AFTER_MS = 2000;
const MAX_TRIAL_AFTER_MS = 60_000;
/** So long the receiver's estimate has to come after what it gets. */
const TRIAL_MS = 4000;
/** Of what it was before the trial: below it, the path is full. */
const COLLAPSED_SHARE = 0.85;

export class LayerFit {
  #chosen: FittingLayer | undefined;
  #trial: { untilMs: number; estimateBefore: number } | undefined;
  #trialAfterMs = FIRST_TRIAL_AFTER_MS;
  #wellSinceMs: number | undefined;
  #lossHeededMs = Number.NEGATIVE_INFINITY;
  /** Not even the smallest layer fits. */
  isTooThin = false;

  /** What to send; undefined where there is no layer. Call it several times a second. */
  choose(layers: readonly FittingLayer[], downlink: Downlink, nowMs: number): FittingLayer | undefined {
    const rising = layers.toSorted(byExtent);
    const at = rising.findIndex((layer) => isSame(layer, this.#chosen));
    const current = rising[at];
    const fitting = rising.findLast((layer) => fits(layer, downlink)) ?? rising[0];
    this.isTooThin = rising[0] !== undefined && !fits(rising[0], downlink);
    if (current === undefined) return this.#settle(fitting);
    this.#chosen = current;
    if (this.#trial !== undefined) return this.#judgeTrial(this.#trial, current, rising[at - 1], downlink, nowMs);
    if (!fits(current, downlink) || this.#losesMuch(downlink, nowMs))
      return this.#goDown(rising[at - 1] ?? current, fitting, nowMs);
    const next = rising[at + 1];
    if (next === undefined) return this.#chosen;
    return fits(next, downlink) ? this.#settle(next) : this.#maybeTry(next, downlink, nowMs);
  }

  /** Each report counts once: the next one says what became of a step down. */
  #losesMuch({ lossShare }: Downlink, nowMs: number): boolean {
    if (lossShare <= HIGH_LOSS || nowMs - this.#lossHeededMs < REPORT_INTERVAL_MS) return false;
    this.#lossHeededMs = nowMs;
    return true;
  }

  #settle(layer: FittingLayer | undefined): FittingLayer | undefined {
    if (!isSame(layer, this.#chosen)) this.#wellSinceMs = undefined;
    this.#chosen = layer;
    return this.#chosen;
  }

  #goDown(below: FittingLayer, fitting: FittingLayer | undefined, nowMs: number): FittingLayer | undefined {
    this.#wellSinceMs = nowMs;
    const lower = fitting !== undefined && byExtent(fitting, below) < 0 ? fitting : below;
    return this.#settle(lower);
  }

  #maybeTry(next: FittingLayer, { bitsPerSecond, lossShare }: Downlink, nowMs: number): FittingLayer | undefined {
    if (lossShare > LOW_LOSS) this.#wellSinceMs = nowMs;
    this.#wellSinceMs ??= nowMs;
    if (nowMs - this.#wellSinceMs < this.#trialAfterMs) return this.#chosen;
    this.#trial = { untilMs: nowMs + TRIAL_MS, estimateBefore: bitsPerSecond };
    return this.#settle(next);
  }

  #judgeTrial(
    { untilMs, estimateBefore }: { untilMs: number; estimateBefore: number },
    current: FittingLayer,
    below: FittingLayer | undefined,
    downlink: Downlink,
    nowMs: number,
  ): FittingLayer | undefined {
    const collapsed = downlink.bitsPerSecond < COLLAPSED_SHARE * estimateBefore;
    const failed = downlink.lossShare > HIGH_LOSS || collapsed;
    if (!failed && nowMs < untilMs) return this.#chosen;
    this.#trial = undefined;
    this.#wellSinceMs = nowMs;
    if (!failed && fits(current, downlink)) {
      this.#trialAfterMs = FIRST_TRIAL_AFTER_MS;
      return this.#chosen;
    }
    this.#trialAfterMs = Math.min(2 * this.#trialAfterMs, MAX_TRIAL_AFTER_MS);
    return this.#settle(below ?? current);
  }
}

const isSame = (one: FittingLayer | undefined, other: FittingLayer | undefined): boolean =>
  one?.ssrc === other?.ssrc && one?.temporalLayer === other?.temporalLayer;

const byExtent = (one: FittingLayer, other: FittingLayer): number =>
  one.pixels - other.pixels || one.temporalLayer - other.temporalLayer || one.bitsPerSecond - other.bitsPerSecond;

const fits = ({ bitsPerSecond }: FittingLayer, downlink: Downlink): boolean =>
  HEADROOM * bitsPerSecond <= downlink.bitsPerSecond;
