/**
 * What is done every hour: files whose time has been over for a day go, and so does what else has served its time. Before that two
 * guards: the clock must have gone on steadily, and no app may lose many files at once for another reason than their age.
 */
import { consultClock } from './clock-guard.ts';
import { removeExpired } from './expired.ts';
import { removeLeftovers } from './leftovers.ts';
import { finishRemoval } from './removal.ts';
import { RetentionError } from './retention-error.ts';
import type { SweepOptions } from './sweep-options.ts';

/** `held`: the first look after a boot removes nothing. `stopped`: a guard spoke; see the alarms. */
export type SweepResult =
  | { kind: 'swept'; files: number; stoppedApps: number }
  | { kind: 'held' }
  | { kind: 'stopped' };

/** What earlier tries left; more than that waits for the next sweep. */
const MOST_TAKEN_UP = 10_000;

/** Doing it again is harmless, also after a crash at any moment. @throws RetentionError `incomplete` when all else is done */
export const sweep = async (options: SweepOptions, signal?: AbortSignal): Promise<SweepResult> => {
  await takeUpDeletions(options);
  const clock = await consultClock(options);
  if (clock.kind !== 'trusted') return clock;
  const { now } = clock;
  const removed = await finishRemoval(options, await options.store.removals.begun('expired', MOST_TAKEN_UP), now);
  const stoppedApps = await removeExpired(options, now, removed, signal);
  await removeLeftovers(options, now);
  const { files, failures } = removed;
  if (files > 0) options.log.info({ files }, 'expired recordings are removed');
  if (failures.length > 0) throw RetentionError.incomplete(failures.length, failures[0]);
  return { kind: 'swept', files, stoppedApps };
};

/** Ordered by their apps, whatever the clock says. Those whose job waits or runs are not handed in twice. */
const takeUpDeletions = async ({ store, jobs }: SweepOptions): Promise<void> => {
  const files = await store.removals.begun('deleted', MOST_TAKEN_UP);
  for (const { recordingKey } of files) await jobs.send('remove', { recordingKey });
};
