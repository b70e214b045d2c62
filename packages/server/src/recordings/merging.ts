/** Makes the merged file of an ended conference from its listed recordings, and lists it. */
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PublicationKind } from '@callreel/contract/conference.ts';
import type { ConfrId, RecordingKey } from '@callreel/contract/ids.ts';
import type { Logger } from '../base/log.ts';
import type { CompositeJob, Stretch } from '../compositor/protocol.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { ConferenceRow, MemberRow, RecordingRow } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { objectKeyOf } from './listing.ts';

/** What merging needs of the compositor. */
export type CompositorPort = {
  composite(job: CompositeJob): Promise<{ durationMs: number; sizeBytes: number; frames: number }>;
};

export type MergingOptions = {
  store: Store;
  objects: ObjectStore;
  compositor: CompositorPort;
  spoolDir: string;
  log: Logger;
};

/** The measures of every merged picture. */
const OUTPUT = { width: 1280, height: 720, framesPerSecond: 25 } as const;

/** What listing wrote into a recording's `facts`. */
type RecordedFacts = {
  startMs: number;
  endMs: number;
  kind: PublicationKind;
  video?: unknown;
  audio?: unknown;
  pauses?: Stretch[];
};

/** Merges and lists. Doing it again is harmless: what was listed by an earlier try stays as its row says, and deleted where it was. */
export const mergeConference = async (options: MergingOptions, confrId: ConfrId, key: RecordingKey): Promise<void> => {
  const { store, log } = options;
  if (await store.recordings.wasListed(key)) return;
  const conference = await store.conferences.findById(confrId);
  const recordings = conference ? await storedRecordings(options, conference) : [];
  if (!conference || recordings.length === 0) {
    log.warn({ confrId }, 'nothing was recorded in this conference: no merged file');
    return;
  }
  const folder = join(options.spoolDir, `merge-${key}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const outputPath = join(folder, 'merged.mp4');
  try {
    const job = await compositeJob(options.objects, recordings, outputPath);
    const made = await options.compositor.composite(job);
    await listMerged(options, { conference, key, outputPath, job, durationMs: made.durationMs });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** The conference's own files, without those whose object is gone: the rest is worth merging all the same. */
const storedRecordings = async (
  { store, objects, log }: MergingOptions,
  conference: ConferenceRow,
): Promise<RecordingRow[]> => {
  const listed = await store.recordings.byConference(conference.appId, conference.id);
  const singles = listed.filter((recording) => recording.recordType !== 'MERGE_ALL');
  const stored = await Promise.all(singles.map((recording) => objects.stat(recording.objectKey)));
  const gone = singles.filter((_, index) => stored[index] === undefined);
  for (const { recordingKey } of gone)
    log.error({ confrId: conference.id, recordingKey }, 'merged without this file: it is gone');
  return singles.filter((recording) => !gone.includes(recording));
};

const compositeJob = async (
  objects: ObjectStore,
  recordings: RecordingRow[],
  outputPath: string,
): Promise<CompositeJob> => {
  const sources = await Promise.all(
    recordings.map(async (recording) => {
      const facts = recording.facts as RecordedFacts;
      return {
        path: await objects.localPath(recording.objectKey),
        label: recording.userName,
        kind: facts.kind,
        startMs: facts.startMs,
        endMs: facts.endMs,
        hasVideo: facts.video !== undefined,
        hasAudio: facts.audio !== undefined,
        memberId: recording.memberId,
        ...(facts.pauses && { pauses: facts.pauses }),
      };
    }),
  );
  return { ...OUTPUT, outputPath, sources, endMs: Math.max(...sources.map((source) => source.endMs)) };
};

type Merged = {
  conference: ConferenceRow;
  key: RecordingKey;
  outputPath: string;
  job: CompositeJob;
  durationMs: number;
};

const listMerged = async (options: MergingOptions, merged: Merged): Promise<void> => {
  const { conference, key, outputPath, job, durationMs } = merged;
  const app = await options.store.apps.findById(conference.appId);
  const bearer = bearerOf(conference, await options.store.conferences.members(conference.id));
  if (!app || !bearer) return;
  const objectKey = objectKeyOf(app.org, app.name, key, 'mp4');
  const { size: sizeBytes } = await stat(outputPath);
  await options.objects.put(outputPath, objectKey);
  const listed = await options.store.recordings.list({
    recordingKey: key,
    appId: app.id,
    confrId: conference.id,
    memberId: bearer.id,
    userName: bearer.userName,
    accessId: bearer.accessId,
    pubStreamId: null,
    recordType: 'MERGE_ALL',
    objectKey,
    container: 'mp4',
    sizeBytes,
    durationMs,
    facts: {
      startMs: Math.min(...job.sources.map((source) => source.startMs)),
      endMs: job.endMs,
      sources: job.sources.length,
      // What the compositor makes, whatever it is made of.
      video: { codec: 'H264', width: job.width, height: job.height },
      audio: { codec: 'aac' },
    },
  });
  options.log.info({ confrId: conference.id, durationMs, listed }, 'merged recording listed');
};

/** Whose ids a merged file bears: the creator's, or the first joiner's. */
const bearerOf = (conference: ConferenceRow, members: MemberRow[]): MemberRow | undefined => {
  const inOrder = members.toSorted((one, other) => one.joinedAt.getTime() - other.joinedAt.getTime());
  return inOrder.find((member) => member.userName === conference.creator) ?? inOrder[0];
};
