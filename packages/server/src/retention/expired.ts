/**
 * Removes files whose time has been over for a day, app by app, unless too many of an app's would go for another reason than their age,
 * or are not where they should be.
 */
import type { DueFiles } from '../store/removals.ts';
import type { RetentionAlarm } from '../store/rows.ts';
import { DAY_MS } from './clocks.ts';
import { finishRemoval, type Removed } from './removal.ts';
import { areTooMany } from './share-guard.ts';
import type { SweepOptions } from './sweep-options.ts';

/** From the expiry of a file to its removal. */
const GRACE_MS = DAY_MS;
const BATCH = 100;

/** Files that expired then, or before, are due at `now`. */
export const graceBefore = (now: Date): Date => new Date(now.getTime() - GRACE_MS);

/** Adds to `removed`, and gives how many apps were left alone. */
export const removeExpired = async (
  options: SweepOptions,
  now: Date,
  removed: Removed,
  signal: AbortSignal | undefined,
): Promise<number> => {
  const alarms = (await options.store.retention.alarms()).filter(({ kind }) => kind === 'share');
  const dueByApp = await options.store.removals.due(graceBefore(now));
  await clearOld(options, alarms, dueByApp);
  let stoppedApps = 0;
  for (const due of dueByApp) {
    const alarm = alarms.find(({ appId }) => appId === due.appId);
    try {
      if (await mayGo(options, due, alarm, now)) await removeExpiredOf(options, due.appId, now, removed, signal);
      else stoppedApps++;
    } catch (error) {
      // Of one app alone: the others' files go.
      options.log.warn(
        { appId: due.appId, err: error },
        "an app's expired files could not be removed; tried again later",
      );
      removed.failures.push(error);
    }
  }
  return stoppedApps;
};

/** Alarms of apps that have nothing due any more. */
const clearOld = async ({ store }: SweepOptions, alarms: RetentionAlarm[], dueByApp: DueFiles[]): Promise<void> => {
  const over = alarms.filter((alarm) => !dueByApp.some(({ appId }) => appId === alarm.appId));
  for (const { appId } of over) await store.retention.clear('share', appId);
};

const mayGo = async (
  options: SweepOptions,
  due: DueFiles,
  alarm: RetentionAlarm | undefined,
  now: Date,
): Promise<boolean> => {
  const { store, log } = options;
  const { appId } = due;
  const doubt = alarm?.confirmedAt
    ? undefined
    : ((await tooYoung(options, due)) ?? (await lostFiles(options, appId, now)));
  if (doubt === undefined) {
    if (alarm) await store.retention.clear('share', appId);
    return true;
  }
  await store.retention.raise('share', appId, doubt, now);
  log.error({ appId, detail: doubt }, 'retention has stopped for an app: put it right, or confirm it');
  return false;
};

const tooYoung = async ({ store }: SweepOptions, { appId, early }: DueFiles): Promise<string | undefined> => {
  const total = early === 0 ? 0 : await store.removals.fileCount(appId);
  if (!areTooMany(early, total)) return undefined;
  return `${early} of ${total} files would go before the age that the app's retention gives them`;
};

/**
 * In another folder than theirs, or one that is not mounted, all files count as removed: their rows would go, and they stay for good. No file
 * is missing that no sweep has begun to remove.
 */
const lostFiles = async ({ store, objects }: SweepOptions, appId: number, now: Date): Promise<string | undefined> => {
  const first = await store.removals.expired(appId, graceBefore(now), BATCH);
  let lost = 0;
  for (const { objectKey } of first) if ((await objects.stat(objectKey)) === undefined) lost++;
  if (!areTooMany(lost, first.length)) return undefined;
  return `${lost} of the first ${first.length} files to go are not in the store: is it the right one?`;
};

/** Stops where nothing can be removed: the object store is away. */
const removeExpiredOf = async (
  options: SweepOptions,
  appId: number,
  now: Date,
  removed: Removed,
  signal: AbortSignal | undefined,
): Promise<void> => {
  while (!signal?.aborted) {
    const marked = await options.store.removals.beginExpired(appId, graceBefore(now), BATCH, now);
    const { files, failures } = await finishRemoval(options, marked, now);
    removed.files += files;
    removed.failures.push(...failures);
    if (marked.length < BATCH || files === 0) return;
  }
};
