import type { RtpPacket } from '../rtp/packet.ts';
import { ArrivalQueue } from './arrival-queue.ts';
import type { OrderedPacket } from './ordered-packet.ts';
import { stepBetween, Unwrapper } from './unwrap.ts';

/** MAX_DROPOUT of RFC 3550 A.1. Also the limit backwards (there 100): at 20 Mbit/s a resend may be 800 packets behind. */
const MAX_JUMP = 3000;
/** So many packets in a row, far from the others but one behind the other, are a new start (RFC 3550 A.1). */
const FAR_RUN = 2;
/** A new start a little behind looks like late packets; no burst of resends is that long with nothing new between. */
const PAST_RUN = 100;
/** 400 ms at 100 Mbit/s. */
const DEFAULT_MAX_PACKETS = 4096;

export type ReorderBufferOptions = {
  /** How many packets may wait, rounded up to a power of two; beyond it the oldest leave before their time. */
  maxPackets?: number;
};

/** `accepted`: it will be released. `duplicate`: it is or was here already. `late`: its place was given up. */
export type PushResult = 'accepted' | 'duplicate' | 'late';

type Stray = { packet: RtpPacket; arrivalMs: number };

/**
 * Puts the packets of one SSRC in order and takes out duplicates.
 *
 * A release at a watermark hands out everything up to the highest sequence number that came at the watermark or before. Holes
 * below it are given up, and a resent packet below it goes with the rest although it came later: nothing is held for longer
 * than the watermark's distance. Each packet costs a few array accesses, whatever the disorder.
 *
 * A jump of more than 3000 numbers is a stray until a second packet follows it in sequence; then all that waits is
 * handed out, the new numbers go on behind the old with a hole between (which counts as no loss: nobody knows how many).
 */
export class ReorderBuffer {
  readonly #capacity: number;
  readonly #mask: number;
  readonly #slots: (OrderedPacket | undefined)[];
  /** The extended number that each slot held last: tells a duplicate of what was released from a late packet. */
  readonly #seen: Float64Array;
  readonly #queue: ArrivalQueue;
  readonly #timestamps = new Unwrapper(32);
  #ready: OrderedPacket[] = [];
  #next: number | undefined;
  #highest = -Infinity;
  /** Until something was handed out, packets before the first one are welcome. */
  #started = false;
  #stray: Stray | undefined;
  #strayRun = 0;
  #lostCount = 0;
  #lateCount = 0;
  #duplicateCount = 0;
  #restartCount = 0;

  constructor(options: ReorderBufferOptions = {}) {
    const maxPackets = options.maxPackets ?? DEFAULT_MAX_PACKETS;
    if (!(maxPackets >= 1 && maxPackets <= 32768)) throw new TypeError(`maxPackets: 1 to 32768, got ${maxPackets}`);
    this.#capacity = 2 ** Math.ceil(Math.log2(maxPackets));
    this.#mask = this.#capacity - 1;
    this.#slots = new Array<OrderedPacket | undefined>(this.#capacity).fill(undefined);
    this.#seen = new Float64Array(this.#capacity).fill(Number.NaN);
    this.#queue = new ArrivalQueue(this.#capacity);
  }

  /** The extended number that is to be released next; undefined before the first packet. */
  get nextSequenceNumber(): number | undefined {
    return this.#next;
  }

  /** Numbers given up so far. A packet that comes for one of them later counts as late, and stays lost. */
  get lostCount(): number {
    return this.#lostCount;
  }

  get lateCount(): number {
    return this.#lateCount;
  }

  get duplicateCount(): number {
    return this.#duplicateCount;
  }

  /** How often the numbers began anew. */
  get restartCount(): number {
    return this.#restartCount;
  }

  /** Takes a packet as it came; its payload is kept, not copied. `arrivalMs` never falls from call to call. */
  push(packet: RtpPacket, arrivalMs: number): PushResult {
    if (this.#next === undefined) return this.#start(packet, arrivalMs);
    const step = stepBetween(this.#highest, packet.sequenceNumber, 16);
    if (step > MAX_JUMP || step < -MAX_JUMP) {
      // Taken in trust: the next packet tells whether it is a new start.
      this.#handleStray(packet, arrivalMs, FAR_RUN);
      return 'accepted';
    }
    const sequenceNumber = this.#highest + step;
    const known = this.#seen[sequenceNumber & this.#mask] === sequenceNumber;
    if (this.#isPast(sequenceNumber)) return this.#handlePast(packet, arrivalMs, known);
    if (known) {
      this.#duplicateCount++;
      return 'duplicate';
    }
    this.#strayRun = 0;
    this.#place(sequenceNumber, packet, arrivalMs);
    return 'accepted';
  }

  /** Hands out, in order, everything up to the newest packet that came at `olderThanMs` or before. */
  release(olderThanMs: number): OrderedPacket[] {
    const released = this.#ready;
    this.#ready = [];
    this.#drain(this.#queue.takeUntil(olderThanMs), released);
    return released;
  }

  /** Hands out everything that waits. The buffer goes on from there. */
  flush(): OrderedPacket[] {
    return this.release(Infinity);
  }

  #start(packet: RtpPacket, arrivalMs: number): PushResult {
    this.#next = packet.sequenceNumber;
    this.#place(packet.sequenceNumber, packet, arrivalMs);
    return 'accepted';
  }

  #isPast(sequenceNumber: number): boolean {
    const first = this.#started ? (this.#next ?? 0) : this.#highest - this.#mask;
    return sequenceNumber < first;
  }

  #handlePast(packet: RtpPacket, arrivalMs: number, known: boolean): PushResult {
    if (this.#handleStray(packet, arrivalMs, PAST_RUN)) return 'accepted';
    if (known) this.#duplicateCount++;
    else this.#lateCount++;
    return known ? 'duplicate' : 'late';
  }

  /** Whether this one completed a run that is a new start. */
  #handleStray(packet: RtpPacket, arrivalMs: number, runOfRestart: number): boolean {
    const previous = this.#stray;
    const follows =
      previous !== undefined && stepBetween(previous.packet.sequenceNumber, packet.sequenceNumber, 16) === 1;
    this.#strayRun = follows ? this.#strayRun + 1 : 1;
    this.#stray = { packet, arrivalMs };
    if (previous === undefined || this.#strayRun < runOfRestart) return false;
    this.#restart(previous);
    this.#place(this.#highest + 1, packet, arrivalMs);
    return true;
  }

  #restart(first: Stray): void {
    this.#makeReady(this.#highest);
    // The next number above the highest that looks the same on the wire; never the very next one, so the break shows.
    const ahead = (first.packet.sequenceNumber - this.#highest) & 0xffff;
    this.#next = this.#highest + (ahead > 1 ? ahead : ahead + 0x10000);
    this.#stray = undefined;
    this.#strayRun = 0;
    this.#restartCount++;
    this.#place(this.#next, first.packet, first.arrivalMs);
  }

  #place(sequenceNumber: number, packet: RtpPacket, arrivalMs: number): void {
    if (sequenceNumber > this.#highest) this.#highest = sequenceNumber;
    if (!this.#started && sequenceNumber < (this.#next ?? 0)) this.#next = sequenceNumber;
    if (sequenceNumber - (this.#next ?? 0) >= this.#capacity) this.#makeReady(sequenceNumber - this.#capacity);
    const index = sequenceNumber & this.#mask;
    this.#seen[index] = sequenceNumber;
    this.#slots[index] = {
      sequenceNumber,
      rtpTimestamp: this.#timestamps.next(packet.timestamp),
      marker: packet.marker,
      payload: packet.payload,
      arrivalMs,
    };
    const evicted = this.#queue.add(sequenceNumber, arrivalMs);
    if (evicted >= (this.#next ?? 0)) this.#makeReady(evicted);
  }

  /** Makes room: what is up to `limit` waits outside for the next release, and is thrown away if none ever comes. */
  #makeReady(limit: number): void {
    if (this.#ready.length >= this.#capacity) {
      this.#lostCount += this.#ready.length;
      this.#ready = [];
    }
    this.#drain(limit, this.#ready);
  }

  #drain(limit: number, into: OrderedPacket[]): void {
    if (this.#next === undefined || this.#next > limit) return;
    this.#started = true;
    let next = this.#next;
    for (; next <= limit; next++) {
      const index = next & this.#mask;
      const packet = this.#slots[index];
      if (packet === undefined) this.#lostCount++;
      else into.push(packet);
      this.#slots[index] = undefined;
    }
    this.#next = next;
  }
}
