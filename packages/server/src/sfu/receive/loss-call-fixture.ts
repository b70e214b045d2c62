/** For tests and the benchmark: a camera's packets over a path that loses and delays, on virtual time, and what came of each. */

import { ReorderBuffer } from '@callreel/media/reorder/reorder-buffer.ts';
import { rtcpPackets } from '@callreel/media/rtcp/compound.ts';
import { parseNack } from '@callreel/media/rtcp/negative-acknowledgement.ts';
import { chooseMedia } from '@callreel/media/sdp/choose-media.ts';
import { parseOffer } from '@callreel/media/sdp/offer.ts';
import { CHROMIUM_OFFER } from '@callreel/media/sdp/offers-fixture.ts';
import { seededChance } from '@callreel/synthetic/seeded-chance.ts';
import { RtpPacketizer } from '@callreel/synthetic/send/rtp-packetizer.ts';
import { Receiver } from './receiver.ts';

export type LossCall = {
  seed: number;
  durationMs: number;
  /** Of packets, on each way. */
  lossRate: number;
  roundTripMs: number;
  framesPerSecond?: number;
  packetsPerFrame?: number;
};

export type LossOutcome = {
  sent: number;
  /** On their first way. */
  lost: number;
  /** Of those sent, how many the recorder had when their time was up. */
  recorded: number;
  recovered: number;
  /** Named as given up. */
  unrecovered: number;
  /** Packets that were asked for, counted each time. */
  asked: number;
};

/** How long the recorder waits. */
const HOLD_MS = 400;
const TICK_MS = 10;
/** A sender looks at its sockets, encrypts, and paces what it sends again. */
const SENDER_DELAY_MS = 5;
const VIDEO = { ssrc: 2806965345, payloadType: 96, rtx: { ssrc: 2522372685, payloadType: 97 } };
const DRAIN_MS = 2000;
const START_MS = 10_000;

type Arrival = { atMs: number; bytes: Uint8Array };

class LossyPath {
  readonly #arrivals: Arrival[] = [];
  readonly #isLost: () => boolean;
  readonly #delayMs: number;

  constructor(isLost: () => boolean, delayMs: number) {
    this.#isLost = isLost;
    this.#delayMs = delayMs;
  }

  /** Whether it will arrive. */
  send(bytes: Uint8Array, atMs: number): boolean {
    if (this.#isLost()) return false;
    this.#arrivals.push({ atMs: atMs + this.#delayMs, bytes });
    return true;
  }

  arrivedBy(nowMs: number): Arrival[] {
    this.#arrivals.sort((one, other) => one.atMs - other.atMs);
    const waiting = this.#arrivals.findIndex(({ atMs }) => atMs > nowMs);
    return this.#arrivals.splice(0, waiting < 0 ? this.#arrivals.length : waiting);
  }
}

class LossyCallPlayer {
  readonly #call: LossCall;
  readonly #toUs: LossyPath;
  readonly #toSender: LossyPath;
  readonly #receiver: Receiver;
  readonly #reorder = new ReorderBuffer();
  readonly #packetizer = new RtpPacketizer({
    ...{ ...VIDEO, clockRate: 90_000, mid: undefined },
    ...{ firstSequenceNumber: 65_000, firstTimestamp: 2 ** 32 - 1 },
  });
  readonly #payloads: Uint8Array[];
  readonly #counts = { sent: 0, lost: 0, recorded: 0, asked: 0 };
  #nowMs = START_MS;
  #mediaMs = 0;

  constructor(call: LossCall) {
    const chance = seededChance(call.seed);
    const isLost = (): boolean => !this.#isSure && chance() < call.lossRate;
    this.#call = call;
    this.#toUs = new LossyPath(isLost, call.roundTripMs / 2);
    this.#toSender = new LossyPath(isLost, call.roundTripMs / 2);
    this.#payloads = Array.from({ length: call.packetsPerFrame ?? 6 }, () => Uint8Array.of(0x10, 1, 2, 3));
    this.#receiver = new Receiver({
      choice: chooseMedia(parseOffer(CHROMIUM_OFFER), { audioCodecs: ['opus'], videoCodecs: ['VP8'] }),
      ssrc: 99,
      send: (bytes) => this.#toSender.send(bytes, this.#nowMs),
      sink: {
        handlePacket: (_, packet, atMs) => this.#reorder.push(packet, atMs),
        handleSenderReport: () => {},
        handleSourceChange: () => {},
        handleLayer: () => {},
      },
      nowMs: START_MS,
    });
  }

  play(): LossOutcome {
    for (; this.#nowMs <= START_MS + this.#call.durationMs + DRAIN_MS; this.#nowMs += TICK_MS) {
      this.#sendPictures();
      for (const { bytes, atMs } of this.#toSender.arrivedBy(this.#nowMs)) this.#resend(bytes, atMs);
      for (const { bytes, atMs } of this.#toUs.arrivedBy(this.#nowMs)) this.#receiver.handlePacket(bytes, atMs);
      this.#receiver.tick(this.#nowMs);
      this.#counts.recorded += this.#reorder.release(this.#nowMs - HOLD_MS).length;
    }
    const [video] = this.#receiver.stats(this.#nowMs).sources;
    return { ...this.#counts, recovered: video?.recovered ?? 0, unrecovered: video?.unrecovered ?? 0 };
  }

  /** Nobody could know of packets before and behind all others. */
  get #isSure(): boolean {
    return this.#mediaMs === 0 || this.#mediaMs > this.#call.durationMs - 100;
  }

  #sendPictures(): void {
    const { durationMs, framesPerSecond = 30 } = this.#call;
    for (
      ;
      this.#mediaMs <= this.#nowMs - START_MS && this.#mediaMs < durationMs;
      this.#mediaMs += 1000 / framesPerSecond
    ) {
      for (const { bytes } of this.#packetizer.packetize(this.#payloads, this.#mediaMs, true)) {
        this.#counts.sent += 1;
        if (!this.#toUs.send(bytes, START_MS + this.#mediaMs)) this.#counts.lost += 1;
      }
    }
  }

  #resend(bytes: Uint8Array, atMs: number): void {
    for (const packet of rtcpPackets(bytes)) {
      for (const sequenceNumber of parseNack(packet)?.sequenceNumbers ?? []) {
        const resent = this.#packetizer.resend(sequenceNumber);
        this.#counts.asked += 1;
        if (resent !== undefined) this.#toUs.send(resent, atMs + SENDER_DELAY_MS);
      }
    }
  }
}

/** Plays the call. The first picture and the last ones always arrive. */
export const playLossyCall = (call: LossCall): LossOutcome => new LossyCallPlayer(call).play();
