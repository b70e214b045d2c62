/**
 * How much one publication may send us. What is over it is thrown away before it is parsed, at a tenth of what a packet costs otherwise; one
 * that goes on so is cut off. Without it a sender fills the event loop of its process, and the library's queue behind that, which knows
 * no bound.
 */

/** 1080p at 60 pictures a second with two smaller layers is 1,500 packets and 1.5 MB a second. */
const PACKETS_PER_SECOND = 6000;
const BYTES_PER_SECOND = 8_000_000;
/** What comes at once after a pause of our own, or of the network, is a second's worth. */
const BURST_MS = 1000;
/** In each of so many seconds, one after the other, something was thrown away; */
const FLOOD_SECONDS = 3;
/**
 * or in one of them so much that no pause of ours explains it. While the event loop stands still, a sender of 1100-byte packets on the same
 * machine grows the library's queue by 80 MB a second: it is not to have three.
 */
const FLOOD_PACKETS = 30_000;

export class PacketBudget {
  #packets = PACKETS_PER_SECOND;
  #bytes = BYTES_PER_SECOND;
  #refilledMs: number;
  #second = 0;
  #secondsOver = 0;
  #shedInSecond = 0;
  /** Packets thrown away. */
  shed = 0;

  constructor(nowMs: number) {
    this.#refilledMs = nowMs;
  }

  /** False for a packet that is to be thrown away unseen. */
  take(sizeBytes: number, nowMs: number): boolean {
    this.#refill(nowMs);
    if (this.#packets < 1 || this.#bytes < sizeBytes) {
      this.#shed(nowMs);
      return false;
    }
    this.#packets -= 1;
    this.#bytes -= sizeBytes;
    return true;
  }

  /** It is no burst that will pass. */
  isFlooded(nowMs: number): boolean {
    const isFlood = this.#secondsOver >= FLOOD_SECONDS || this.#shedInSecond >= FLOOD_PACKETS;
    return isFlood && Math.floor(nowMs / 1000) - this.#second <= 1;
  }

  #refill(nowMs: number): void {
    const elapsedMs = Math.min(BURST_MS, nowMs - this.#refilledMs);
    if (elapsedMs <= 0) return;
    this.#refilledMs = nowMs;
    this.#packets = Math.min(PACKETS_PER_SECOND, this.#packets + (elapsedMs / 1000) * PACKETS_PER_SECOND);
    this.#bytes = Math.min(BYTES_PER_SECOND, this.#bytes + (elapsedMs / 1000) * BYTES_PER_SECOND);
  }

  #shed(nowMs: number): void {
    this.shed += 1;
    this.#shedInSecond += 1;
    const second = Math.floor(nowMs / 1000);
    if (second === this.#second) return;
    this.#shedInSecond = 1;
    this.#secondsOver = second === this.#second + 1 ? this.#secondsOver + 1 : 1;
    this.#second = second;
  }
}
