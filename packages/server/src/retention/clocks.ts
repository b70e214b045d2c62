/** The clocks that retention goes by, and what they tell of each other. */
import { randomUUID } from 'node:crypto';
import { uptime } from 'node:os';
import type { ClockMark } from '../store/rows.ts';
import type { Store } from '../store/store.ts';

export type Clocks = {
  /** Names a boot of a machine: monotonic times are compared within one alone. */
  bootId: string;
  /** Milliseconds since 1970, as the machine believes. */
  wallMs(): number;
  /** Milliseconds since the boot; time asleep counts, setting the wall clock does not. */
  sinceBootMs(): number;
  /** Milliseconds since 1970, as the database believes. */
  databaseMs(): Promise<number>;
};

export type ClockReading = { bootId: string; wallMs: number; sinceBootMs: number; databaseMs: number };

/** Where the system does not name its boot, each process counts as one. */
export const systemClocks = (bootId: string, store: Pick<Store, 'retention'>): Clocks => ({
  bootId: bootId || `process ${randomUUID()}`,
  wallMs: Date.now,
  sinceBootMs: () => uptime() * 1000,
  databaseMs: async () => (await store.retention.databaseTime()).getTime(),
});

export const readClocks = async (clocks: Clocks): Promise<ClockReading> => {
  const databaseMs = await clocks.databaseMs();
  return { bootId: clocks.bootId, wallMs: clocks.wallMs(), sinceBootMs: clocks.sinceBootMs(), databaseMs };
};

export const markOf = ({ bootId, wallMs, sinceBootMs }: ClockReading): ClockMark => ({
  bootId,
  wallTime: new Date(wallMs),
  sinceBootMs,
});

/** What both believe has come: the earlier of the two. */
export const agreedMs = ({ wallMs, databaseMs }: ClockReading): number => Math.min(wallMs, databaseMs);

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

export type ClockVerdict =
  | { kind: 'steady' }
  /** The first look in this boot: what the wall clock did since the last one, `outageMs` ago by its word, nobody can tell. */
  | { kind: 'unproven'; outageMs: number }
  | { kind: 'leapt'; detail: string };

/** A clock may be so far off before it counts as having leapt. */
const TOLERANCE_MS = HOUR_MS;

/** `marks` are of earlier looks, the newest first. */
export const judgeClocks = (reading: ClockReading, marks: readonly ClockMark[]): ClockVerdict => {
  const apartMs = reading.wallMs - reading.databaseMs;
  if (Math.abs(apartMs) > TOLERANCE_MS)
    return leapt(`this machine's clock is ${hours(apartMs)} ahead of the database's`);
  const own = marks.find(({ bootId, sinceBootMs }) => bootId === reading.bootId && sinceBootMs <= reading.sinceBootMs);
  if (own) {
    const leapMs = reading.wallMs - own.wallTime.getTime() - (reading.sinceBootMs - own.sinceBootMs);
    if (Math.abs(leapMs) <= TOLERANCE_MS) return { kind: 'steady' };
    return leapt(`the clock leapt by ${hours(leapMs)} since the sweep at ${own.wallTime.toISOString()}`);
  }
  const outageMs = reading.wallMs - (marks[0]?.wallTime.getTime() ?? reading.wallMs);
  if (outageMs >= -TOLERANCE_MS) return { kind: 'unproven', outageMs };
  return leapt(`the clock leapt by ${hours(outageMs)} since the last sweep, before this machine was started`);
};

const leapt = (detail: string): ClockVerdict => ({ kind: 'leapt', detail });

const hours = (ms: number): string => `${(ms / HOUR_MS).toFixed(1)} h`;
