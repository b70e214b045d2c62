/**
 * Counters that wrap (16-bit sequence numbers, 32-bit timestamps), extended so that they do not.
 */

/** The signed step from one value to another of a counter of `bits` bits, by the shorter way; exactly half way is a step back. */
export const stepBetween = (from: number, to: number, bits: number): number =>
  // Bit operators take any safe integer modulo 2^32, so values that were extended before serve as well.
  ((to - from) << (32 - bits)) >> (32 - bits);

/**
 * Extends a wrapping counter by taking each value as the one nearest to the value before it: small steps back (disorder)
 * stay steps back. The first value is taken as it is, so a step back from near zero gives a negative number.
 */
export class Unwrapper {
  readonly #bits: number;
  #last: number | undefined;

  /** `bits`: the counter's width, 1 to 32. */
  constructor(bits: number) {
    if (!Number.isInteger(bits) || bits < 1 || bits > 32) throw new TypeError(`bits: 1 to 32 wanted, got ${bits}`);
    this.#bits = bits;
  }

  /** Extends `value` (as on the wire, or extended already) and goes on from there. */
  next(value: number): number {
    this.#last = this.peek(value);
    return this.#last;
  }

  /** Extends `value` without going on from there: for values that may be a lie. */
  peek(value: number): number {
    return this.#last === undefined ? value : this.#last + stepBetween(this.#last, value, this.#bits);
  }
}
