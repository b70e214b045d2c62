/** Whether a sender takes no notice of its cap: then its file is larger than promised, and says so. */

/** Encoders go over for a moment, above all with a key frame; not for so long, and not by so much. */
const WINDOW = 10;
const TOLERANCE = 1.1;

type Second = { bitsPerSecond: number; capBitsPerSecond: number };

export class CapWatch {
  readonly #seconds: Second[] = [];
  #ignored = false;

  /** Once it is true, it stays so. */
  get ignored(): boolean {
    return this.#ignored;
  }

  /** Every second. */
  update(bitsPerSecond: number, capBitsPerSecond: number): void {
    this.#seconds.push({ bitsPerSecond, capBitsPerSecond });
    if (this.#seconds.length < WINDOW) return;
    const sum = (of: (second: Second) => number) => this.#seconds.reduce((total, second) => total + of(second), 0);
    if (sum((second) => second.bitsPerSecond) > TOLERANCE * sum((second) => second.capBitsPerSecond)) {
      this.#ignored = true;
    }
    this.#seconds.shift();
  }
}
