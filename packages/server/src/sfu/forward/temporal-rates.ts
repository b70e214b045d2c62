/** How many bits a second each temporal layer of a stream takes, with those below it. */

const WINDOW_MS = 1000;

export class TemporalRates {
  #bytes: number[] = [];
  #windowMs: number | undefined;
  #rates: readonly number[] = [];

  /** Of the last whole second; the last one is that of all. Empty before there was one. */
  get bitsPerSecond(): readonly number[] {
    return this.#rates;
  }

  add(layer: number, sizeBytes: number, nowMs: number): void {
    this.#windowMs ??= nowMs;
    const elapsedMs = nowMs - this.#windowMs;
    if (elapsedMs >= WINDOW_MS) {
      let sum = 0;
      this.#rates = Array.from(this.#bytes, (bytes = 0) => {
        sum += bytes;
        return (8000 * sum) / elapsedMs;
      });
      this.#windowMs = nowMs;
      this.#bytes = [];
    }
    this.#bytes[layer] = (this.#bytes[layer] ?? 0) + sizeBytes;
  }
}
