/**
 * When the packets of a connection came, by the sequence number that all its streams share, until feedback has told the sender. After
 * libwebrtc's RemoteEstimatorProxy: what came late, after it was told lost, is told again as come.
 */
import { sequenceDistance } from '@callreel/media/rtp/sequence-number.ts';

/** What was told stays known for so long: a packet that comes so late still corrects it. */
const KEEP_TOLD_MS = 500;
/** Farther from the newest, or from what was last told, is no loss but a sender that counts anew: it is 15 s of 4 Mbit/s. */
const LEAP = 8192;
/** A packet that overtook others may be the first to come. */
const BEFORE_FIRST = 64;
/** So many in a row from before what is known: the sender counts anew, a little way back. */
const STALE_IN_A_ROW = 20;

export class TransportArrivals {
  /** By sequence number counted on beyond 16 bits. Never more than `LEAP`, whatever floods in. */
  readonly #arrivedMs = new Map<number, number>();
  /** The next to tell of; the sequence numbers before it were told of, or given up. */
  #next = 0;
  #newest: number | undefined;
  #oldest = 0;
  #staleInARow = 0;

  /** `sequenceNumber` has 16 bits. */
  receive(sequenceNumber: number, arrivalMs: number): void {
    const newest = this.#newest ?? sequenceNumber;
    const ahead = sequenceDistance(sequenceNumber, newest & 0xffff);
    const full = this.#arrivedMs.size >= LEAP || newest + ahead - this.#next > LEAP;
    if (this.#newest === undefined || full || Math.abs(ahead) > LEAP) this.#restart(sequenceNumber, arrivalMs);
    else if (newest + ahead < this.#oldest) this.#handleStale(sequenceNumber, arrivalMs);
    else this.#keep(newest + ahead, arrivalMs);
  }

  /** From the first sequence number that is not told of to the newest that came; undefined where nothing came since the last call. */
  take(nowMs: number): { baseSequenceNumber: number; arrivalsMs: (number | undefined)[] } | undefined {
    const newest = this.#newest;
    if (newest === undefined || this.#next > newest) return undefined;
    const base = this.#next;
    const arrivalsMs: (number | undefined)[] = [];
    for (let extended = base; extended <= newest; extended += 1) arrivalsMs.push(this.#arrivedMs.get(extended));
    this.#next = newest + 1;
    this.#forget(nowMs);
    return { baseSequenceNumber: base & 0xffff, arrivalsMs };
  }

  #keep(extended: number, arrivalMs: number): void {
    this.#staleInARow = 0;
    if (this.#arrivedMs.has(extended)) return;
    this.#arrivedMs.set(extended, arrivalMs);
    this.#newest = Math.max(this.#newest ?? extended, extended);
    this.#next = Math.min(this.#next, extended);
  }

  #restart(sequenceNumber: number, arrivalMs: number): void {
    this.#arrivedMs.clear();
    // Far from zero, so that what came before it still counts from the same wrap.
    const extended = 0x10000 + sequenceNumber;
    this.#arrivedMs.set(extended, arrivalMs);
    this.#newest = extended;
    this.#next = extended;
    this.#oldest = extended - BEFORE_FIRST;
    this.#staleInARow = 0;
  }

  #handleStale(sequenceNumber: number, arrivalMs: number): void {
    this.#staleInARow += 1;
    if (this.#staleInARow >= STALE_IN_A_ROW) this.#restart(sequenceNumber, arrivalMs);
  }

  /** All of it was told by now. */
  #forget(nowMs: number): void {
    for (const [extended, arrivedMs] of this.#arrivedMs) {
      if (nowMs - arrivedMs <= KEEP_TOLD_MS) continue;
      this.#arrivedMs.delete(extended);
      this.#oldest = Math.max(this.#oldest, extended + 1);
    }
  }
}
