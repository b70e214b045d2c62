import type { LevelAt } from './offer.ts';
import { type RtpHeader, writeRtp } from './rtp-packet.ts';

export type RtpPacketizerOptions = {
  ssrc: number;
  payloadType: number;
  clockRate: number;
  mid: RtpHeader['mid'];
  audioLevel?: { extensionId: number; levelDbov: LevelAt } | undefined;
  /** Where resends go (RFC 4588); without it they go out as they first were. */
  rtx: { ssrc: number; payloadType: number } | undefined;
  /** Of the first packet, and of media time 0. */
  firstSequenceNumber: number;
  firstTimestamp: number;
};

export type NumberedPacket = { sequenceNumber: number; bytes: Buffer };

type CachedPacket = { header: RtpHeader; payload: Uint8Array };

/** About 10 s of a picture's packets: longer than anyone asks for again. */
const CACHED_PACKETS = 1024;

/** Numbers and stamps the packets of one track, counts them for its reports, and keeps the last ones to resend. */
export class RtpPacketizer {
  readonly ssrc: number;
  readonly #options: RtpPacketizerOptions;
  readonly #cache = new Map<number, CachedPacket>();
  #sequenceNumber: number;
  #rtxSequenceNumber = 0;
  #packetCount = 0;
  #octetCount = 0;

  constructor(options: RtpPacketizerOptions) {
    this.ssrc = options.ssrc;
    this.#options = options;
    this.#sequenceNumber = options.firstSequenceNumber;
  }

  /** What a sender report says about this track so far. */
  get counts(): { packetCount: number; octetCount: number } {
    return { packetCount: this.#packetCount, octetCount: this.#octetCount };
  }

  /** The RTP timestamp of a moment of the media; it wraps at 2^32. */
  timestampAt(mediaMs: number): number {
    return (this.#options.firstTimestamp + Math.round((mediaMs * this.#options.clockRate) / 1000)) >>> 0;
  }

  /** One packet a payload, all of one moment; the last one bears the marker if `markLast`. */
  packetize(payloads: readonly Uint8Array[], mediaMs: number, markLast: boolean): NumberedPacket[] {
    const timestamp = this.timestampAt(mediaMs);
    const { audioLevel } = this.#options;
    const level = audioLevel && { ...audioLevel, levelDbov: audioLevel.levelDbov(mediaMs) };
    return payloads.map((payload, index) =>
      this.#next(payload, { timestamp, marker: markLast && index === payloads.length - 1, audioLevel: level }),
    );
  }

  /** The packet once more, as RTX wraps it; undefined where it is no longer kept. */
  resend(sequenceNumber: number): Buffer | undefined {
    const cached = this.#cache.get(sequenceNumber);
    if (!cached) return undefined;
    const { rtx } = this.#options;
    if (!rtx) return writeRtp(cached.header, cached.payload);
    const header = { ...cached.header, ...rtx, sequenceNumber: this.#rtxSequenceNumber };
    this.#rtxSequenceNumber = (this.#rtxSequenceNumber + 1) & 0xffff;
    const originalNumber = Buffer.from([sequenceNumber >> 8, sequenceNumber & 0xff]);
    return writeRtp(header, Buffer.concat([originalNumber, cached.payload]));
  }

  #next(payload: Uint8Array, own: Pick<RtpHeader, 'timestamp' | 'marker' | 'audioLevel'>): NumberedPacket {
    const { payloadType, ssrc, mid } = this.#options;
    const sequenceNumber = this.#sequenceNumber;
    const header = { payloadType, sequenceNumber, ssrc, mid, ...own };
    this.#sequenceNumber = (sequenceNumber + 1) & 0xffff;
    this.#packetCount += 1;
    this.#octetCount += payload.length;
    this.#keep(header, payload);
    return { sequenceNumber, bytes: writeRtp(header, payload) };
  }

  #keep(header: RtpHeader, payload: Uint8Array): void {
    this.#cache.set(header.sequenceNumber, { header, payload });
    this.#cache.delete((header.sequenceNumber - CACHED_PACKETS) & 0xffff);
  }
}
