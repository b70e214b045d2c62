/** Sequence numbers in the order in which they came, in a ring of fixed size: two numbers a packet, no objects. */
export class ArrivalQueue {
  readonly #numbers: Float64Array;
  readonly #arrivals: Float64Array;
  readonly #mask: number;
  #head = 0;
  #tail = 0;

  /** `capacity` is a power of two. */
  constructor(capacity: number) {
    this.#numbers = new Float64Array(capacity);
    this.#arrivals = new Float64Array(capacity);
    this.#mask = capacity - 1;
  }

  /** Answers the number that had to leave for this one because the ring was full, or -Infinity. */
  add(sequenceNumber: number, arrivalMs: number): number {
    const evicted = this.#tail - this.#head > this.#mask ? this.#take() : -Infinity;
    const index = this.#tail++ & this.#mask;
    this.#numbers[index] = sequenceNumber;
    this.#arrivals[index] = arrivalMs;
    return evicted;
  }

  /** Takes out all that came at `olderThanMs` or before; answers the highest of them, or -Infinity. */
  takeUntil(olderThanMs: number): number {
    let highest = -Infinity;
    while (this.#head < this.#tail && (this.#arrivals[this.#head & this.#mask] ?? 0) <= olderThanMs) {
      highest = Math.max(highest, this.#take());
    }
    return highest;
  }

  #take(): number {
    return this.#numbers[this.#head++ & this.#mask] ?? -Infinity;
  }
}
