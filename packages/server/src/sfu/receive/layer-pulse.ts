/** Whether one layer of a picture is alive, by the pace of its own pictures: a still screen sends one a second, a camera thirty. */

/** A layer that misses so many of its pictures has been turned off; */
const PICTURES_MISSED = 4;
/** but no encoder's own dropping of pictures, nor a jam of the network, is taken for that. */
const LEAST_SILENCE_MS = 700;
const MOST_SILENCE_MS = 5000;
/** Of the running mean of the time between pictures. */
const WEIGHT = 0.25;
/** What a pause may add to that mean. */
const MAX_INTERVAL_MS = 2000;
const RATE_WINDOW_MS = 1000;

export class LayerPulse {
  #bornMs: number | undefined;
  #lastMs = Number.NEGATIVE_INFINITY;
  #timestamp: number | undefined;
  #pictureMs: number | undefined;
  #intervalMs: number | undefined;
  #windowMs = 0;
  #windowBytes = 0;
  #bitsPerSecond = 0;

  /** Of the last whole second. */
  get bitsPerSecond(): number {
    return this.#bitsPerSecond;
  }

  handlePacket(timestamp: number, sizeBytes: number, nowMs: number): void {
    if (!this.isAlive(nowMs)) this.#bornMs = nowMs;
    this.#lastMs = nowMs;
    this.#measureRate(sizeBytes, nowMs);
    if (timestamp === this.#timestamp) return;
    this.#timestamp = timestamp;
    this.#measureInterval(nowMs);
  }

  isAlive(nowMs: number): boolean {
    return nowMs - this.#lastMs <= this.silenceMs;
  }

  /** How long it has been alive without a break; 0 where it is not. */
  aliveForMs(nowMs: number): number {
    return this.#bornMs !== undefined && this.isAlive(nowMs) ? nowMs - this.#bornMs : 0;
  }

  /** So long without a packet, and it is not alive. */
  get silenceMs(): number {
    if (this.#intervalMs === undefined) return MOST_SILENCE_MS;
    return Math.min(MOST_SILENCE_MS, Math.max(LEAST_SILENCE_MS, PICTURES_MISSED * this.#intervalMs));
  }

  #measureInterval(nowMs: number): void {
    const lastMs = this.#pictureMs;
    this.#pictureMs = nowMs;
    if (lastMs === undefined) return;
    const measuredMs = Math.min(nowMs - lastMs, MAX_INTERVAL_MS);
    this.#intervalMs = (this.#intervalMs ?? measuredMs) * (1 - WEIGHT) + measuredMs * WEIGHT;
  }

  #measureRate(sizeBytes: number, nowMs: number): void {
    const elapsedMs = nowMs - this.#windowMs;
    if (elapsedMs >= RATE_WINDOW_MS) {
      this.#bitsPerSecond = (8000 * this.#windowBytes) / elapsedMs;
      this.#windowMs = nowMs;
      this.#windowBytes = 0;
    }
    this.#windowBytes += sizeBytes;
  }
}
