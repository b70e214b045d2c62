/** The machine's clocks. How the database's agrees with ours is looked at with the database. */
import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { nowMs } from '../../base/monotonic-clock.ts';
import { ok, problem, type Seen, warning } from './finding.ts';

const SAMPLE_MS = 300;
const READINGS = 5;
/** NTP slews by half a millisecond a second: more than this is a step, or a machine that was held up. */
const MOST_APART_MS = 50;
const DAY_MS = 24 * 3600 * 1000;

const KEEPERS = {
  'systemd-timesyncd': '/run/systemd/timesync/synchronized',
  chrony: '/run/chrony/chronyd.pid',
  'chrony ': '/run/chronyd.pid',
  ntpd: '/run/ntpd.pid',
} as const;

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

export const checkClock = async (): Promise<Seen[]> => [
  await compareWithFiles(),
  await compareClocks(),
  await findKeeper(),
];

/** A machine whose battery is empty starts in 1970, or on the day its firmware was made. */
const compareWithFiles = async (): Promise<Seen> => {
  const { mtimeMs } = await stat(new URL(import.meta.url));
  const shown = new Date().toISOString();
  if (Date.now() > mtimeMs - DAY_MS) return ok(`it is ${shown}`);
  return problem(`it is ${shown}, which is before this program was installed`, 'set the clock, and have NTP keep it');
};

/** How far wall time is ahead of monotonic time, of the reading that was the least disturbed. */
const wallAheadMs = (): number => {
  const readings = Array.from({ length: READINGS }, () => {
    const beforeMs = nowMs();
    const wallMs = Date.now();
    const afterMs = nowMs();
    return { aheadMs: wallMs - (beforeMs + afterMs) / 2, tookMs: afterMs - beforeMs };
  });
  return readings.reduce((best, reading) => (reading.tookMs < best.tookMs ? reading : best)).aheadMs;
};

const compareClocks = async (): Promise<Seen> => {
  const beforeMs = wallAheadMs();
  await sleep(SAMPLE_MS);
  const apartMs = Math.abs(wallAheadMs() - beforeMs);
  if (apartMs <= MOST_APART_MS) return ok('wall clock and monotonic clock go alike');
  return warning(
    `wall clock and monotonic clock went ${Math.round(apartMs)} ms apart within ${SAMPLE_MS} ms`,
    'find out what sets the clock in steps; NTP lets it run slower or faster instead',
  );
};

const findKeeper = async (): Promise<Seen> => {
  for (const [name, path] of Object.entries(KEEPERS)) if (await exists(path)) return ok(`${name.trim()} keeps it`);
  const advice = 'have NTP keep it: timedatectl set-ntp true, or install chrony';
  if (await exists('/run/systemd/timesync')) return warning('systemd-timesyncd has not set it yet', advice);
  if (await exists('/run/systemd/system')) return warning('nothing is seen to keep it right', advice);
  return ok('nothing here tells who keeps it right: in a container or a virtual machine the host has to');
};
