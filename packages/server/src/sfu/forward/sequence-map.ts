/**
 * From a source's sequence numbers to those that one subscriber sees, and back: without a hole where the source is another, or where packets
 * are left out on purpose; with the same holes where the network made them, so that what comes late still has its place.
 */

/** As many as the packet cache keeps. */
const WINDOW = 1024;
const LEFT_OUT = Number.NaN;

/** All numbers are extended: they do not wrap. */
export class SequenceMap {
  readonly #offsets = new Float64Array(WINDOW);
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

  /** The subscriber's number; undefined for a packet from before the start, left out, or too old. */
  map(index: number): number | undefined {
    if (index > this.#newest) this.#advance(index);
    else if (!this.#knows(index)) return undefined;
    const offset = this.#offsets[index & (WINDOW - 1)] as number;
    return Number.isNaN(offset) ? undefined : index + offset;
  }

  /** Leaves a packet out: the next one takes its number. One that comes late has its hole already, and keeps it. */
  leaveOut(index: number): void {
    if (index <= this.#newest) return;
    this.#advance(index);
    this.#offsets[index & (WINDOW - 1)] = LEFT_OUT;
    this.#offset -= 1;
  }

  /** Which packet went out under a number. */
  indexOf(out: number): number | undefined {
    let index = Math.min(this.#newest, out - this.#offset);
    for (; this.#knows(index); index -= 1) {
      const offset = this.#offsets[index & (WINDOW - 1)] as number;
      if (Number.isNaN(offset) || index + offset > out) continue;
      return index + offset === out ? index : undefined;
    }
    return undefined;
  }

  #knows(index: number): boolean {
    return index >= this.#first && index <= this.#newest && this.#newest - index < WINDOW;
  }

  #advance(index: number): void {
    for (let each = Math.max(this.#newest + 1, index - WINDOW + 1); each <= index; each += 1) {
      this.#offsets[each & (WINDOW - 1)] = this.#offset;
    }
    this.#newest = index;
  }
}
