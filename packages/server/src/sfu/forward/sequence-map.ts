/**
 * From a source's numbers to those that one subscriber sees, and back: without a hole where the source is another or something was left
 * out on purpose; with the same holes where the network made them, so that what comes late still has its place.
 */

/** As many as the packet cache keeps. */
const WINDOW = 1024;

/** All numbers are extended: they do not wrap. */
export class SequenceMap {
  #first = 0;
  #newest = -1;
  /** Of the first number that is not left out, within the window. */
  #offset = 0;
  /** Left out within the window, rising. */
  #leftOut: number[] = [];

  /** The number after all those given so far. */
  get next(): number {
    return this.#newest + 1 + this.#offset - this.#leftOut.length;
  }

  /** From the packet `index` on, whose number is to be `out`: all before it belong to nobody. */
  restart(index: number, out: number): void {
    this.#first = index;
    this.#newest = index - 1;
    this.#offset = out - index;
    this.#leftOut = [];
  }

  /** The subscriber's number; undefined for a packet from before the start, too old, or left out. */
  map(index: number): number | undefined {
    this.#advance(index);
    if (!this.#knows(index)) return undefined;
    const before = this.#leftOutBefore(index);
    return this.#leftOut[before] === index ? undefined : index + this.#offset - before;
  }

  /** It is not sent, and the next one takes its number. False where it came late: others have the numbers around it. */
  leaveOut(index: number): boolean {
    if (index <= this.#newest) return this.#leftOut[this.#leftOutBefore(index)] === index;
    this.#advance(index);
    this.#leftOut.push(index);
    return true;
  }

  /** Which packet went out under a number. */
  indexOf(out: number): number | undefined {
    let before = this.#leftOut.length;
    while (before > 0 && (this.#leftOut[before - 1] as number) >= out - this.#offset + before) before -= 1;
    const index = out - this.#offset + before;
    return this.#knows(index) ? index : undefined;
  }

  #advance(index: number): void {
    if (index <= this.#newest) return;
    this.#newest = index;
    let old = 0;
    while (old < this.#leftOut.length && index - (this.#leftOut[old] as number) >= WINDOW) old += 1;
    if (old === 0) return;
    this.#leftOut.splice(0, old);
    this.#offset -= old;
  }

  #leftOutBefore(index: number): number {
    let before = this.#leftOut.length;
    while (before > 0 && (this.#leftOut[before - 1] as number) >= index) before -= 1;
    return before;
  }

  #knows(index: number): boolean {
    return index >= this.#first && index <= this.#newest && this.#newest - index < WINDOW;
  }
}
