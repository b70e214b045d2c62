/** Removes what has served its time: hands in a sweep at the start and every hour, and does the jobs of it. */
import type { RecordingKey } from '@callreel/contract/ids.ts';
import type { JobHandlers } from '../jobs/jobs.ts';
import { DAY_MS, HOUR_MS } from './clocks.ts';
import { reconcile } from './reconcile.ts';
import { removeDeleted } from './removal.ts';
import { sweep } from './sweep.ts';
import type { SweepOptions } from './sweep-options.ts';

export type RetentionOptions = SweepOptions;

/** A start is no time to read the whole object store. */
const FIRST_RECONCILIATION_SECONDS = 3600;

export class Retention {
  readonly #options: RetentionOptions;
  #timers: NodeJS.Timeout[] = [];

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /** Timers go by the monotonic clock: they run on where the wall clock leaps. */
  async start(): Promise<void> {
    const { jobs } = this.#options;
    await jobs.send('expire', {});
    await jobs.send('reconcile', {}, { startAfterSeconds: FIRST_RECONCILIATION_SECONDS });
    this.#every(HOUR_MS, () => jobs.send('expire', {}));
    this.#every(DAY_MS, () => jobs.send('reconcile', {}));
  }

  /** Jobs under way are the job queue's to stop. */
  async stop(): Promise<void> {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
  }

  /** A recording is marked as deleted: remove it now, or with the next sweep. */
  recordingDeleted(recordingKey: RecordingKey): void {
    const { jobs } = this.#options;
    this.#inBackground(jobs.send('remove', { recordingKey }));
  }

  /** What this part of the service does of the jobs. */
  get handlers(): Pick<JobHandlers, 'expire' | 'remove' | 'reconcile'> {
    const { clocks } = this.#options;
    return {
      expire: async (_, { signal }) => void (await sweep(this.#options, signal)),
      remove: ({ recordingKey }) => removeDeleted(this.#options, recordingKey, new Date(clocks.wallMs())),
      reconcile: async (_, { signal }) => void (await reconcile(this.#options, { act: false, signal })),
    };
  }

  #every(intervalMs: number, handIn: () => Promise<unknown>): void {
    this.#timers.push(setInterval(() => this.#inBackground(handIn()), intervalMs));
  }

  #inBackground(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#options.log.warn({ err: error }, 'not handed in: the next sweep takes it up'));
  }
}
