/** For tests: a publisher on virtual time. Its packets come at exact moments, and hours of them in seconds. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RecordingKey } from '@callreel/contract/ids.ts';
import { SOUND_CODECS } from '@callreel/media/depacketize/sound-codec.ts';
import type { SenderReport } from '@callreel/media/rtcp/sender-report.ts';
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import type { PreparedMedia } from '@callreel/synthetic/prepare/prepare-media.ts';
import { videoPayloads } from '@callreel/synthetic/send/payloads.ts';
import type { PublicationRecorder } from './publication-recorder.ts';
import type { RecordingSpec, TrackKind } from './recording-spec.ts';

export type Delivery = { atMs: number; track: TrackKind } & (
  | { kind: 'packet'; mediaMs: number; packet: RtpPacket }
  | { kind: 'report'; report: SenderReport }
);

export type SendingOptions = {
  /** Media time 0, milliseconds of the monotonic clock. */
  startMs: number;
  /** How long the path takes; by default 30 ms. */
  transitMs?: (track: TrackKind, mediaMs: number) => number;
  /** Where media time 0 is on the sender's own clocks, which say nothing about anybody else's. */
  firstTimestamps?: Record<TrackKind, number>;
  firstSequenceNumber?: number;
  /** By how much all sound is later than the media say: whole seconds keep beeps with flashes. */
  soundShiftMs?: number;
  /** Every second from the first packet on, unless told not to. */
  reports?: boolean;
};

const SENDER_EPOCH_MS = 1_700_000_000_000;
const VIDEO_CLOCK_RATE = 90_000;
const SOUND_PACKET_MS = 20;
const REPORT_EVERY_MS = 1000;
const DEFAULT_TIMESTAMPS = { audio: 2 ** 32 - 48_000, video: 123_456_789 };

type Piece = { track: TrackKind; mediaMs: number; dueMs: number; payloads: Uint8Array[] };

const piecesOf = (media: PreparedMedia, soundShiftMs: number): Piece[] => {
  const video = media.video?.frames.map((frame) => ({
    track: 'video' as const,
    mediaMs: frame.mediaMs,
    dueMs: frame.mediaMs,
    payloads: videoPayloads(media.video?.codec ?? 'VP8', frame),
  }));
  const soundMs = media.audio?.packetMs ?? SOUND_PACKET_MS;
  const audio = media.audio?.packets.map((packet, index) => ({
    track: 'audio' as const,
    mediaMs: soundShiftMs + index * soundMs,
    // A packet of sound goes when its last sample was heard.
    dueMs: soundShiftMs + (index + 1) * soundMs,
    payloads: [packet],
  }));
  return [...(video ?? []), ...(audio ?? [])];
};

/** What such a publisher's packets and reports are, in the order in which they come. */
export const deliveriesOf = (media: PreparedMedia, options: SendingOptions): Delivery[] => {
  const { startMs, transitMs = () => 30, firstTimestamps = DEFAULT_TIMESTAMPS } = options;
  const sequence = { audio: options.firstSequenceNumber ?? 65_500, video: options.firstSequenceNumber ?? 0 };
  const clockRates = { audio: SOUND_CODECS[media.audio?.codec ?? 'opus'].clockRateHz, video: VIDEO_CLOCK_RATE };
  const timestampOf = (track: TrackKind, mediaMs: number): number =>
    (firstTimestamps[track] + Math.round((mediaMs * clockRates[track]) / 1000)) >>> 0;
  const packets = piecesOf(media, options.soundShiftMs ?? 0).flatMap(({ track, mediaMs, dueMs, payloads }) =>
    payloads.map((payload, index): Delivery => {
      const packet: RtpPacket = {
        payloadType: 96,
        marker: track === 'video' && index === payloads.length - 1,
        sequenceNumber: sequence[track]++ & 0xffff,
        timestamp: timestampOf(track, mediaMs),
        ssrc: track === 'audio' ? 1 : 2,
        payload,
        extension: undefined,
      };
      return { kind: 'packet', track, mediaMs, packet, atMs: startMs + dueMs + transitMs(track, mediaMs) };
    }),
  );
  const reports = (track: TrackKind): Delivery[] =>
    Array.from({ length: Math.ceil(media.durationMs / REPORT_EVERY_MS) }, (_, index) => {
      const mediaMs = index * REPORT_EVERY_MS + 30;
      const report: SenderReport = {
        ssrc: track === 'audio' ? 1 : 2,
        ntpMs: SENDER_EPOCH_MS + mediaMs,
        ntpMiddle32: 0,
        rtpTimestamp: timestampOf(track, mediaMs),
        packetCount: 0,
        octetCount: 0,
      };
      return { kind: 'report', track, report, atMs: startMs + mediaMs + transitMs(track, mediaMs) };
    });
  const all = options.reports === false ? packets : [...packets, ...reports('audio'), ...reports('video')];
  return all.sort((one, other) => one.atMs - other.atMs);
};

/** A monotonic clock that goes on only when told to. */
export class VirtualTime {
  #nowMs: number;

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  readonly nowMs = (): number => this.#nowMs;

  /** So much later, and nobody noticed. */
  leap(byMs: number): void {
    this.#nowMs += byMs;
  }

  /** Hands these to the recorder at their moments, ticking every 50 ms, until `untilMs`. */
  async play(recorder: PublicationRecorder, deliveries: readonly Delivery[], untilMs: number): Promise<void> {
    let next = 0;
    while (this.#nowMs < untilMs) {
      this.#nowMs += 50;
      for (let one = deliveries[next]; one !== undefined && one.atMs <= this.#nowMs; one = deliveries[++next]) {
        if (one.kind === 'packet') recorder.handlePacket(one.track, one.packet, one.atMs);
        else recorder.handleSenderReport(one.track, one.report, one.atMs);
      }
      recorder.tick(this.#nowMs);
      await nextTurn();
    }
  }
}

/** A recording of these tracks in a conference that began at `conferenceZeroMs`. */
export const specOf = (tracks: RecordingSpec['tracks'], conferenceZeroMs = 0): RecordingSpec =>
  ({
    recordingKey: '20261122094500-0123456789ab' as RecordingKey,
    org: 'org',
    app: 'app',
    appId: 1,
    confrId: 'IM_X1C1',
    memberId: 'IM_X1C1M1',
    userName: 'user1',
    accessId: 'HI1',
    pubStreamId: 'rtc-10-abcdefg_C1M1',
    kind: 'av',
    conferenceZeroMs,
    conferenceZeroWallMs: 1_795_330_000_000,
    bootId: '',
    tracks,
  }) as RecordingSpec;
