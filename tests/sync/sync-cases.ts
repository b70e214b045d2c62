/** What clocks, paths and people do to a call, by name: each is to stay in sync at every moment. */
import type { SenderPlan } from './virtual-sender.ts';
import { every } from './virtual-sender.ts';

export type SyncCase = SenderPlan & {
  name: string;
  /** From when on the bars hold, where something must first become known; 0 unless said otherwise. */
  settledMs?: number;
  /** How much longer or shorter the file may be: a late last packet, or a start that was taken to be later or earlier than it was. */
  shiftMs?: number;
};

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const SECOND_NTP_ERA_MS = 2 ** 32 * 1000;

/** 8 ms in the mean, with a tail: the usual wireless link. */
const jittery = (_: number, chance: () => number): number => -Math.log(1 - chance()) * 8;

const between = (fromMs: number, toMs: number) => (trueMs: number) => trueMs >= fromMs && trueMs < toMs;
const asleep = between(20_000, 80_000);
const stoppedFor = (trueMs: number, fromMs: number, forMs: number): number =>
  Math.min(forMs, Math.max(0, trueMs - fromMs));

/** Chromium's: pictures reported each second from the start, sound at 2.5 s and 9 s first. */
const chromiumReports = (untilMs: number) => (track: 'audio' | 'video') =>
  track === 'video' ? every(1000, 500, untilMs) : [2500, 9000, ...every(5000, 14_000, untilMs)];

export const SYNC_CASES: readonly SyncCase[] = [
  { name: 'exact clocks', durationMs: MINUTE_MS },
  { name: 'a jittery path', durationMs: MINUTE_MS, delayMs: jittery },
  {
    name: 'clock 200 ppm fast, an hour, 1 frame a second',
    durationMs: HOUR_MS,
    frameMs: 1000,
    driftPpm: 200,
    delayMs: jittery,
  },
  {
    name: 'clock 200 ppm slow, an hour, 1 frame a second',
    durationMs: HOUR_MS,
    frameMs: 1000,
    driftPpm: -200,
    delayMs: jittery,
  },
  {
    name: 'RTP timestamps that wrap with the first packets',
    durationMs: 10_000,
    firstTimestamps: { audio: 2 ** 32 - 1, video: 2 ** 32 - 1 },
  },
  {
    name: 'RTP timestamps that wrap at half a minute',
    durationMs: MINUTE_MS,
    firstTimestamps: { audio: 2 ** 32 - 48_000 * 30, video: 2 ** 32 - 90_000 * 31 },
    delayMs: jittery,
  },
  { name: 'the NTP era ends at half a minute', durationMs: MINUTE_MS, ntpStartMs: SECOND_NTP_ERA_MS - MINUTE_MS / 2 },
  { name: 'no sender reports', durationMs: MINUTE_MS, reportsMs: () => [], delayMs: jittery },
  {
    name: 'no reports of sound',
    durationMs: MINUTE_MS,
    reportsMs: (track) => (track === 'audio' ? [] : every(1000, 500, MINUTE_MS)),
    delayMs: jittery,
  },
  { name: 'sound reported late', durationMs: MINUTE_MS, reportsMs: chromiumReports(MINUTE_MS), delayMs: jittery },
  {
    name: 'sound reported late, behind a queue of half a second',
    shiftMs: 500,
    durationMs: MINUTE_MS,
    reportsMs: chromiumReports(MINUTE_MS),
    delayMs: (sentMs, chance) => jittery(sentMs, chance) + (sentMs < 6000 ? 500 : 0),
  },
  {
    name: 'sound reported late, behind a queue of 0.7 s',
    shiftMs: 700,
    durationMs: MINUTE_MS,
    reportsMs: chromiumReports(MINUTE_MS),
    delayMs: (sentMs, chance) => jittery(sentMs, chance) + (sentMs < 6000 ? 700 : 0),
  },
  {
    name: 'no sender reports, behind a queue of half a second',
    shiftMs: 500,
    durationMs: MINUTE_MS,
    reportsMs: () => [],
    delayMs: (sentMs, chance) => jittery(sentMs, chance) + (sentMs < 6000 ? 500 : 0),
  },
  {
    name: 'one report that lies by a second',
    durationMs: MINUTE_MS,
    ntpErrorMs: (trueMs, track) => (track === 'audio' && between(20_000, 21_000)(trueMs) ? 1000 : 0),
  },
  {
    name: 'a first report that lies by 300 ms, found out at the third',
    shiftMs: 300,
    settledMs: 6000,
    durationMs: MINUTE_MS,
    ntpErrorMs: (trueMs, track) => (track === 'audio' && trueMs < 1000 ? 300 : 0),
  },
  {
    name: 'reports of sound that lie always, by two hours',
    durationMs: MINUTE_MS,
    ntpErrorMs: (_, track) => (track === 'audio' ? 2 * HOUR_MS : 0),
  },
  {
    name: "the sender's clock steps an hour on",
    durationMs: MINUTE_MS,
    ntpErrorMs: (trueMs) => (trueMs > 20_000 ? HOUR_MS : 0),
  },
  {
    name: "the sender's clock steps an hour back",
    durationMs: MINUTE_MS,
    ntpErrorMs: (trueMs) => (trueMs > 20_000 ? -HOUR_MS : 0),
  },
  {
    name: "the sender's clock steps in four steps of 2 s",
    durationMs: MINUTE_MS,
    ntpErrorMs: (trueMs) => 2000 * Math.min(4, Math.floor(trueMs / 10_000)),
  },
  { name: 'the microphone 3 s after the camera', durationMs: MINUTE_MS, beginsMs: { audio: 3000 } },
  { name: 'the camera 3 s after the microphone', durationMs: MINUTE_MS, beginsMs: { video: 3000 } },
  {
    name: 'muted twice, 10 s and 2 s',
    durationMs: MINUTE_MS,
    silent: (track, trueMs) =>
      track === 'audio' && (between(10_000, 20_000)(trueMs) || between(30_000, 32_000)(trueMs)),
  },
  {
    name: 'a camera that is off for 10 s',
    durationMs: MINUTE_MS,
    silent: (track, trueMs) => track === 'video' && between(10_000, 20_000)(trueMs),
  },
  {
    name: 'nothing for 10 s',
    durationMs: MINUTE_MS,
    driftPpm: 100,
    silent: (_, trueMs) => between(20_000, 30_000)(trueMs),
  },
  {
    name: 'a tab asleep for a minute, timestamps went on',
    durationMs: 2 * MINUTE_MS,
    silent: (_, trueMs) => asleep(trueMs),
  },
  {
    name: 'a tab asleep for a minute, timestamps stood still',
    durationMs: 2 * MINUTE_MS,
    silent: (_, trueMs) => asleep(trueMs),
    mediaTime: (trueMs) => trueMs - stoppedFor(trueMs, 20_000, 60_000),
  },
  {
    name: 'a tab asleep for a minute, sound stood still and pictures went on',
    durationMs: 2 * MINUTE_MS,
    silent: (_, trueMs) => asleep(trueMs),
    mediaTime: (trueMs, track) => trueMs - (track === 'audio' ? stoppedFor(trueMs, 20_000, 60_000) : 0),
  },
  {
    name: 'a path that stops for 4 s and comes back with a burst',
    durationMs: MINUTE_MS,
    delayMs: (sentMs) => (between(20_000, 24_000)(sentMs) ? 24_000 - sentMs : 0),
  },
  {
    name: 'half a minute behind a queue of 1.5 s',
    durationMs: MINUTE_MS,
    delayMs: (sentMs, chance) => jittery(sentMs, chance) + (between(20_000, 48_000)(sentMs) ? 1500 : 0),
  },
  {
    name: 'packets that overtake one another by 300 ms',
    shiftMs: 300,
    durationMs: MINUTE_MS,
    delayMs: (_, chance) => (chance() < 0.1 ? 300 * chance() : 0),
  },
  { name: '1 frame a second', durationMs: MINUTE_MS, frameMs: 1000, delayMs: jittery },
  { name: '60 frames a second', durationMs: 20_000, frameMs: 1000 / 60, delayMs: jittery },
  {
    name: 'a sound card 200 ppm off its own computer',
    durationMs: 10 * MINUTE_MS,
    frameMs: 200,
    mediaTime: (trueMs, track) => trueMs * (track === 'audio' ? 1.0002 : 1),
    delayMs: jittery,
  },
];
