/**
 * Keeps the sum of several voices under full scale without clipping: where a peak is ahead the gain falls smoothly to
 * what the peak allows, and rises again slowly.
 */

export type LimiterOptions = {
  /** The largest sample let out, as a share of full scale. */
  ceiling: number;
  /** The gain starts to fall this long before a peak; the output lags by as much. */
  lookAheadSamples: number;
  /** Time constant of the gain's rise. */
  releaseSamples: number;
};

/** −1 dB leaves room for what AAC adds; 5 ms ahead; 100 ms back. */
export const LIMITER_DEFAULTS: LimiterOptions = { ceiling: 0.891, lookAheadSamples: 240, releaseSamples: 4_800 };

/**
 * Gain of a sample = mean over the look-ahead of (smallest gain that any peak in the look-ahead needs). As every term of
 * the mean for a peak has seen that peak, the mean is never above what it needs.
 */
export class Limiter {
  readonly lagSamples: number;
  readonly #ceiling: number;
  readonly #release: number;
  readonly #needs: SlidingMinimum;
  readonly #gains: Float64Array;
  readonly #left: Float32Array;
  readonly #right: Float32Array;
  #gain = 1;
  #gainSum: number;
  #at = 0;

  constructor(options: LimiterOptions = LIMITER_DEFAULTS) {
    this.lagSamples = options.lookAheadSamples;
    this.#ceiling = options.ceiling;
    this.#release = 1 - Math.exp(-1 / options.releaseSamples);
    const window = options.lookAheadSamples + 1;
    this.#needs = new SlidingMinimum(window);
    this.#gains = new Float64Array(window).fill(1);
    this.#gainSum = window;
    this.#left = new Float32Array(window);
    this.#right = new Float32Array(window);
  }

  /** Works in place. What comes out went in `lagSamples` before. */
  process(left: Float32Array, right: Float32Array): void {
    for (let i = 0; i < left.length; i++) {
      this.#push(left[i] ?? 0, right[i] ?? 0);
      const gain = this.#gainSum / this.#gains.length;
      // The slot after the newest holds the oldest of the window.
      left[i] = (this.#left[this.#at] ?? 0) * gain;
      right[i] = (this.#right[this.#at] ?? 0) * gain;
    }
  }

  #push(left: number, right: number): void {
    const at = this.#at;
    const peak = Math.max(Math.abs(left), Math.abs(right));
    const needed = this.#needs.push(peak > this.#ceiling ? this.#ceiling / peak : 1);
    this.#gain = Math.min(needed, this.#gain + (1 - this.#gain) * this.#release);
    this.#gainSum += this.#gain - (this.#gains[at] ?? 1);
    this.#gains[at] = this.#gain;
    this.#left[at] = left;
    this.#right[at] = right;
    this.#at = (at + 1) % this.#gains.length;
  }
}

/** The least of the last `size` values: a queue in which values only rise, so that each is looked at twice at most. */
class SlidingMinimum {
  readonly #size: number;
  readonly #values: Float64Array;
  readonly #times: Float64Array;
  #head = 0;
  #count = 0;
  #now = 0;

  constructor(size: number) {
    this.#size = size;
    this.#values = new Float64Array(size);
    this.#times = new Float64Array(size);
  }

  push(value: number): number {
    const size = this.#size;
    if (this.#count > 0 && (this.#times[this.#head] ?? 0) <= this.#now - size) this.#dropOldest();
    while (this.#count > 0 && (this.#values[(this.#head + this.#count - 1) % size] ?? 0) >= value) this.#count--;
    const tail = (this.#head + this.#count) % size;
    this.#values[tail] = value;
    this.#times[tail] = this.#now;
    this.#count++;
    this.#now++;
    return this.#values[this.#head] ?? value;
  }

  #dropOldest(): void {
    this.#head = (this.#head + 1) % this.#size;
    this.#count--;
  }
}
