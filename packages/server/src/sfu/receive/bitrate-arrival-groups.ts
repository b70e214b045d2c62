/**
 * Packets that were sent together, and how much farther apart two such groups arrived than they were sent: the queue's growth between
 * them (draft-ietf-rmcat-gcc-02 section 5.2 and 5.3; libwebrtc's InterArrival).
 */

/** Sent within so long of the first, packets are one group: a pacer sends every 5 ms. */
const GROUP_MS = 5;
/** What came at once after it was held up says nothing of a queue, up to so long. */
const BURST_GAP_MS = 5;
const MAX_BURST_MS = 100;
/** A clock that leapt: begin anew. */
const MAX_LEAP_MS = 3000;

type Group = { firstSentMs: number; lastSentMs: number; firstArrivalMs: number; lastArrivalMs: number };

export type GroupDelta = { sentMs: number; arrivedMs: number; arrivalMs: number };

export class ArrivalGroups {
  #current: Group | undefined;
  #previous: Group | undefined;

  /** `sentMs` on the sender's clock, unwrapped. Yields the difference of the two groups before the one that begins with this packet. */
  push(sentMs: number, arrivalMs: number): GroupDelta | undefined {
    const current = this.#current;
    if (current === undefined) return this.#begin(sentMs, arrivalMs);
    if (current.firstSentMs - sentMs > MAX_LEAP_MS) {
      this.#previous = undefined;
      return this.#begin(sentMs, arrivalMs);
    }
    if (sentMs < current.firstSentMs) return undefined;
    if (this.#belongs(current, sentMs, arrivalMs)) {
      current.lastSentMs = Math.max(current.lastSentMs, sentMs);
      current.lastArrivalMs = arrivalMs;
      return undefined;
    }
    const previous = this.#previous;
    this.#previous = current;
    this.#begin(sentMs, arrivalMs);
    return previous && this.#deltaOf(previous, current);
  }

  #begin(sentMs: number, arrivalMs: number): undefined {
    this.#current = {
      firstSentMs: sentMs,
      lastSentMs: sentMs,
      firstArrivalMs: arrivalMs,
      lastArrivalMs: arrivalMs,
    };
  }

  #belongs(current: Group, sentMs: number, arrivalMs: number): boolean {
    if (sentMs - current.firstSentMs <= GROUP_MS) return true;
    const arrivedMs = arrivalMs - current.lastArrivalMs;
    const queueGrewMs = arrivedMs - (sentMs - current.lastSentMs);
    return queueGrewMs < 0 && arrivedMs <= BURST_GAP_MS && arrivalMs - current.firstArrivalMs < MAX_BURST_MS;
  }

  #deltaOf(previous: Group, current: Group): GroupDelta | undefined {
    const sentMs = current.lastSentMs - previous.lastSentMs;
    const arrivedMs = current.lastArrivalMs - previous.lastArrivalMs;
    if (arrivedMs < 0 || Math.abs(arrivedMs - sentMs) > MAX_LEAP_MS) {
      this.#previous = undefined;
      return undefined;
    }
    return { sentMs, arrivedMs, arrivalMs: current.lastArrivalMs };
  }
}
