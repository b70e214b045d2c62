/** How a file goes: its row is marked, its object is removed, its row becomes a tombstone. */
import type { RecordingKey } from '@callreel/contract/ids.ts';
import type { Logger } from '../base/log.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { RecordingInRemoval } from '../store/rows.ts';
import type { Store } from '../store/store.ts';

export type RemovalOptions = { store: Store; objects: ObjectStore; log: Logger };

/** What came of removing some objects. */
export type Removed = { files: number; failures: unknown[] };

const OBJECTS_AT_ONCE = 8;

/** For rows that are marked: objects first, then the rows of those that went. What fails stays marked, for the next try. */
export const finishRemoval = async (
  { store, objects, log }: RemovalOptions,
  files: readonly RecordingInRemoval[],
  at: Date,
): Promise<Removed> => {
  const removed: Removed = { files: 0, failures: [] };
  for (let first = 0; first < files.length; first += OBJECTS_AT_ONCE) {
    const some = files.slice(first, first + OBJECTS_AT_ONCE);
    const results = await Promise.allSettled(some.map(({ objectKey }) => objects.remove(objectKey)));
    const gone: RecordingKey[] = [];
    for (const [index, { recordingKey }] of some.entries()) {
      const result = results[index];
      if (result?.status === 'fulfilled') gone.push(recordingKey);
      else {
        log.warn({ recordingKey, err: result?.reason }, 'a file could not be removed; tried again later');
        removed.failures.push(result?.reason);
      }
    }
    await store.removals.bury(gone, at);
    removed.files += gone.length;
  }
  return removed;
};

/** One that its app ordered to be deleted. Doing it again is harmless. @throws StorageError where the object cannot be removed */
export const removeDeleted = async (options: RemovalOptions, recordingKey: RecordingKey, at: Date): Promise<void> => {
  const file = await options.store.removals.find(recordingKey);
  if (file === undefined) return;
  await options.objects.remove(file.objectKey);
  await options.store.removals.bury([recordingKey], at);
  options.log.info({ recordingKey }, 'a deleted recording is removed');
};
