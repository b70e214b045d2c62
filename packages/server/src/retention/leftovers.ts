/** What else has served its time. */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseRecordingKey } from '@callreel/contract/ids.ts';
import type { Logger } from '../base/log.ts';
import type { Store } from '../store/store.ts';
import { DAY_MS } from './clocks.ts';

export type LeftoverOptions = { store: Store; spoolDir: string; log: Logger };

/** So long a token that expired or was revoked is still told from one that was never issued. */
const TOKENS_KEPT_MS = 30 * DAY_MS;
/** A finish job is tried again for less than a day. */
const WORK_KEPT_MS = 7 * DAY_MS;
const SPOOL_KEPT_MS = DAY_MS;

const MERGE_FOLDER = /^merge-(.+)$/;

export const removeLeftovers = async (options: LeftoverOptions, now: Date): Promise<void> => {
  const { leftovers } = options.store;
  const before = (keptMs: number): Date => new Date(now.getTime() - keptMs);
  const removed = {
    tokens: await leftovers.removeTokens(before(TOKENS_KEPT_MS)),
    work: await leftovers.removeSettledWork(before(WORK_KEPT_MS)),
    conferences: await leftovers.removeConferences(before(DAY_MS)),
    mergeFolders: await removeMergeFolders(options, before(SPOOL_KEPT_MS)),
  };
  if (Object.values(removed).some((count) => count > 0)) options.log.info(removed, 'leftovers are removed');
};

/** Of merges that are finished or given up, in the spool of this machine. */
const removeMergeFolders = async ({ store, spoolDir }: LeftoverOptions, touchedBefore: Date): Promise<number> => {
  const open = new Set<string>((await store.merges.open()).map(({ recordingKey }) => recordingKey));
  let removed = 0;
  for (const name of await readdir(spoolDir)) {
    const key = parseRecordingKey(MERGE_FOLDER.exec(name)?.[1] ?? '');
    if (key === undefined || open.has(key)) continue;
    const folder = join(spoolDir, name);
    if ((await stat(folder)).mtimeMs >= touchedBefore.getTime()) continue;
    await rm(folder, { recursive: true, force: true });
    removed++;
  }
  return removed;
};
