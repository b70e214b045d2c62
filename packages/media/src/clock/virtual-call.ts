/** Calls on virtual time, for the tests of the clocks: senders with exact clocks, a link with jitter, no waiting. */
import { SenderClock } from './sender-clock.ts';
import { TrackClock } from './track-clock.ts';

/** Mulberry32: the same numbers in every run. */
export const seededRandom = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

export type VirtualTrack = {
  clockRate: number;
  frameMs: number;
  /** When sender reports leave, in true milliseconds. */
  reportsAtMs: number[];
  /** From a moment's capture to its sending. */
  captureDelayMs?: number;
  /** The RTP timestamp at true time 0. */
  firstTimestamp?: number;
  /** Alters what a report says. */
  lie?: (report: { ntpMs: number; rtpTimestamp: number }, atMs: number) => { ntpMs: number; rtpTimestamp: number };
  /** The RTP time in milliseconds at a true time; by default the sender's own clock. */
  mediaTime?: (trueMs: number) => number;
  /** No frames while this holds. */
  silent?: (trueMs: number) => boolean;
};

export type VirtualCall = {
  tracks: VirtualTrack[];
  durationMs: number;
  seed?: number;
  /** How far the sender's clock runs ahead, in parts per million. */
  driftPpm?: number;
  /** What the link adds to its least delay of 20 ms. */
  jitterMs?: (random: () => number, atMs: number) => number;
};

/** One frame: when it was captured (true time) and when it was mapped to. */
export type Mapped = { capturedMs: number; localMs: number };

type Event = { atMs: number; run: () => void };

/** The watermark that recorders release at. */
export const HOLD_MS = 400;
const LINK_MS = 20;
const TICK_MS = 50;
const DRAIN_MS = 10_000;
/** Not zero, as a machine's monotonic clock is not. */
export const LOCAL_ZERO_MS = 5_000_000;
const SENDER_EPOCH_MS = 1_700_000_000_000;

const wrap = (timestamp: number): number => ((Math.round(timestamp) % 2 ** 32) + 2 ** 32) % 2 ** 32;

type Link = { senderMs: (trueMs: number) => number; arrivalOf: (sentMs: number) => number };

/** A track's packets and reports on their way, and its receiver. */
const playTrack = (track: VirtualTrack, durationMs: number, link: Link, sender: SenderClock) => {
  const clock = new TrackClock({ clockRate: track.clockRate, sender });
  const mediaTime = track.mediaTime ?? link.senderMs;
  const timestampAt = (trueMs: number) =>
    wrap((track.firstTimestamp ?? 0) + (mediaTime(trueMs) * track.clockRate) / 1000);
  const events: Event[] = [];
  const frames: { timestamp: number; capturedMs: number; arrivalMs: number }[] = [];
  for (let capturedMs = 0; capturedMs < durationMs; capturedMs += track.frameMs) {
    if (track.silent?.(capturedMs)) continue;
    const arrivalMs = link.arrivalOf(capturedMs + (track.captureDelayMs ?? 0));
    const timestamp = timestampAt(capturedMs);
    frames.push({ timestamp, capturedMs, arrivalMs });
    events.push({ atMs: arrivalMs, run: () => clock.arrival(timestamp, arrivalMs) });
  }
  for (const atMs of track.reportsAtMs) {
    const truth = { ntpMs: SENDER_EPOCH_MS + link.senderMs(atMs), rtpTimestamp: timestampAt(atMs) };
    const report = track.lie?.(truth, atMs) ?? truth;
    const arrivalMs = link.arrivalOf(atMs);
    events.push({ atMs: arrivalMs, run: () => clock.report(report, arrivalMs) });
  }
  return { clock, events, frames, mapped: [] as Mapped[] };
};

/** Plays the call; answers, for each track, its clock and every frame asked for 400 ms behind its arrival. */
export const playCall = (call: VirtualCall): { clock: TrackClock; mapped: Mapped[] }[] => {
  const random = seededRandom(call.seed ?? 1);
  const link: Link = {
    senderMs: (trueMs) => trueMs * (1 + (call.driftPpm ?? 0) / 1e6),
    arrivalOf: (sentMs) => LOCAL_ZERO_MS + sentMs + LINK_MS + (call.jitterMs?.(random, sentMs) ?? 0),
  };
  const sender = new SenderClock();
  const tracks = call.tracks.map((track) => playTrack(track, call.durationMs, link, sender));
  const events = tracks.flatMap((track) => track.events).sort((a, b) => a.atMs - b.atMs);
  let next = 0;
  for (let nowMs = LOCAL_ZERO_MS; nowMs < LOCAL_ZERO_MS + call.durationMs + DRAIN_MS; nowMs += TICK_MS) {
    for (let event = events[next]; event && event.atMs <= nowMs; event = events[++next]) event.run();
    for (const { clock, frames, mapped } of tracks) {
      for (let frame = frames[mapped.length]; frame && frame.arrivalMs <= nowMs - HOLD_MS; ) {
        mapped.push({ capturedMs: frame.capturedMs, localMs: clock.toLocalMs(frame.timestamp) });
        frame = frames[mapped.length];
      }
    }
  }
  return tracks;
};

/** Reports every `everyMs` from `firstMs` on. */
export const reportsEvery = (everyMs: number, firstMs: number, untilMs: number): number[] =>
  Array.from({ length: Math.max(0, Math.ceil((untilMs - firstMs) / everyMs)) }, (_, i) => firstMs + i * everyMs);

/** How much later sound captured at the same moment comes than the picture, at each frame of the picture from `fromMs` on. */
export const skewsMs = (sound: Mapped[], picture: Mapped[], fromMs = 0): number[] => {
  let index = 0;
  const skews: number[] = [];
  for (const frame of picture) {
    while (index + 1 < sound.length && (sound[index + 1]?.capturedMs ?? Infinity) <= frame.capturedMs) index++;
    const beside = sound[index];
    if (beside === undefined || frame.capturedMs < fromMs) continue;
    skews.push(beside.localMs - beside.capturedMs - (frame.localMs - frame.capturedMs));
  }
  return skews;
};

/** How far each frame is from where an ideal link would put it. */
export const errorsMs = (mapped: Mapped[], fromMs = 0): number[] =>
  mapped
    .filter((frame) => frame.capturedMs >= fromMs)
    .map((frame) => frame.localMs - (LOCAL_ZERO_MS + LINK_MS + frame.capturedMs));
