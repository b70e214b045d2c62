import { SOUND_CODECS } from '@callreel/media/depacketize/sound-codec.ts';
import { joinRtcp } from '@callreel/media/rtcp/compound.ts';
import { buildSenderReport } from '@callreel/media/rtcp/sender-report.ts';
import { buildSourceDescription } from '@callreel/media/rtcp/source-description.ts';
import { toWallMs } from './clock.ts';
import type { OfferedTrack } from './offer.ts';
import { type NumberedPacket, RtpPacketizer } from './rtp-packetizer.ts';

export type RtpStart = { sequenceNumber: number; timestamp: number };

const REPORT_EVERY_MS = 1000;
const VIDEO_CLOCK_RATE = 90_000;

const clockRateOf = ({ codec }: OfferedTrack): number =>
  codec === 'opus' || codec === 'PCMU' || codec === 'PCMA' ? SOUND_CODECS[codec].clockRateHz : VIDEO_CLOCK_RATE;

/** One track on its way out: its packets, and a report right after the first one and each second from then on. */
export class TrackSender {
  readonly kind: OfferedTrack['kind'];
  readonly ssrc: number;
  readonly #packetizer: RtpPacketizer;
  readonly #cname: string;
  #reportDueMs = Number.NEGATIVE_INFINITY;

  constructor(
    track: OfferedTrack,
    midExtensionId: number | undefined,
    start: RtpStart,
    cname: string,
    audioLevelExtensionId?: number,
  ) {
    const { levelDbov } = track;
    this.kind = track.kind;
    this.ssrc = track.ssrc;
    this.#cname = cname;
    this.#packetizer = new RtpPacketizer({
      ssrc: track.ssrc,
      payloadType: track.payloadType,
      clockRate: clockRateOf(track),
      mid: midExtensionId === undefined ? undefined : { extensionId: midExtensionId, value: track.mid },
      audioLevel:
        levelDbov && audioLevelExtensionId !== undefined
          ? { extensionId: audioLevelExtensionId, levelDbov }
          : undefined,
      rtx: track.rtx,
      firstSequenceNumber: start.sequenceNumber,
      firstTimestamp: start.timestamp,
    });
  }

  /** Whether a packet went out: a report before it would speak of a stream that nobody knows. */
  get hasSent(): boolean {
    return this.#packetizer.counts.packetCount > 0;
  }

  packetize(payloads: readonly Uint8Array[], mediaMs: number): NumberedPacket[] {
    return this.#packetizer.packetize(payloads, mediaMs, this.kind === 'video');
  }

  resend(sequenceNumber: number): Buffer | undefined {
    return this.#packetizer.resend(sequenceNumber);
  }

  /** The report that is due now, if one is. `startedAtMs` is when media time 0 was due. */
  reportIfDue(nowMs: number, startedAtMs: number): Buffer | undefined {
    return nowMs < this.#reportDueMs ? undefined : this.report(nowMs, startedAtMs);
  }

  /** A report now: the wall's time and this track's clock, both computed from one reading, so that they agree exactly. */
  report(nowMs: number, startedAtMs: number): Buffer {
    this.#reportDueMs = nowMs + REPORT_EVERY_MS;
    const report = buildSenderReport({
      ssrc: this.ssrc,
      ntpMs: toWallMs(nowMs),
      rtpTimestamp: this.#packetizer.timestampAt(nowMs - startedAtMs),
      ...this.#packetizer.counts,
    });
    return Buffer.from(joinRtcp([report, buildSourceDescription(this.ssrc, this.#cname)]));
  }
}
