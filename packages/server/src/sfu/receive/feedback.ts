/** RTCP to one publisher, as compounds or, where the peer takes them, single packets (RFC 5506). */
import { joinRtcp } from '@callreel/media/rtcp/compound.ts';
import { buildFir, buildPli } from '@callreel/media/rtcp/key-frame-request.ts';
import { buildNack } from '@callreel/media/rtcp/negative-acknowledgement.ts';
import { buildReceiverReport, type ReportBlock } from '@callreel/media/rtcp/receiver-report.ts';
import { buildRemb } from '@callreel/media/rtcp/remb.ts';
import { buildSenderReportRequest } from '@callreel/media/rtcp/sender-report-request.ts';
import { buildSourceDescription } from '@callreel/media/rtcp/source-description.ts';
import { buildTransportFeedback } from '@callreel/media/rtcp/transport-feedback.ts';

export type FeedbackOptions = {
  /** Ours, as a receiver: random, 32 bits. */
  ssrc: number;
  /** The peer takes packets without a report in front. */
  reducedSize: boolean;
  send: (bytes: Uint8Array) => void;
};

const CNAME = 'callreel';
/** So that a packet stays far below the path's MTU, whatever the pattern of loss: at worst an entry of four bytes each. */
const MAX_NACKS_A_PACKET = 200;

export class Feedback {
  readonly #ssrc: number;
  readonly #reducedSize: boolean;
  readonly #send: (bytes: Uint8Array) => void;
  readonly #sourceDescription: Uint8Array;
  #firCommandNumber = 0;
  #transportFeedbackCount = 0;

  constructor({ ssrc, reducedSize, send }: FeedbackOptions) {
    this.#ssrc = ssrc;
    this.#reducedSize = reducedSize;
    this.#send = send;
    this.#sourceDescription = buildSourceDescription(ssrc, CNAME);
  }

  /** Asks for packets again. */
  nack(mediaSsrc: number, sequenceNumbers: readonly number[]): void {
    for (let start = 0; start < sequenceNumbers.length; start += MAX_NACKS_A_PACKET) {
      const some = sequenceNumbers.slice(start, start + MAX_NACKS_A_PACKET);
      this.#sendFeedback(buildNack(this.#ssrc, mediaSsrc, some));
    }
  }

  /** Asks for a key frame. */
  pli(mediaSsrc: number): void {
    this.#sendFeedback(buildPli(this.#ssrc, mediaSsrc));
  }

  /** The same, for senders that did not negotiate PLI. */
  fir(mediaSsrc: number): void {
    this.#sendFeedback(buildFir(this.#ssrc, mediaSsrc, this.#firCommandNumber));
    this.#firCommandNumber += 1;
  }

  /** Asks for a sender report now: without it the first one of sound comes after 2 to 9 s. */
  requestSenderReport(mediaSsrc: number): void {
    this.#sendFeedback(buildSenderReportRequest(this.#ssrc, mediaSsrc));
  }

  /** When packets of all streams came, by the number that they share; the last of them came. In as many packets as it takes. */
  arrivals(mediaSsrc: number, baseSequenceNumber: number, arrivalsMs: readonly (number | undefined)[]): void {
    for (let told = 0; told < arrivalsMs.length; ) {
      const { bytes, covered } = buildTransportFeedback({
        senderSsrc: this.#ssrc,
        mediaSsrc,
        feedbackCount: this.#transportFeedbackCount,
        baseSequenceNumber: (baseSequenceNumber + told) & 0xffff,
        arrivalsMs: told === 0 ? arrivalsMs : arrivalsMs.slice(told),
      });
      this.#transportFeedbackCount = (this.#transportFeedbackCount + 1) & 0xff;
      this.#sendFeedback(bytes);
      told += covered;
    }
  }

  /** The bits that are allowed, at once, and not only with the next report. */
  allow(bitsPerSecond: number, videoSsrcs: readonly number[]): void {
    this.#sendFeedback(buildRemb(this.#ssrc, bitsPerSecond, videoSsrcs));
  }

  /** The report of every second; with the bits that are allowed, where the sender takes that. */
  report(
    blocks: readonly ReportBlock[],
    allowedBitsPerSecond: number | undefined,
    videoSsrcs: readonly number[],
  ): void {
    const packets = [buildReceiverReport(this.#ssrc, blocks), this.#sourceDescription];
    if (allowedBitsPerSecond !== undefined) packets.push(buildRemb(this.#ssrc, allowedBitsPerSecond, videoSsrcs));
    this.#send(joinRtcp(packets));
  }

  #sendFeedback(packet: Uint8Array): void {
    if (this.#reducedSize) this.#send(packet);
    else this.#send(joinRtcp([buildReceiverReport(this.#ssrc, []), this.#sourceDescription, packet]));
  }
}
