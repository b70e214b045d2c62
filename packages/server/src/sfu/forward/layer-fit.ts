/**
 * Which layer of a simulcast picture one subscriber gets: the largest that fits its downlink. What a receiver tells of that is bounded by what
 * it gets (libwebrtc: half as much again), so a larger layer is tried now and then while all is well; and less and less often where it did not fit.
 */

export type FittingLayer = { ssrc: number; pixels: number; bitsPerSecond: number };

export type Downlink = { bitsPerSecond: number; lossShare: number };

/** Sound, repairs and what encoders overshoot by. */
const HEADROOM = 1.1;
const HIGH_LOSS = 0.1;
const LOW_LOSS = 0.02;
const FIRST_TRIAL_AFTER_MS = 2000;
const MAX_TRIAL_AFTER_MS = 60_000;
/** So long the receiver's estimate has to come after what it gets. */
const TRIAL_MS = 4000;
/** Of what it was before the trial: below it, the path is full. */
const COLLAPSED_SHARE = 0.85;

export class LayerFit {
  #chosen: number | undefined;
  #trial: { untilMs: number; estimateBefore: number } | undefined;
  #trialAfterMs = FIRST_TRIAL_AFTER_MS;
  #wellSinceMs: number | undefined;
  /** Not even the smallest layer fits. */
  isTooThin = false;

  /** The SSRC to send; undefined where there is no layer. Call it several times a second. */
  choose(layers: readonly FittingLayer[], downlink: Downlink, nowMs: number): number | undefined {
    const rising = layers.toSorted(
      (one, other) => one.pixels - other.pixels || one.bitsPerSecond - other.bitsPerSecond,
    );
    const at = rising.findIndex(({ ssrc }) => ssrc === this.#chosen);
    const current = rising[at];
    const fitting = rising.findLast((layer) => fits(layer, downlink)) ?? rising[0];
    this.isTooThin = rising[0] !== undefined && !fits(rising[0], downlink);
    if (current === undefined) return this.#settle(fitting);
    if (this.#trial !== undefined) return this.#judgeTrial(this.#trial, current, rising[at - 1], downlink, nowMs);
    if (!fits(current, downlink) || downlink.lossShare > HIGH_LOSS)
      return this.#goDown(rising[at - 1] ?? current, fitting, nowMs);
    const next = rising[at + 1];
    if (next === undefined) return this.#chosen;
    return fits(next, downlink) ? this.#settle(next) : this.#maybeTry(next, downlink, nowMs);
  }

  #settle(layer: FittingLayer | undefined): number | undefined {
    if (layer?.ssrc !== this.#chosen) this.#wellSinceMs = undefined;
    this.#chosen = layer?.ssrc;
    return this.#chosen;
  }

  #goDown(below: FittingLayer, fitting: FittingLayer | undefined, nowMs: number): number | undefined {
    this.#wellSinceMs = nowMs;
    const lower = fitting !== undefined && fitting.pixels < below.pixels ? fitting : below;
    return this.#settle(lower);
  }

  #maybeTry(next: FittingLayer, { bitsPerSecond, lossShare }: Downlink, nowMs: number): number | undefined {
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
  ): number | undefined {
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

const fits = ({ bitsPerSecond }: FittingLayer, downlink: Downlink): boolean =>
  HEADROOM * bitsPerSecond <= downlink.bitsPerSecond;
