/** What must happen even if this process dies: kept in PostgreSQL by pg-boss, taken by the workers of any node. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ConstructorOptions, type JobWithMetadata, PgBoss } from 'pg-boss';
import type { Logger } from '../base/log.ts';
import type { PostgresConnection } from '../base/postgres-connection.ts';
import {
  JOB_DEFINITIONS,
  JOB_NAMES,
  type JobDefinitions,
  type JobHandlers,
  type JobName,
  type JobPayloads,
} from './job-definitions.ts';
import { JobsError } from './jobs-error.ts';

export type { JobContext, JobHandlers, JobName, JobPayloads } from './job-definitions.ts';
export { JobsError } from './jobs-error.ts';

export type SendOptions = {
  /** While a job of this name and key waits or runs, another one is not taken. Unless given, what the payload is about. */
  singletonKey?: string;
  startAfterSeconds?: number;
};

/** Of one queue. `deferred`: tried again later, or sent for later; `failed`: given up within the last days. */
export type QueueFigures = { name: string; waiting: number; deferred: number; active: number; failed: number };

const DEAD_LETTERS = 'dead-letter';
const MAX_CONNECTIONS = 5;
/** Word of a new job comes at once; polling finds retries when they are due, and what came while the word did not. */
const POLL_SECONDS = 2;
const WORK_OPTIONS = {
  pollingIntervalSeconds: POLL_SECONDS,
  notifyPollingIntervalSeconds: POLL_SECONDS,
  includeMetadata: true,
} as const;
/** A running job says so twice within this time; one that does not is another node's to take. */
const HEARTBEAT_SECONDS = 15;
const SUPERVISION_SECONDS = 5;

const address = (connection: PostgresConnection): ConstructorOptions =>
  connection.kind === 'url'
    ? { connectionString: connection.url }
    : { host: connection.directory, user: connection.user, database: connection.database };

export class Jobs {
  readonly #boss: PgBoss;
  readonly #log: Logger;
  readonly #definitions: JobDefinitions;
  /** By job id: one whose heartbeat was late comes again while its first run still goes on here. */
  readonly #running = new Map<string, Promise<void>>();
  #state: 'new' | 'running' | 'stopped' = 'new';
  #stopped: Promise<void> | undefined;

  constructor(options: { connection: PostgresConnection; log: Logger; definitions?: JobDefinitions }) {
    this.#log = options.log;
    this.#definitions = options.definitions ?? JOB_DEFINITIONS;
    this.#boss = new PgBoss({
      ...address(options.connection),
      application_name: 'callreel-jobs',
      max: MAX_CONNECTIONS,
      useListenNotify: true,
      schedule: false,
      superviseIntervalSeconds: SUPERVISION_SECONDS,
      monitorIntervalSeconds: SUPERVISION_SECONDS,
    });
    this.#boss.on('error', (error) => this.#log.warn({ err: error }, 'job queue error'));
    this.#boss.on('warning', (warning) => this.#log.warn({ warning }, 'job queue warning'));
  }

  /** Makes the queue's tables where they are absent. Several nodes may start at once. */
  async start(): Promise<void> {
    try {
      await this.#boss.start();
      await this.#createQueues();
      this.#state = 'running';
    } catch (error) {
      await this.#boss.stop({ graceful: false }).catch(() => {});
      throw JobsError.unavailable('the jobs could not be started', error);
    }
  }

  /** False where one of the same singletonKey waits or runs already. Throws a JobsError. */
  async send<Name extends JobName>(
    name: Name,
    payload: JobPayloads[Name],
    options: SendOptions = {},
  ): Promise<boolean> {
    if (this.#state !== 'running') throw JobsError.notRunning();
    const { singletonKey = this.#definitions[name].keyOf(payload), startAfterSeconds } = options;
    try {
      const id = await this.#boss.send(name, payload, {
        singletonKey,
        ...(startAfterSeconds !== undefined && { startAfter: startAfterSeconds }),
      });
      return id !== null;
    } catch (error) {
      throw JobsError.unavailable(`the job '${name}' could not be handed in`, error);
    }
  }

  /** Starts to take jobs on this node: call it once. */
  async work(handlers: JobHandlers): Promise<void> {
    if (this.#state !== 'running') throw JobsError.notRunning();
    for (const name of JOB_NAMES) {
      for (let i = 0; i < this.#definitions[name].concurrency; i++) await this.#startWorker(name, handlers);
    }
    await this.#logDeadLetters();
  }

  /** How much waits and runs, as it was counted within the last seconds. Throws a JobsError. */
  async figures(): Promise<QueueFigures[]> {
    try {
      const queues = await this.#boss.getQueues([...JOB_NAMES]);
      return queues.map(({ name, readyCount, deferredCount, activeCount, failedCount }) => ({
        ...{ name, waiting: readyCount, deferred: deferredCount, active: activeCount, failed: failedCount },
      }));
    } catch (error) {
      throw JobsError.unavailable('the jobs cannot be counted', error);
    }
  }

  /** Takes no more, waits up to `graceMs` for those that run, then aborts them: they are tried again. Idempotent. */
  stop(graceMs: number): Promise<void> {
    this.#stopped ??= this.#stop(graceMs);
    return this.#stopped;
  }

  async #stop(graceMs: number): Promise<void> {
    if (this.#state !== 'running') return;
    this.#state = 'stopped';
    const timeout = new AbortController();
    const ended = Promise.all([...JOB_NAMES, DEAD_LETTERS].map((name) => this.#boss.offWork(name, { wait: true })));
    await Promise.race([ended, sleep(graceMs, undefined, { signal: timeout.signal })]).finally(() => timeout.abort());
    await this.#boss.stop({ graceful: false });
  }

  async #createQueues(): Promise<void> {
    await this.#boss.createQueue(DEAD_LETTERS, { notify: true });
    for (const name of JOB_NAMES) {
      const definition = this.#definitions[name];
      const options = {
        notify: true,
        retryLimit: definition.retryLimit,
        retryDelay: definition.retryDelaySeconds,
        retryBackoff: true,
        retryDelayMax: definition.longestRetryDelaySeconds,
        expireInSeconds: definition.limitSeconds,
        heartbeatSeconds: HEARTBEAT_SECONDS,
        deadLetter: DEAD_LETTERS,
      };
      await this.#boss.createQueue(name, { ...options, policy: 'exclusive' });
      // One made by an earlier version keeps its options otherwise.
      await this.#boss.updateQueue(name, options);
    }
  }

  async #startWorker<Name extends JobName>(name: Name, handlers: JobHandlers): Promise<void> {
    const workerId = await this.#boss.work<JobPayloads[Name], void, typeof WORK_OPTIONS>(
      name,
      WORK_OPTIONS,
      async (jobs) => {
        // Otherwise it sleeps a whole poll after each job, though more may wait.
        this.#boss.notifyWorker(workerId);
        for (const job of jobs) await this.#run(name, job, handlers);
      },
    );
  }

  async #run<Name extends JobName>(
    name: Name,
    job: JobWithMetadata<JobPayloads[Name]>,
    handlers: JobHandlers,
  ): Promise<void> {
    const attempt = job.retryCount + 1;
    const log = this.#log.child({ job: name, payload: job.data, attempt });
    const running = this.#running.get(job.id) ?? handlers[name](job.data, { attempt, signal: job.signal });
    this.#running.set(job.id, running);
    try {
      await running;
      log.debug('job done');
    } catch (error) {
      log.warn({ err: error, retryLimit: job.retryLimit }, 'job failed');
      throw error;
    } finally {
      this.#running.delete(job.id);
    }
  }

  async #logDeadLetters(): Promise<void> {
    const workerId = await this.#boss.work<object, void, typeof WORK_OPTIONS>(
      DEAD_LETTERS,
      WORK_OPTIONS,
      async (jobs) => {
        this.#boss.notifyWorker(workerId);
        for (const { sourceName, sourceOutput, sourceRetryCount, data } of jobs) {
          const facts = { job: sourceName, payload: data, attempts: (sourceRetryCount ?? 0) + 1, cause: sourceOutput };
          this.#log.error(facts, 'job given up after its last try');
        }
      },
    );
  }
}
