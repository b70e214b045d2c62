export type RetentionErrorReason = 'incomplete';

/** Why a sweep could not do all that was due. */
export class RetentionError extends Error {
  override readonly name = 'RetentionError';
  readonly reason: RetentionErrorReason;

  private constructor(reason: RetentionErrorReason, message: string, cause: unknown) {
    super(message, { cause });
    this.reason = reason;
  }

  /** Objects that the store would not remove, apps that could not be dealt with: the next try takes them up. `cause` is the first one's. */
  static incomplete(failures: number, cause: unknown): RetentionError {
    return new RetentionError('incomplete', `${failures} removals came to nothing`, cause);
  }
}
