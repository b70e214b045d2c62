/**
 * What happens to recordings after the call: a job finishes and lists each, and when the last one of an ended `recMerge` conference
 * is settled, a job merges them. Jobs outlive the process; the spool is swept at every start.
 */
import { mkdir } from 'node:fs/promises';
import { type ConfrId, type IdSource, makeRecordingKey, type RecordingKey } from '@callreel/contract/ids.ts';
import type { Logger } from '../base/log.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { Store } from '../store/store.ts';
import { listRecording, spooledKeys } from './listing.ts';
import { type CompositorPort, mergeConference } from './merging.ts';

export type RecordingsOptions = {
  store: Store;
  objects: ObjectStore;
  jobs: Jobs;
  compositor: CompositorPort;
  spoolDir: string;
  ids: IdSource;
  log: Logger;
};

export class Recordings {
  readonly #options: RecordingsOptions;

  constructor(options: RecordingsOptions) {
    this.#options = options;
  }

  /** Begins to take jobs, and takes up what an earlier process left in the spool. */
  async start(): Promise<void> {
    const { jobs, store, spoolDir, log } = this.#options;
    await mkdir(spoolDir, { recursive: true, mode: 0o700 });
    const left = await spooledKeys(spoolDir);
    if (left.length > 0) log.info({ recordings: left.length }, 'taking up recordings of an earlier run');
    await Promise.all(left.map((key) => this.recordingEnded(key)));
    for (const merge of await store.merges.open()) await this.#considerMerge(merge.confrId);
    await jobs.work({
      finish: ({ recordingKey }) => this.#finish(recordingKey),
      composite: ({ confrId }) => this.#composite(confrId),
    });
  }

  /** A recording's bytes are on disk: finish it as soon as may be. */
  async recordingEnded(recordingKey: RecordingKey): Promise<void> {
    await this.#options.jobs.send('finish', { recordingKey }, { singletonKey: recordingKey });
  }

  /** A conference is over: it is merged now, or when its last recording is settled. */
  async conferenceEnded(confrId: ConfrId): Promise<void> {
    await this.#considerMerge(confrId);
  }

  async #finish(recordingKey: RecordingKey): Promise<void> {
    const confrId = await this.#options.store.recordingWork.conferenceOf(recordingKey);
    await listRecording(this.#options, recordingKey);
    if (confrId) await this.#considerMerge(confrId);
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
    await this.#options.store.merges.finish(confrId);
  }
}
