/**
 * Which packets of one stream are missing, and when to ask for them again: in up to three rounds, a round trip and 10 ms apart. With 5 % lost
 * both ways each round brings back nine in ten of those still missing; three of them fit the recorder's 400 ms at 80 ms of round trip.
 */
import { sequenceDistance } from '@callreel/media/rtp/sequence-number.ts';
import { RoundTripEstimate } from './round-trip-estimate.ts';

const MAX_ROUNDS = 3;
const ROUND_MARGIN_MS = 10;
/** Less than a busy sender's own delay: three rounds would be over before it looked at the first. */
const MIN_ROUND_MS = 30;
/**
 * On a longer path the answers of all rounds would not come within the recorder's 400 ms. At 200 ms, 5 % lost, 99.94 % come in time so,
 * each asked for twice; one after the other, 99.56 %.
 */
const MAX_ROUND_MS = 110;
/** About a second of 1080p. A longer hole is past repair: nothing of it is asked for. */
const MAX_GAP = 500;
/** MAX_DROPOUT of RFC 3550 A.1: beyond it the sender's count jumped, and nobody knows how many are missing. */
const MAX_DROPOUT = 3000;
/** More than the recorder's hold can use; the oldest are given up. */
const MAX_MISSING = 1000;
/** A call's worth, so that one who makes up holes gets a small packet of 800 bytes a tick at most; the others wait for the next. */
const MAX_ASKED_AT_ONCE = 200;

type Missing = { rounds: number; askedMs: number };

const NONE: readonly number[] = [];

export class NackGenerator {
  readonly #roundTrip = new RoundTripEstimate();
  /** By sequence number, in the order that they were sent. */
  readonly #missing = new Map<number, Missing>();
  #newest: number | undefined;
  /** Packets that came again after we asked. */
  recovered = 0;
  /** Packets that did not come within three rounds, or were too many to ask for. */
  givenUp = 0;

  /** How many are being asked for. */
  get missing(): number {
    return this.#missing.size;
  }

  roundTripMs(nowMs: number): number {
    return this.#roundTrip.valueMs(nowMs);
  }

  /** Whether a retransmission of this one may be true: senders keep a second or so (1024 packets in libwebrtc), and
   * probe a path with what they sent last. */
  isNear(sequenceNumber: number): boolean {
    const newest = this.#newest;
    if (newest === undefined) return false;
    const ahead = sequenceDistance(sequenceNumber, newest);
    return ahead > -MAX_DROPOUT && ahead <= MAX_GAP;
  }

  /** A packet came by itself; or again in the same stream, from a sender that has none for retransmissions. */
  receive(sequenceNumber: number): void {
    const newest = this.#newest;
    this.#newest = sequenceNumber;
    if (newest === undefined) return;
    const ahead = sequenceDistance(sequenceNumber, newest);
    if (ahead === 1) return;
    if (ahead > 1) this.#addGap(newest, ahead);
    else this.#handleOld(sequenceNumber, newest, ahead);
  }

  /** A retransmission came, its own sequence number restored. */
  receiveRepair(sequenceNumber: number, nowMs: number): void {
    const missing = this.#missing.get(sequenceNumber);
    if (missing === undefined) return;
    this.#missing.delete(sequenceNumber);
    this.recovered += 1;
    // Of one that was asked for twice, nobody knows which time was answered (Karn's rule).
    if (missing.rounds === 1) this.#roundTrip.measure(nowMs - missing.askedMs, nowMs);
  }

  /** What to ask for now, in the order that it was sent. Packets that are only out of order have until this call to come. */
  due(nowMs: number): readonly number[] {
    if (this.#missing.size === 0) return NONE;
    const roundMs = this.#roundTrip.valueMs(nowMs) + ROUND_MARGIN_MS;
    const intervalMs = Math.min(MAX_ROUND_MS, Math.max(MIN_ROUND_MS, roundMs));
    const due: number[] = [];
    for (const [sequenceNumber, missing] of this.#missing) {
      if (due.length === MAX_ASKED_AT_ONCE) break;
      if (missing.rounds > 0 && nowMs - missing.askedMs < intervalMs) continue;
      if (missing.rounds === MAX_ROUNDS) {
        this.#giveUp(sequenceNumber);
        continue;
      }
      missing.rounds += 1;
      missing.askedMs = nowMs;
      due.push(sequenceNumber);
    }
    return due;
  }

  #addGap(newest: number, ahead: number): void {
    if (ahead > MAX_GAP) {
      this.#forgetAll();
      if (ahead < MAX_DROPOUT) this.givenUp += ahead - 1;
      return;
    }
    for (let step = 1; step < ahead; step += 1) {
      this.#missing.set((newest + step) & 0xffff, { rounds: 0, askedMs: 0 });
    }
    for (const oldest of this.#missing.keys()) {
      if (this.#missing.size <= MAX_MISSING) break;
      this.#giveUp(oldest);
    }
  }

  /** Out of order, a duplicate, or the sender's count jumped back. */
  #handleOld(sequenceNumber: number, newest: number, ahead: number): void {
    if (ahead < -MAX_MISSING) {
      this.#forgetAll();
      return;
    }
    this.#newest = newest;
    // When it was only late, its own delay would be taken for a round trip: nothing is measured here.
    if ((this.#missing.get(sequenceNumber)?.rounds ?? 0) > 0) this.recovered += 1;
    this.#missing.delete(sequenceNumber);
  }

  #giveUp(sequenceNumber: number): void {
    this.#missing.delete(sequenceNumber);
    this.givenUp += 1;
  }

  #forgetAll(): void {
    this.givenUp += this.#missing.size;
    this.#missing.clear();
  }
}
