/**
 * What happens to recordings after the call: a job finishes and lists each, and when the last one of an ended `recMerge` conference
 * is settled, a job merges them. Jobs outlive the process; the spool is swept at every start.
 */
import {
  type ConfrId,
  type IdSource,
  makeRecordingKey,
  type PubStreamId,
  type RecordingKey,
} from '@callreel/contract/ids.ts';
import type { Logger } from '../base/log.ts';
import type { JobHandlers, Jobs } from '../jobs/jobs.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { RecordingBegun } from '../store/recording-work.ts';
import type { Store } from '../store/store.ts';
import { digestRecording } from './digest.ts';
import { endedKeys, listRecording } from './listing.ts';
import { type CompositorPort, mergeConference } from './merging.ts';

export type RecordingsOptions = {
  store: Store;
  objects: ObjectStore;
  jobs: Pick<Jobs, 'send'>;
  compositor: CompositorPort;
  spoolDir: string;
  ids: IdSource;
  log: Logger;
};

export type EmptyRecording = { confrId: ConfrId; pubStreamId: PubStreamId; reason: string };

/** How long after its end a recording waits whose job could not be handed in at once. */
const SWEEP_INTERVAL_MS = 30_000;
/** By then a recording that was begun says who writes it. */
const OPENING_MS = 60_000;
/** Between two looks for merges whose job was not taken, or given up: a full disk has room by then. */
const MERGE_INTERVAL_MS = 3600 * 1000;
/** One that fails for longer is tried again at the next start alone. */
const LONGEST_MERGE_MS = 24 * 3600 * 1000;
/** A merge that was not begun for longer is not begun by itself. */
const LONGEST_OUTAGE_MS = 7 * 24 * 3600 * 1000;

export class Recordings {
  readonly #options: RecordingsOptions;
  readonly #followers: ((empty: EmptyRecording) => void)[] = [];
  #timers: NodeJS.Timeout[] = [];

  constructor(options: RecordingsOptions) {
    this.#options = options;
  }

  /** Tells of each recording that gives no file, from now on. */
  followEmpty(follower: (empty: EmptyRecording) => void): void {
    this.#followers.push(follower);
  }

  /** Takes up what an earlier process left undone. */
  async start(): Promise<void> {
    await this.#takeUp();
    this.#every(SWEEP_INTERVAL_MS, 'the spool could not be swept; tried again later', () => this.#sweep());
    this.#every(MERGE_INTERVAL_MS, 'open merges could not be handed in; tried again later', () => this.#sweepMerges());
  }

  #every(intervalMs: number, complaint: string, work: () => Promise<void>): void {
    const run = () => work().catch((error: unknown) => this.#options.log.warn({ err: error }, complaint));
    this.#timers.push(setInterval(run, intervalMs));
  }

  /** What this part of the service does of the jobs. */
  get handlers(): Pick<JobHandlers, 'finish' | 'composite' | 'digest'> {
    return {
      finish: ({ recordingKey }) => this.#finish(recordingKey),
      composite: ({ confrId }) => this.#composite(confrId),
      digest: ({ recordingKey }, { signal }) => digestRecording(this.#options, recordingKey, signal),
    };
  }

  /** Jobs under way are the job queue's to stop. */
  async stop(): Promise<void> {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
  }

  /** A recording's bytes are on disk: finish it as soon as may be. */
  async recordingEnded(recordingKey: RecordingKey): Promise<void> {
    await this.#options.jobs.send('finish', { recordingKey }, { singletonKey: recordingKey });
  }

  /** A conference is over: it is merged now, or when its last recording is settled. */
  async conferenceEnded(confrId: ConfrId): Promise<void> {
    await this.#considerMerge(confrId);
  }

  /** Whatever is open now was begun by a process that is gone: also what never came to have a folder. */
  async #takeUp(): Promise<void> {
    const { store, spoolDir, ids, log } = this.#options;
    const left = new Set([
      ...(await endedKeys(spoolDir, new Date(ids.nowMs()))),
      ...(await store.recordingWork.openKeys()),
    ]);
    if (left.size > 0) log.info({ recordings: left.size }, 'taking up recordings of an earlier run');
    for (const key of left) await this.recordingEnded(key);
    await this.#takeUpMerges();
  }

  /** Merges that were begun, after this if it is given, and are not finished. Those whose job waits or runs are not handed in twice. */
  async #takeUpMerges(begunAfter?: Date): Promise<void> {
    for (const { confrId } of await this.#options.store.merges.open(begunAfter)) await this.#considerMerge(confrId);
  }

  #sweepMerges(): Promise<void> {
    return this.#takeUpMerges(new Date(this.#options.ids.nowMs() - LONGEST_MERGE_MS));
  }

  /** Hands in what could not be when it was due, as when the database was away. What waits or runs already is not taken twice. */
  async #sweep(): Promise<void> {
    const { store, spoolDir, ids } = this.#options;
    const nowMs = ids.nowMs();
    for (const key of await endedKeys(spoolDir, new Date(nowMs - OPENING_MS))) await this.recordingEnded(key);
    const notBegun = await store.merges.notBegun(new Date(nowMs - LONGEST_OUTAGE_MS));
    for (const confrId of notBegun) await this.#considerMerge(confrId);
  }

  async #finish(recordingKey: RecordingKey): Promise<void> {
    const { store, jobs } = this.#options;
    const { kind } = await listRecording(this.#options, recordingKey);
    const begun = await store.recordingWork.find(recordingKey);
    if (kind === 'empty' && begun) this.#tellEmpty(begun);
    // Also where it was listed by an earlier try that got no further.
    await jobs.send('digest', { recordingKey });
    if (begun) await this.#considerMerge(begun.confrId);
  }

  #tellEmpty({ confrId, pubStreamId, emptyReason }: RecordingBegun): void {
    if (pubStreamId === null || emptyReason === null) return;
    for (const follower of this.#followers) follower({ confrId, pubStreamId, reason: emptyReason });
  }

  /** Both the end of the conference and the end of each recording come here; whichever is last finds all settled. */
  async #considerMerge(confrId: ConfrId): Promise<void> {
    const { store, jobs, ids } = this.#options;
    const conference = await store.conferences.findById(confrId);
    if (!conference?.endedAt || !conference.recMerge) return;
    if ((await store.recordingWork.openCount(confrId)) > 0) return;
    const merge = await store.merges.begin(confrId, makeRecordingKey(ids));
    if (merge.done) return;
    await jobs.send('composite', { confrId }, { singletonKey: confrId });
  }

  async #composite(confrId: ConfrId): Promise<void> {
    const merge = await this.#options.store.merges.find(confrId);
    if (!merge || merge.done) return;
    await mergeConference(this.#options, confrId, merge.recordingKey);
    await this.#options.jobs.send('digest', { recordingKey: merge.recordingKey });
    await this.#options.store.merges.finish(confrId);
  }
}
