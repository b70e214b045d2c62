/** The closed list of jobs: what each is given, and how it is run and tried again. */
import type { ConfrId, RecordingKey } from '@callreel/contract/ids.ts';

export type JobPayloads = {
  /** Put an ended recording in order, store it and list it. */
  finish: { recordingKey: RecordingKey };
  /** Merge the recordings of an ended conference. */
  composite: { confrId: ConfrId };
  /** Hash a listed file. */
  digest: { recordingKey: RecordingKey };
  /** Remove a file that its app ordered to be deleted. */
  remove: { recordingKey: RecordingKey };
  /** Remove files whose time is over, and other things that have served theirs. */
  expire: Record<never, never>;
  /** Compare what is stored with what is listed, and report. */
  reconcile: Record<never, never>;
};
export type JobName = keyof JobPayloads;

export type JobContext = {
  /** From 1. */
  attempt: number;
  /** Aborted when the job's result can no longer count: the service stops, or another node has taken it. */
  signal: AbortSignal;
};

/**
 * A job whose handler throws is tried again; so it is when its node dies, which may be after its work was done. Handlers
 * must therefore do nothing twice.
 */
export type JobHandlers = { [Name in JobName]: (payload: JobPayloads[Name], context: JobContext) => Promise<void> };

export type JobDefinition<Payload> = {
  /** Of jobs with one key, one alone waits or runs. */
  keyOf: (payload: Payload) => string;
  /** How many run at once on this node. */
  concurrency: number;
  retryLimit: number;
  /** Before the first retry; doubled for each further one, up to the longest. */
  retryDelaySeconds: number;
  longestRetryDelaySeconds: number;
  /** One that takes longer counts as failed. */
  limitSeconds: number;
};

export type JobDefinitions = { readonly [Name in JobName]: JobDefinition<JobPayloads[Name]> };

export const JOB_DEFINITIONS: JobDefinitions = {
  finish: {
    keyOf: ({ recordingKey }) => recordingKey,
    concurrency: 4,
    // Nothing recorded may be lost to a full disk or an outage of the object store: about 16 hours of tries.
    retryLimit: 100,
    retryDelaySeconds: 1,
    longestRetryDelaySeconds: 600,
    limitSeconds: 3600,
  },
  composite: {
    keyOf: ({ confrId }) => confrId,
    concurrency: 1,
    retryLimit: 3,
    retryDelaySeconds: 5,
    longestRetryDelaySeconds: 60,
    limitSeconds: 6 * 3600,
  },
  digest: {
    keyOf: ({ recordingKey }) => recordingKey,
    concurrency: 1,
    retryLimit: 20,
    retryDelaySeconds: 5,
    longestRetryDelaySeconds: 3600,
    limitSeconds: 6 * 3600,
  },
  remove: {
    keyOf: ({ recordingKey }) => recordingKey,
    concurrency: 2,
    // What is given up is taken up by the next sweep.
    retryLimit: 10,
    retryDelaySeconds: 1,
    longestRetryDelaySeconds: 600,
    limitSeconds: 600,
  },
  expire: {
    keyOf: () => 'expire',
    concurrency: 1,
    retryLimit: 2,
    retryDelaySeconds: 60,
    longestRetryDelaySeconds: 600,
    limitSeconds: 3600,
  },
  reconcile: {
    keyOf: () => 'reconcile',
    concurrency: 1,
    retryLimit: 1,
    retryDelaySeconds: 600,
    longestRetryDelaySeconds: 600,
    limitSeconds: 6 * 3600,
  },
};

export const JOB_NAMES = Object.keys(JOB_DEFINITIONS) as JobName[];
