/**
 * From a source's sequence numbers to those that one subscriber sees, and back: without a hole where the source is another; with the same
 * holes where the network made them, so that what comes late still has its place.
 */

/** As many as the packet cache keeps. */
const WINDOW = 1024;

/** All numbers are extended: they do not wrap. */
export class SequenceMap {
  #first = 0;
  #newest = -1;
  #offset = 0;

  /** The number after all those given so far. */
  get next(): number {
    return this.#newest + 1 + this.#offset;
  }

  /** From the packet `index` on, whose number is to be `out`: all before it belong to nobody. */
  restart(index: number, out: number): void {
    this.#first = index;
    this.#newest = index - 1;
    this.#offset = out - index;
  }

  /** The subscriber's number; undefined for a packet from before the start, or too old. */
  map(index: number): number | undefined {
    this.#newest = Math.max(this.#newest, index);
    return this.#knows(index) ? index + this.#offset : undefined;
  }

  /** Which packet went out under a number. */
  indexOf(out: number): number | undefined {
    const index = out - this.#offset;
    return this.#knows(index) ? index : undefined;
  }

  #knows(index: number): boolean {
    return index >= this.#first && index <= this.#newest && this.#newest - index < WINDOW;
  }
}
