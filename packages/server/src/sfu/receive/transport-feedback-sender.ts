/** Tells a sender when its packets came, often enough for its estimate and seldom enough to cost little. */
import { readTransportSequenceNumber } from '@callreel/media/rtp/header-extension.ts';
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import type { Feedback } from './feedback.ts';
import { TransportArrivals } from './transport-arrivals.ts';

/** libwebrtc's bounds, and its share of the received bits; its usual feedback has 68 bytes with IP, UDP and SRTP. */
const MIN_INTERVAL_MS = 50;
const MAX_INTERVAL_MS = 250;
const FEEDBACK_SHARE = 0.05;
const FEEDBACK_BYTES = 68;

export class TransportFeedbackSender {
  readonly #extensionId: number;
  readonly #feedback: Feedback;
  readonly #arrivals = new TransportArrivals();
  #bytesSince = 0;
  #sentMs = Number.NEGATIVE_INFINITY;
  #mediaSsrc = 0;

  constructor(extensionId: number, feedback: Feedback) {
    this.#extensionId = extensionId;
    this.#feedback = feedback;
  }

  /** Every packet of the connection, of whatever stream: probes that carry no media count as well. */
  handlePacket(packet: RtpPacket, sizeBytes: number, arrivalMs: number): void {
    const sequenceNumber = readTransportSequenceNumber(packet, this.#extensionId);
    if (sequenceNumber === undefined) return;
    this.#arrivals.receive(sequenceNumber, arrivalMs);
    this.#bytesSince += sizeBytes;
    this.#mediaSsrc = packet.ssrc;
  }

  /** Call it every 10 ms or so. */
  tick(nowMs: number): void {
    if (!this.#due(nowMs)) return;
    const told = this.#arrivals.take(nowMs);
    if (told === undefined) return;
    this.#feedback.arrivals(this.#mediaSsrc, told.baseSequenceNumber, told.arrivalsMs);
    this.#sentMs = nowMs;
    this.#bytesSince = 0;
  }

  #due(nowMs: number): boolean {
    const sinceMs = nowMs - this.#sentMs;
    if (this.#bytesSince === 0 || sinceMs < MIN_INTERVAL_MS) return false;
    return sinceMs >= MAX_INTERVAL_MS || FEEDBACK_SHARE * this.#bytesSince >= FEEDBACK_BYTES;
  }
}
