/** The server's side of the compositor: one merge at a time, each in a process of its own. */
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ChildError, ChildHost } from '../base/child-port.ts';
import type { Logger } from '../base/log.ts';
import { CompositorError } from './compositor-error.ts';
import {
  type CompositeJob,
  type CompositeResult,
  type CompositorEvent,
  type CompositorReply,
  type CompositorRequest,
  unfinishedPath,
} from './protocol.ts';

export type CompositeCallOptions = {
  /** Whole percent, rising. */
  onProgress?: (percent: number) => void;
  signal?: AbortSignal;
};

type Child = ChildHost<CompositorRequest, CompositorReply, CompositorEvent>;

const WORKER_PATH = fileURLToPath(new URL('./worker.ts', import.meta.url));
/** Calls that are being recorded come first. */
const NICENESS = 10;
/** A cancelled job looks up about ten times a second, but a long file's index is written in one go. */
const CANCEL_GRACE_MS = 5_000;

/**
 * A process for each job: a native fault costs that job alone, nothing leaks from one to the next, and the starting takes
 * a fraction of a second. Nothing is retried here.
 */
export class Compositor {
  readonly #log: Logger;
  readonly #stop = new AbortController();
  #child: Child | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor({ log }: { log: Logger }) {
    this.#log = log;
  }

  /** The process of the job that runs now. */
  get workerPid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * Waits for the jobs before it, then merges.
   * @throws CompositorError (see its factories), or ChildError 'failed' for a job that is no job
   */
  composite(job: CompositeJob, options: CompositeCallOptions = {}): Promise<CompositeResult> {
    const made = this.#last.then(() => this.#run(job, options));
    this.#last = made.catch(() => {});
    return made;
  }

  /** Cancels what runs and what waits; those reject with 'closed'. A job that does not stop within `graceMs` is killed. */
  async close(graceMs: number): Promise<void> {
    this.#stop.abort();
    await this.#child?.close(graceMs);
    await this.#last;
  }

  async #run(job: CompositeJob, { onProgress, signal }: CompositeCallOptions): Promise<CompositeResult> {
    this.#throwIfStopped(signal);
    const child = this.#startChild(onProgress);
    const cancel = (): void => void child.close(CANCEL_GRACE_MS);
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      const { result } = await child.request({ kind: 'composite', job });
      return result;
    } catch (error) {
      await child.close(CANCEL_GRACE_MS);
      await rm(unfinishedPath(job.outputPath), { force: true });
      this.#throwIfStopped(signal);
      throw asCompositorError(error);
    } finally {
      signal?.removeEventListener('abort', cancel);
      await child.close(CANCEL_GRACE_MS);
      this.#child = undefined;
    }
  }

  #startChild(onProgress: CompositeCallOptions['onProgress']): Child {
    const child: Child = new ChildHost({
      modulePath: WORKER_PATH,
      niceness: NICENESS,
      name: 'compositor',
      log: this.#log,
      onEvent: (event) => onProgress?.(event.percent),
      onExit: ({ code, signal }) => this.#log.debug({ code, signal }, 'compositor process ended'),
    });
    this.#child = child;
    return child;
  }

  #throwIfStopped(signal: AbortSignal | undefined): void {
    if (this.#stop.signal.aborted) throw CompositorError.closed();
    if (signal?.aborted) throw CompositorError.cancelled();
  }
}

const asCompositorError = (error: unknown): unknown => {
  if (!(error instanceof ChildError)) return error;
  if (error.reason !== 'failed') return CompositorError.crashed(error);
  return error.remote?.name === 'CompositorError' ? CompositorError.fromRemote(error.remote, error) : error;
};
