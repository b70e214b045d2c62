/**
 * From a recording's bytes on disk to a listed file: finish in place → store the object → the row, its id last. Every step can be
 * done again after a crash at any moment: the manifest keeps the facts once the file is whole, and the row is unique by its key.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseRecordingKey, type RecordingKey } from '@callreel/contract/ids.ts';
import type { RecordType } from '@callreel/contract/recording.ts';
import type { Logger } from '../base/log.ts';
import type { Stretch } from '../compositor/protocol.ts';
import { type FinishedRecording, finishRecording } from '../recorder/finish.ts';
import { MEDIA_FILE } from '../recorder/live-file.ts';
import { livingWriter } from '../recorder/writer-mark.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { Store } from '../store/store.ts';

export type ListingOptions = {
  store: Store;
  objects: ObjectStore;
  spoolDir: string;
  log: Logger;
};

export type ListingResult = { kind: 'listed'; confrId: string; id: number | undefined } | { kind: 'empty' | 'gone' };

const RECORD_TYPE_OF_KIND = { av: 'ONLY_REC_ONE_AV', desktop: 'ONLY_REC_ONE_DESKTOP' } satisfies Record<
  FinishedRecording['spec']['kind'],
  RecordType
>;

/** The object's key: by app and day, so that a folder never holds more than a day's files. */
export const objectKeyOf = (org: string, app: string, key: RecordingKey, extension: string): string =>
  `${org}/${app}/${key.slice(0, 8)}/${key}.${extension}`;

/** Finishes, stores and lists one recording. Doing it again is harmless. */
export const listRecording = async (options: ListingOptions, key: RecordingKey): Promise<ListingResult> => {
  const folder = join(options.spoolDir, key);
  if (!(await readdir(options.spoolDir)).includes(key)) {
    await options.store.recordingWork.settle(key);
    return { kind: 'gone' };
  }
  const finished = await finishRecording(options.spoolDir, key);
  if (finished.kind === 'empty') {
    options.log.warn(
      { recordingKey: key, reason: finished.reason },
      'a recording holds nothing decodable: no file is listed',
    );
    await options.store.recordingWork.settle(key, finished.reason);
    await rm(folder, { recursive: true, force: true });
    return { kind: 'empty' };
  }
  const objectKey = objectKeyOf(finished.spec.org, finished.spec.app, key, finished.container);
  // Gone where an earlier try stored it and was cut short before the row.
  if ((await readdir(folder)).includes(MEDIA_FILE)) await options.objects.put(finished.path, objectKey);
  const listed = await insertRow(options.store, finished, objectKey);
  await options.store.recordingWork.settle(key);
  await rm(folder, { recursive: true, force: true });
  const { durationMs, report } = finished;
  options.log.info({ recordingKey: key, id: listed, durationMs, verdict: report.verdict }, 'recording listed');
  return { kind: 'listed', confrId: finished.spec.confrId, id: listed };
};

/**
 * The keys of the recordings in the spool that no living process writes, oldest first. Those begun after `begunBefore` are left out:
 * one that is just being opened has not yet said who writes it.
 */
export const endedKeys = async (spoolDir: string, begunBefore: Date): Promise<RecordingKey[]> => {
  const limit = begunBefore.toISOString().replace(/\D/g, '').slice(0, 14);
  const names = (await readdir(spoolDir)).filter((name) => name.slice(0, limit.length) <= limit);
  const keys = names.map(parseRecordingKey).filter((key) => key !== undefined);
  const writers = await Promise.all(keys.map((key) => livingWriter(join(spoolDir, key))));
  return keys.filter((_, index) => writers[index] === undefined).sort();
};

/** In conference time, for who merges it: those of the picture, where it has one. */
const pausesIn = ({ report, startMs }: FinishedRecording): Stretch[] => {
  const track = report.video === undefined ? 'audio' : 'video';
  return report.gaps
    .filter((gap) => gap.cause === 'pause' && gap.track === track && gap.count === 1)
    .map((gap) => ({ fromMs: startMs + gap.startMs, toMs: startMs + gap.endMs }));
};

const insertRow = async (store: Store, finished: FinishedRecording, objectKey: string): Promise<number | undefined> => {
  const { spec } = finished;
  const { startMs, endMs, startedAtWallMs, endedAtWallMs, video, audio, report } = finished;
  const listed = await store.recordings.list({
    recordingKey: spec.recordingKey,
    appId: spec.appId,
    confrId: spec.confrId,
    memberId: spec.memberId,
    userName: spec.userName,
    accessId: spec.accessId,
    pubStreamId: spec.pubStreamId,
    recordType: RECORD_TYPE_OF_KIND[spec.kind],
    objectKey,
    container: finished.container,
    sizeBytes: finished.sizeBytes,
    durationMs: finished.durationMs,
    facts: {
      ...{ startMs, endMs, startedAtWallMs, endedAtWallMs, kind: spec.kind, video, audio, verdict: report.verdict },
      pauses: pausesIn(finished),
    },
    report,
  });
  return listed === 'duplicate' ? undefined : listed.id;
};
