/** One stream of packets (one SSRC) of a publication: what came of it and what is missing. */
import { ReceptionStatistics } from '@callreel/media/rtcp/reception-statistics.ts';
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import type { TrackKind } from '../../recorder/recording-spec.ts';
import { NackGenerator } from './nack-generator.ts';

export type { TrackKind };

export class MediaSource {
  readonly track: TrackKind;
  /** Of a simulcast track its rid, or its SSRC in decimals where it has none; empty where the track is one stream. */
  readonly layer: string;
  readonly ssrc: number;
  readonly payloadType: number;
  readonly statistics: ReceptionStatistics;
  /** Undefined where lost packets are not asked for: senders keep none of sound. */
  readonly nacks: NackGenerator | undefined;
  lastArrivalMs = 0;
  packets = 0;
  bytes = 0;
  senderReports = 0;
  /** Its sender said that it will send no more, and kept to it so far. */
  saidGoodbye = false;

  #takenExpected = 0;
  #takenLost = 0;

  constructor(options: {
    track: TrackKind;
    layer: string;
    ssrc: number;
    payloadType: number;
    canRepair: boolean;
    clockRateHz: number;
  }) {
    this.track = options.track;
    this.layer = options.layer;
    this.ssrc = options.ssrc;
    this.payloadType = options.payloadType;
    this.statistics = new ReceptionStatistics(options.ssrc, options.clockRateHz);
    this.nacks = options.canRepair ? new NackGenerator() : undefined;
  }

  /** Packets sent and lost since the last call. */
  takeInterval(): { expected: number; lost: number } {
    const { expected, lost } = this.statistics;
    const interval = { expected: expected - this.#takenExpected, lost: lost - this.#takenLost };
    this.#takenExpected = expected;
    this.#takenLost = lost;
    return interval;
  }

  receive(packet: RtpPacket, arrivalMs: number): void {
    this.packets += 1;
    this.bytes += packet.payload.length;
    this.lastArrivalMs = arrivalMs;
    this.saidGoodbye = false;
    this.statistics.receive(packet.sequenceNumber, packet.timestamp, arrivalMs);
    this.nacks?.receive(packet.sequenceNumber);
  }

  /** A retransmission, restored. False for one that cannot be of this stream's last packets: it is not to be handed on. */
  receiveRepair(packet: RtpPacket, arrivalMs: number): boolean {
    if (this.nacks?.isNear(packet.sequenceNumber) === false) return false;
    this.bytes += packet.payload.length;
    this.lastArrivalMs = arrivalMs;
    this.nacks?.receiveRepair(packet.sequenceNumber, arrivalMs);
    return true;
  }
}

/** Of several streams together. */
export const takeIntervals = (sources: readonly MediaSource[]): { expected: number; lost: number } => {
  const total = { expected: 0, lost: 0 };
  for (const source of sources) {
    const { expected, lost } = source.takeInterval();
    total.expected += expected;
    total.lost += lost;
  }
  return total;
};
