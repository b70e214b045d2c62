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
/** Not zero, as a machine's monotonic clock is not. */
export const LOCAL_ZERO_MS = 5_000_000;
const SENDER_EPOCH_MS = 1_700_000_000_000;

const wrap = (timestamp: number): number => ((Math.round(timestamp) % 2 ** 32) + 2 ** 32) % 2 ** 32;

/** Plays the call; answers, for each track, its clock and every frame asked for 400 ms behind its arrival. */
export const playCall = (call: VirtualCall): { clock: TrackClock; mapped: Mapped[] }[] => {
  const random = seededRandom(call.seed ?? 1);
  const jitterMs = call.jitterMs ?? (() => 0);
  const senderMs = (trueMs: number) => trueMs * (1 + (call.driftPpm ?? 0) / 1e6);
  const arrivalOf = (sentMs: number) => LOCAL_ZERO_MS + sentMs + LINK_MS + jitterMs(random, sentMs);
  const sender = new SenderClock();
  const events: Event[] = [];

  const tracks = call.tracks.map((track) => {
    const clock = new TrackClock({ clockRate: track.clockRate, sender });
    const mapped: Mapped[] = [];
    const waiting: { timestamp: number; capturedMs: number; arrivalMs: number }[] = [];
    const mediaTime = track.mediaTime ?? senderMs;
    const timestampAt = (trueMs: number) =>
      wrap((track.firstTimestamp ?? 0) + (mediaTime(trueMs) * track.clockRate) / 1000);

    for (let capturedMs = 0; capturedMs < call.durationMs; capturedMs += track.frameMs) {
      if (track.silent?.(capturedMs)) continue;
      const arrivalMs = arrivalOf(capturedMs + (track.captureDelayMs ?? 0));
      const timestamp = timestampAt(capturedMs);
      waiting.push({ timestamp, capturedMs, arrivalMs });
      events.push({ atMs: arrivalMs, run: () => clock.arrival(timestamp, arrivalMs) });
    }
    for (const atMs of track.reportsAtMs) {
      const truth = { ntpMs: SENDER_EPOCH_MS + senderMs(atMs), rtpTimestamp: timestampAt(atMs) };
      const report = track.lie?.(truth, atMs) ?? truth;
      const arrivalMs = arrivalOf(atMs);
      events.push({ atMs: arrivalMs, run: () => clock.report(report, arrivalMs) });
    }
    const release = (watermarkMs: number) => {
      for (let next = waiting[0]; next && next.arrivalMs <= watermarkMs; next = waiting[0]) {
        waiting.shift();
        mapped.push({ capturedMs: next.capturedMs, localMs: clock.toLocalMs(next.timestamp) });
      }
    };
    return { clock, mapped, release };
  });

  const endMs = LOCAL_ZERO_MS + call.durationMs + 10_000;
  for (let atMs = LOCAL_ZERO_MS; atMs < endMs; atMs += TICK_MS) {
    events.push({
      atMs,
      run: () => {
        for (const track of tracks) track.release(atMs - HOLD_MS);
      },
    });
  }
  events.sort((a, b) => a.atMs - b.atMs);
  for (const event of events) event.run();
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
