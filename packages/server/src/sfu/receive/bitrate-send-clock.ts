/** When packets were sent, on their sender's clock, counted on over its wraps. */
import { ABSOLUTE_SEND_TIME_MODULUS_MS, readAbsoluteSendTime } from '@callreel/media/rtp/header-extension.ts';
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';

export type SendTimes =
  /** Every packet says when it was sent. */
  | { kind: 'absolute'; extensionId: number }
  /** Pictures say when they were taken: packets of this payload type alone. */
  | { kind: 'timestamps'; payloadType: number };

const VIDEO_TICKS_PER_MS = 90;
const TIMESTAMP_MODULUS_MS = 2 ** 32 / VIDEO_TICKS_PER_MS;

export class SendClock {
  readonly #times: SendTimes;
  readonly #modulusMs: number;
  #lastMs: number | undefined;

  constructor(times: SendTimes) {
    this.#times = times;
    this.#modulusMs = times.kind === 'absolute' ? ABSOLUTE_SEND_TIME_MODULUS_MS : TIMESTAMP_MODULUS_MS;
  }

  /** Milliseconds; undefined for a packet that does not say. */
  read(packet: RtpPacket): number | undefined {
    const wrappedMs = this.#wrapped(packet);
    if (wrappedMs === undefined) return undefined;
    const last = this.#lastMs ?? wrappedMs;
    const half = this.#modulusMs / 2;
    const ahead = ((((wrappedMs - last + half) % this.#modulusMs) + this.#modulusMs) % this.#modulusMs) - half;
    this.#lastMs = last + ahead;
    return this.#lastMs;
  }

  #wrapped(packet: RtpPacket): number | undefined {
    const times = this.#times;
    if (times.kind === 'absolute') return readAbsoluteSendTime(packet, times.extensionId);
    return packet.payloadType === times.payloadType ? packet.timestamp / VIDEO_TICKS_PER_MS : undefined;
  }
}
