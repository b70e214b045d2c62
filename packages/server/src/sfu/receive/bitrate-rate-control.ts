/**
 * The number that a sender is told (REMB): lowered by a queue that grows, before anything is lost, and by loss; raised while neither is
 * seen (draft-ietf-rmcat-gcc-02 section 5.5 and 6). It rises faster than the draft's 8 % a second: there is no probing from this side, and
 * libwebrtc sends at once what REMB says.
 */
import type { NetworkUsage } from './bitrate-trendline.ts';

/** Of what came while the queue grew. */
const DECREASE = 0.85;
/** So seldom, unless what is allowed is far above what comes: the sender's answer takes a round trip. */
const MIN_DECREASE_INTERVAL_MS = 300;
const FAR_ABOVE = 1.5;
/** A second's rise: before anything was too much; then where nothing stands against it; beyond what is used; near what was too much lately. */
const FIRST_RISE = 2;
const RISE = 1.5;
const UNUSED_RISE = 1.2;
const CAREFUL_RISE = 1.08;
const USED = 1.5;
const NEAR = 1.1;
/** What was too much so long ago may be carried again. */
const FORGET_MS = 15_000;
/** Enough for sound and a small picture. */
const FLOOR_BITS_PER_SECOND = 80_000;

export class RateControl {
  #bitsPerSecond: number;
  #tooMuch = { bitsPerSecond: 0, atMs: Number.NEGATIVE_INFINITY };
  #updatedMs: number | undefined;
  /** Enough is lost that more would be wrong. */
  holds = false;

  constructor(startBitsPerSecond: number) {
    this.#bitsPerSecond = startBitsPerSecond;
  }

  get bitsPerSecond(): number {
    return this.#bitsPerSecond;
  }

  /** With each judgement of the queue. */
  handleUsage(usage: NetworkUsage, receivedBitsPerSecond: number, nowMs: number): void {
    const seconds = Math.min(1, (nowMs - (this.#updatedMs ?? nowMs)) / 1000);
    this.#updatedMs = nowMs;
    if (usage === 'overusing') this.#handleQueue(receivedBitsPerSecond, nowMs);
    if (usage === 'normal' && !this.holds) this.#rise(receivedBitsPerSecond, seconds, nowMs);
  }

  /** More than a tenth was lost: to what was sent, at most, and less by half of that share. */
  handleLoss(lossShare: number, receivedBitsPerSecond: number, nowMs: number): void {
    const sent = receivedBitsPerSecond / (1 - Math.min(lossShare, 0.9));
    this.#tooMuch = { bitsPerSecond: receivedBitsPerSecond, atMs: nowMs };
    this.#set(Math.min(this.#bitsPerSecond, sent) * (1 - lossShare / 2));
  }

  /** At most. */
  limit(bitsPerSecond: number): void {
    this.#bitsPerSecond = Math.min(this.#bitsPerSecond, bitsPerSecond);
  }

  /** Who was held by nothing but the cap may use another at once. */
  start(bitsPerSecond: number): void {
    this.#bitsPerSecond = bitsPerSecond;
  }

  #set(bitsPerSecond: number): void {
    this.#bitsPerSecond = Math.max(FLOOR_BITS_PER_SECOND, bitsPerSecond);
  }

  #handleQueue(received: number, nowMs: number): void {
    const far = this.#bitsPerSecond > FAR_ABOVE * received;
    if (nowMs - this.#tooMuch.atMs < MIN_DECREASE_INTERVAL_MS && !far) return;
    this.#tooMuch = { bitsPerSecond: received, atMs: nowMs };
    this.#set(Math.min(this.#bitsPerSecond, DECREASE * received));
  }

  #rise(received: number, seconds: number, nowMs: number): void {
    this.#set(this.#bitsPerSecond * this.#risePerSecond(received, nowMs) ** seconds);
  }

  #risePerSecond(received: number, nowMs: number): number {
    const { bitsPerSecond, atMs } = this.#tooMuch;
    if (bitsPerSecond === 0) return FIRST_RISE;
    if (nowMs - atMs < FORGET_MS && this.#bitsPerSecond < NEAR * bitsPerSecond) return CAREFUL_RISE;
    return this.#bitsPerSecond < USED * received ? RISE : UNUSED_RISE;
  }
}
