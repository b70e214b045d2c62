/** A sender on virtual time whose clocks, path, pauses and lies are all known: what comes of it, and when each frame was really taken. */
import type { SenderReport } from '@callreel/media/rtcp/sender-report.ts';
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import type { TrackKind } from '@callreel/server/recorder/recording-spec.ts';
import type { Delivery } from '@callreel/server/recorder/virtual-publisher-fixture.ts';
import { seededChance } from '@callreel/synthetic/seeded-chance.ts';

/** All times are true milliseconds from the moment the sender was started; `ppm` and steps are what its own clocks make of them. */
export type SenderPlan = {
  durationMs: number;
  /** Of pictures; 40 unless said otherwise. Sound comes every 20 ms. */
  frameMs?: number;
  /** How far the sender's clock, and its media with it, runs ahead. */
  driftPpm?: number;
  /** When a track begins; 0 unless said otherwise. */
  beginsMs?: Partial<Record<TrackKind, number>>;
  firstTimestamps?: Record<TrackKind, number>;
  /** Where the sender's NTP clock stands at its start: milliseconds since 1900. */
  ntpStartMs?: number;
  /** What the path takes, besides 30 ms. A packet may overtake another. */
  delayMs?: (sentMs: number, chance: () => number, track: TrackKind) => number;
  /** Nothing of this moment is taken or sent: muted, asleep. Timestamps go on. */
  silent?: (track: TrackKind, trueMs: number) => boolean;
  /** Media time at a true time; the sender's own clock unless said otherwise. */
  mediaTime?: (trueMs: number, track: TrackKind) => number;
  /** When reports leave; every second from 0.1 s on unless said otherwise. */
  reportsMs?: (track: TrackKind) => readonly number[];
  /** What its NTP clock shows, besides drift: steps and lies. */
  ntpErrorMs?: (trueMs: number, track: TrackKind) => number;
  /** Packets that never come. */
  lost?: (chance: () => number) => boolean;
};

const LINK_MS = 30;
const SOUND_MS = 20;
const NTP_START_MS = 3_900_000_000_000;
const NTP_ERA_MS = 2 ** 32 * 1000;
const CLOCK_RATES = { audio: 48_000, video: 90_000 } as const;
const KEY_FRAME_EVERY_MS = 1000;
const SSRCS = { audio: 1, video: 2 } as const;
const OPUS_TOC = 0xf8;
const DEFAULT_TIMESTAMPS = { audio: 2 ** 32 - 48_000 * 7, video: 2 ** 32 - 90_000 * 11 };

/** Milliseconds of the monotonic clock at the sender's start. */
export const START_MS = 50_000;

export const every = (stepMs: number, fromMs: number, untilMs: number): number[] =>
  Array.from({ length: Math.max(0, Math.ceil((untilMs - fromMs) / stepMs)) }, (_, index) => fromMs + index * stepMs);

/** Its true time in milliseconds can be read back out of a frame's last four bytes. */
const stamp = (bytes: readonly number[], trueMs: number): Uint8Array => {
  const stamped = new Uint8Array(bytes.length + 4);
  stamped.set(bytes);
  new DataView(stamped.buffer).setUint32(bytes.length, Math.round(trueMs));
  return stamped;
};

export const stampOf = (frame: Uint8Array): number =>
  new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getUint32(frame.length - 4);

/** A VP8 frame behind its descriptor, which bears a 15-bit picture id (RFC 7741, RFC 6386 section 9.1). */
const picture = (trueMs: number, index: number, keyFrame: boolean): Uint8Array => {
  const descriptor = [0x90, 0x80, 0x80 | ((index >> 8) & 0x7f), index & 0xff];
  const header = keyFrame ? [0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xb4, 0x00] : [0x11, 0, 0];
  return stamp([...descriptor, ...header], trueMs);
};

const sound = (trueMs: number): Uint8Array => stamp([OPUS_TOC], trueMs);

const modulo = (value: number, modulus: number): number => ((Math.round(value) % modulus) + modulus) % modulus;

export const deliveriesOf = (plan: SenderPlan, seed = 1): Delivery[] => {
  const chance = seededChance(seed);
  const { durationMs, frameMs = 40, driftPpm = 0, firstTimestamps = DEFAULT_TIMESTAMPS } = plan;
  const senderMs = (trueMs: number): number => trueMs * (1 + driftPpm / 1e6);
  const timestampAt = (track: TrackKind, trueMs: number): number => {
    const mediaMs = plan.mediaTime?.(trueMs, track) ?? senderMs(trueMs);
    return modulo(firstTimestamps[track] + (mediaMs * CLOCK_RATES[track]) / 1000, 2 ** 32);
  };
  const arrivalMs = (track: TrackKind, sentMs: number): number =>
    START_MS + sentMs + LINK_MS + (plan.delayMs?.(sentMs, chance, track) ?? 0);

  const packetsOf = (track: TrackKind, stepMs: number): Delivery[] => {
    let sequenceNumber = 65_500;
    let index = 32_760;
    let keyFrameMs = Number.NEGATIVE_INFINITY;
    return every(stepMs, plan.beginsMs?.[track] ?? 0, durationMs).flatMap((trueMs): Delivery[] => {
      if (plan.silent?.(track, trueMs)) return [];
      const keyFrame = trueMs - keyFrameMs >= KEY_FRAME_EVERY_MS;
      if (keyFrame) keyFrameMs = trueMs;
      const packet: RtpPacket = {
        payloadType: 96,
        marker: track === 'video',
        sequenceNumber: sequenceNumber++ & 0xffff,
        timestamp: timestampAt(track, trueMs),
        ssrc: SSRCS[track],
        payload: track === 'video' ? picture(trueMs, index++, keyFrame) : sound(trueMs),
        extension: undefined,
      };
      if (plan.lost?.(chance)) return [];
      // A packet of sound leaves when its last sample was heard.
      const sentMs = track === 'audio' ? trueMs + SOUND_MS : trueMs;
      return [{ kind: 'packet', track, mediaMs: trueMs, packet, atMs: arrivalMs(track, sentMs) }];
    });
  };

  const reportsOf = (track: TrackKind): Delivery[] => {
    const times = plan.reportsMs?.(track) ?? every(1000, 100 + (plan.beginsMs?.[track] ?? 0), durationMs);
    return times.map((trueMs) => {
      const ntpMs = (plan.ntpStartMs ?? NTP_START_MS) + senderMs(trueMs) + (plan.ntpErrorMs?.(trueMs, track) ?? 0);
      const report: SenderReport = {
        ssrc: SSRCS[track],
        ntpMs: ntpMs % NTP_ERA_MS,
        ntpMiddle32: 0,
        rtpTimestamp: timestampAt(track, trueMs),
        packetCount: 0,
        octetCount: 0,
      };
      return { kind: 'report', track, report, atMs: arrivalMs(track, trueMs) };
    });
  };

  const all = [packetsOf('video', frameMs), packetsOf('audio', SOUND_MS), reportsOf('video'), reportsOf('audio')];
  return all.flat().sort((one, other) => one.atMs - other.atMs);
};
