/**
 * What a receiver report says about one stream: loss and jitter as the network made them (RFC 3550 appendices A.1, A.3, A.8).
 * Retransmissions come in a stream of their own and are not counted, so a sender's congestion control sees the true loss.
 */
import type { ReportBlock } from './receiver-report.ts';

/** Beyond these a packet belongs to no gap: the sender began anew, or the packet is a stray (RFC 3550 appendix A.1). */
const MAX_DROPOUT = 3000;
const MAX_MISORDER = 100;
const SEQUENCE_CYCLE = 65_536;
const NO_SEQUENCE = -1;

export class ReceptionStatistics {
  readonly #ssrc: number;
  readonly #clockRateKhz: number;
  #started = false;
  #baseExtended = 0;
  #cycles = 0;
  #highest = 0;
  /** The number after a stray one: two in a row mean that the sender began anew. */
  #expectedAfterJump = NO_SEQUENCE;
  #received = 0;
  #expectedPrior = 0;
  #receivedPrior = 0;
  #jitter = 0;
  #lastTransit = 0;
  #lastTimestamp = 0;
  #senderReportMiddle32 = 0;
  #senderReportArrivalMs: number | undefined;

  /** `clockRateHz` is the RTP clock's: 48000 for Opus, 90000 for video. */
  constructor(ssrc: number, clockRateHz: number) {
    this.#ssrc = ssrc;
    this.#clockRateKhz = clockRateHz / 1000;
  }

  /** Packets received, duplicates included, since the stream began (anew). */
  get received(): number {
    return this.#received;
  }

  /** Packets that were sent, by their numbers, since the stream began (anew). */
  get expected(): number {
    return this.#started ? this.#cycles + this.#highest - this.#baseExtended + 1 : 0;
  }

  /** Packets that did not come by themselves; negative where duplicates did. */
  get lost(): number {
    return this.expected - this.#received;
  }

  receive(sequenceNumber: number, timestamp: number, arrivalMs: number): void {
    if (!this.#started) this.#restart(sequenceNumber);
    else if (!this.#follow(sequenceNumber)) return;
    this.#received += 1;
    this.#updateJitter(timestamp, arrivalMs);
  }

  handleSenderReport(ntpMiddle32: number, arrivalMs: number): void {
    this.#senderReportMiddle32 = ntpMiddle32;
    this.#senderReportArrivalMs = arrivalMs;
  }

  /** The block for a report sent now. `fractionLost256` covers the time since the last call. */
  report(nowMs: number): ReportBlock {
    const expected = this.expected;
    const expectedInterval = expected - this.#expectedPrior;
    const lostInterval = expectedInterval - (this.#received - this.#receivedPrior);
    this.#expectedPrior = expected;
    this.#receivedPrior = this.#received;
    const sinceReportMs = nowMs - (this.#senderReportArrivalMs ?? nowMs);
    return {
      ssrc: this.#ssrc,
      fractionLost256: lostInterval <= 0 ? 0 : Math.min(255, Math.floor((lostInterval * 256) / expectedInterval)),
      cumulativeLost: expected - this.#received,
      extendedHighestSequenceNumber: (this.#cycles + this.#highest) >>> 0,
      jitter: Math.floor(this.#jitter),
      lastSenderReport: this.#senderReportMiddle32,
      delaySinceLastSenderReport: Math.round(sinceReportMs * 65.536),
    };
  }

  #restart(sequenceNumber: number): void {
    this.#started = true;
    this.#baseExtended = sequenceNumber;
    this.#highest = sequenceNumber;
    this.#cycles = 0;
    this.#expectedAfterJump = NO_SEQUENCE;
    this.#received = 0;
    this.#expectedPrior = 0;
    this.#receivedPrior = 0;
  }

  /** False for a stray that is not to be counted. */
  #follow(sequenceNumber: number): boolean {
    const ahead = (sequenceNumber - this.#highest) & 0xffff;
    if (ahead < MAX_DROPOUT) {
      if (sequenceNumber < this.#highest) this.#cycles += SEQUENCE_CYCLE;
      this.#highest = sequenceNumber;
      this.#expectedAfterJump = NO_SEQUENCE;
      return true;
    }
    if (ahead > SEQUENCE_CYCLE - MAX_MISORDER) return true;
    if (sequenceNumber === this.#expectedAfterJump) {
      this.#restart(sequenceNumber);
      return true;
    }
    this.#expectedAfterJump = (sequenceNumber + 1) & 0xffff;
    return false;
  }

  /** Packets of one picture share a timestamp and leave as a burst: only the first of each says something of the network. */
  #updateJitter(timestamp: number, arrivalMs: number): void {
    if (this.#received > 1 && timestamp === this.#lastTimestamp) return;
    const transit = arrivalMs * this.#clockRateKhz - timestamp;
    if (this.#received > 1) {
      const difference = Math.abs(transit - this.#lastTransit) % 2 ** 32;
      const wrapped = Math.min(difference, 2 ** 32 - difference);
      this.#jitter += (wrapped - this.#jitter) / 16;
    }
    this.#lastTransit = transit;
    this.#lastTimestamp = timestamp;
  }
}
