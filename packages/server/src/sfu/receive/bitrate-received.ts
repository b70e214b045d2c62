/** How many bits a second came lately. */

const WINDOW_MS = 500;
const SLOT_MS = 25;
const SLOTS = WINDOW_MS / SLOT_MS;

export class ReceivedBitrate {
  readonly #slots = new Float64Array(SLOTS);
  #bytes = 0;
  #slot = 0;
  #firstMs: number | undefined;

  add(sizeBytes: number, nowMs: number): void {
    this.#firstMs ??= nowMs;
    this.#turn(nowMs);
    this.#slots[this.#slot % SLOTS] = (this.#slots[this.#slot % SLOTS] ?? 0) + sizeBytes;
    this.#bytes += sizeBytes;
  }

  /** Over the last half second, or less at the beginning; undefined before there is enough of it. */
  valueAt(nowMs: number): number | undefined {
    if (this.#firstMs === undefined || nowMs - this.#firstMs < WINDOW_MS / 4) return undefined;
    this.#turn(nowMs);
    return (8000 * this.#bytes) / Math.min(WINDOW_MS, nowMs - this.#firstMs);
  }

  #turn(nowMs: number): void {
    const slot = Math.floor(nowMs / SLOT_MS);
    for (let old = Math.max(this.#slot + 1, slot - SLOTS + 1); old <= slot; old += 1) {
      this.#bytes -= this.#slots[old % SLOTS] ?? 0;
      this.#slots[old % SLOTS] = 0;
    }
    this.#slot = Math.max(this.#slot, slot);
  }
}
