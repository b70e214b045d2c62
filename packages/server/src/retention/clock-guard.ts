/** Whether the clock may be believed that files are old enough to go. If not, an alarm stands until it is right, or an operator confirms it. */
import { agreedMs, DAY_MS, judgeClocks, markOf, readClocks } from './clocks.ts';
import { graceBefore } from './expired.ts';
import type { SweepOptions } from './sweep-options.ts';

/** Nobody can tell whether a machine that was off for longer has the right time: a person has to. */
const LONGEST_OUTAGE_MS = 7 * DAY_MS;

/** `held`: the first look after a boot removes nothing. `stopped`: the alarm says why. */
export type ClockDecision = { kind: 'trusted'; now: Date } | { kind: 'held' } | { kind: 'stopped' };

/** Judges the clocks, and notes how they stand. */
export const consultClock = async (options: SweepOptions): Promise<ClockDecision> => {
  const { store, clocks, log } = options;
  const reading = await readClocks(clocks);
  const now = new Date(agreedMs(reading));
  const alarm = (await store.retention.alarms()).find(({ kind }) => kind === 'clock');
  if (alarm?.confirmedAt) {
    await store.retention.restartClock(markOf(reading));
    await store.retention.clear('clock', 0);
    log.info('retention goes on: the clock was confirmed');
    return { kind: 'trusted', now };
  }
  const verdict = judgeClocks(reading, await store.retention.clockMarks());
  switch (verdict.kind) {
    case 'leapt':
      return stopForClock(options, verdict.detail, now);
    case 'unproven': {
      const isDue = (await store.removals.due(graceBefore(now))).length > 0;
      const doubt = alarm?.detail ?? (isDue ? doubtAfterOutage(verdict.outageMs) : undefined);
      if (doubt !== undefined) return stopForClock(options, doubt, now);
      await store.retention.markClock(markOf(reading));
      if (isDue) log.info('the first sweep after a boot removes nothing: the next one shows if the clock is steady');
      return { kind: 'held' };
    }
    case 'steady':
      if (alarm) await store.retention.clear('clock', 0);
      await store.retention.markClock(markOf(reading));
      return { kind: 'trusted', now };
  }
};

const doubtAfterOutage = (outageMs: number): string | undefined =>
  outageMs > LONGEST_OUTAGE_MS
    ? `by the clock, the last sweep was ${Math.round(outageMs / DAY_MS)} days ago, and files would go`
    : undefined;

const stopForClock = async ({ store, log }: SweepOptions, detail: string, now: Date): Promise<{ kind: 'stopped' }> => {
  await store.retention.raise('clock', 0, detail, now);
  log.error({ detail }, 'retention has stopped: the clock cannot be trusted. Put it right, or confirm it');
  return { kind: 'stopped' };
};
