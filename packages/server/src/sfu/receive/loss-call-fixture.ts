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

/** Plays the call. The first picture and the last ones always arrive: nobody could know of packets before and behind all others. */
export const playLossyCall = (call: LossCall): LossOutcome => {
  const { seed, durationMs, lossRate, roundTripMs, framesPerSecond = 30, packetsPerFrame = 6 } = call;
  const chance = seededChance(seed);
  let mediaMs = 0;
  const isSure = (): boolean => mediaMs === 0 || mediaMs > durationMs - 100;
  const isLost = (): boolean => !isSure() && chance() < lossRate;
  const [toUs, toSender] = [new LossyPath(isLost, roundTripMs / 2), new LossyPath(isLost, roundTripMs / 2)];
  const packetizer = new RtpPacketizer({
    ...{ ...VIDEO, clockRate: 90_000, mid: undefined },
    ...{ firstSequenceNumber: 65_000, firstTimestamp: 2 ** 32 - 1 },
  });
  const reorder = new ReorderBuffer();
  const outcome = { sent: 0, lost: 0, recorded: 0, asked: 0 };
  let nowMs = START_MS;
  const receiver = new Receiver({
    choice: chooseMedia(parseOffer(CHROMIUM_OFFER), { audio: true, videoCodecs: ['VP8'] }),
    ssrc: 99,
    send: (bytes) => toSender.send(bytes, nowMs),
    sink: {
      handlePacket: (_, packet, atMs) => reorder.push(packet, atMs),
      handleSenderReport: () => {},
      handleSourceChange: () => {},
      handleLayer: () => {},
    },
    nowMs,
  });
  const resend = (bytes: Uint8Array, atMs: number): void => {
    for (const packet of rtcpPackets(bytes)) {
      for (const sequenceNumber of parseNack(packet)?.sequenceNumbers ?? []) {
        const resent = packetizer.resend(sequenceNumber);
        outcome.asked += 1;
        if (resent !== undefined) toUs.send(resent, atMs + SENDER_DELAY_MS);
      }
    }
  };
  const payloads = Array.from({ length: packetsPerFrame }, () => Uint8Array.of(0x10, 1, 2, 3));
  for (; nowMs <= START_MS + durationMs + DRAIN_MS; nowMs += TICK_MS) {
    for (; mediaMs <= nowMs - START_MS && mediaMs < durationMs; mediaMs += 1000 / framesPerSecond) {
      for (const { bytes } of packetizer.packetize(payloads, mediaMs, true)) {
        outcome.sent += 1;
        if (!toUs.send(bytes, START_MS + mediaMs)) outcome.lost += 1;
      }
    }
    for (const { bytes, atMs } of toSender.arrivedBy(nowMs)) resend(bytes, atMs);
    for (const { bytes, atMs } of toUs.arrivedBy(nowMs)) receiver.handlePacket(bytes, atMs);
    receiver.tick(nowMs);
    outcome.recorded += reorder.release(nowMs - HOLD_MS).length;
  }
  const [video] = receiver.stats(nowMs).sources;
  return { ...outcome, recovered: video?.recovered ?? 0, unrecovered: video?.unrecovered ?? 0 };
};
