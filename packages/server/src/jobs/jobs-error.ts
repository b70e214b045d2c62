export type JobsErrorReason = 'unavailable' | 'notRunning';

/** Why a job could not be handed in, or the jobs not be started. */
export class JobsError extends Error {
  override readonly name = 'JobsError';
  readonly reason: JobsErrorReason;

  private constructor(reason: JobsErrorReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }

  /** The database did not take it. Worth trying again. */
  static unavailable(what: string, cause: unknown): JobsError {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new JobsError('unavailable', `${what}: ${why}`, cause);
  }

  /** Not started yet, or stopped. */
  static notRunning(): JobsError {
    return new JobsError('notRunning', 'the jobs are not running');
  }
}
