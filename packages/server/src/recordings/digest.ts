/** The hash of a listed file: made after the listing, so that nobody waits for it. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RecordingKey } from '@callreel/contract/ids.ts';
import type { Logger } from '../base/log.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { Store } from '../store/store.ts';

export type DigestOptions = { store: Pick<Store, 'recordings'>; objects: ObjectStore; log: Logger };

/** Between two rests: about 3 ms of hashing at 400 MB/s. */
const BYTES_A_TURN = 1024 * 1024;
/** Of the time that a turn took: so the event loop is busy with hashing a quarter of the time at most. */
const REST = 3;

/** Doing it again is harmless. @throws StorageError where the object cannot be read */
export const digestRecording = async (
  { store, objects, log }: DigestOptions,
  recordingKey: RecordingKey,
  signal: AbortSignal,
): Promise<void> => {
  const row = await store.recordings.byKey(recordingKey);
  if (row === undefined || row.facts.sha256 !== undefined) return;
  const { sha256, sizeBytes } = await hashObject(objects, row.objectKey, signal);
  if (sizeBytes !== row.sizeBytes) {
    log.error({ recordingKey, sizeBytes, listedSizeBytes: row.sizeBytes }, 'a stored file is not as long as it was');
    return;
  }
  await store.recordings.setDigest(recordingKey, sha256);
};

/** The stream is closed on every way out. */
const hashObject = async (objects: ObjectStore, objectKey: string, signal: AbortSignal) => {
  const hash = createHash('sha256');
  const stream = await objects.open(objectKey);
  let sizeBytes = 0;
  let turn = { startedMs: performance.now(), bytes: 0 };
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    hash.update(chunk);
    sizeBytes += chunk.length;
    turn.bytes += chunk.length;
    if (turn.bytes < BYTES_A_TURN) continue;
    await sleep((performance.now() - turn.startedMs) * REST, undefined, { signal });
    turn = { startedMs: performance.now(), bytes: 0 };
  }
  return { sha256: hash.digest('hex'), sizeBytes };
};
