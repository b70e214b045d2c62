const BUCKET_MS = 1000;
/** The window of the envelope: 30 s. */
const BUCKETS = 30;
/** So many buckets in a row, each with arrivals, all far above the envelope, are no congestion but another timeline. */
const SUSTAINED_BUCKETS = 5;
/**
 * How fast the envelope may rise once low delays have left the window: 25 times what a clock of 200 ppm needs, and
 * slow enough that a minute behind a full queue (transit 2 s up) moves it by a sixth of a second, not by two.
 */
const RISE_PER_MS = 0.005;

/**
 * The least transit (arrival minus media time) of a track's packets over the last 30 s: jitter and queues only ever add to a
 * transit, so the least is nearest to the truth. Falls at once, rises by at most 5 ms a second. A packet costs two
 * comparisons; the window is 30 numbers, one a second.
 */
export class ArrivalEnvelope {
  readonly #buckets = new Float64Array(BUCKETS).fill(Infinity);
  #bucket: number | undefined;
  #value = Infinity;

  /** The envelope; Infinity before the first packet. */
  get transitMs(): number {
    return this.#value;
  }

  /** The least transit of the last one to two seconds with arrivals. */
  get recentTransitMs(): number {
    const bucket = this.#bucket ?? 0;
    return Math.min(this.#at(bucket), this.#at(bucket - 1));
  }

  /** The least transit of the last five seconds, where each of them saw arrivals; undefined where one did not. */
  get sustainedTransitMs(): number | undefined {
    let least = Infinity;
    for (let age = 0; age < SUSTAINED_BUCKETS; age++) {
      const transitMs = this.#at((this.#bucket ?? 0) - age);
      if (transitMs === Infinity) return undefined;
      least = Math.min(least, transitMs);
    }
    return least;
  }

  /** Takes one packet's transit. Answers whether the envelope may have changed: at most once a second but for new lows. */
  observe(transitMs: number, arrivalMs: number): boolean {
    const rolled = this.#roll(Math.floor(arrivalMs / BUCKET_MS));
    const index = this.#index(this.#bucket ?? 0);
    if (transitMs < (this.#buckets[index] ?? Infinity)) this.#buckets[index] = transitMs;
    if (transitMs >= this.#value) return rolled;
    this.#value = transitMs;
    return true;
  }

  /** Forgets all but the last one to two seconds: what was before belongs to another timeline. */
  restart(): void {
    const bucket = this.#bucket ?? 0;
    const kept = [this.#at(bucket), this.#at(bucket - 1)] as const;
    this.#buckets.fill(Infinity);
    this.#buckets[this.#index(bucket)] = kept[0];
    this.#buckets[this.#index(bucket - 1)] = kept[1];
    this.#value = Math.min(...kept);
  }

  #roll(bucket: number): boolean {
    const previous = this.#bucket;
    if (previous !== undefined && bucket <= previous) return false;
    this.#bucket = bucket;
    if (previous === undefined) return true;
    const passed = Math.min(bucket - previous, BUCKETS);
    for (let i = 0; i < passed; i++) this.#buckets[this.#index(bucket - i)] = Infinity;
    const least = this.#buckets.reduce((a, b) => Math.min(a, b), Infinity);
    this.#value = Math.min(least, this.#value + RISE_PER_MS * BUCKET_MS * (bucket - previous));
    return true;
  }

  #at(bucket: number): number {
    return this.#buckets[this.#index(bucket)] ?? Infinity;
  }

  #index(bucket: number): number {
    return ((bucket % BUCKETS) + BUCKETS) % BUCKETS;
  }
}
