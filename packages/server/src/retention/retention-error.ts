export type RetentionErrorReason = 'incomplete';

/** Why a sweep could not do all that was due. */
export class RetentionError extends Error {
  override readonly name = 'RetentionError';
  readonly reason: RetentionErrorReason;

  private constructor(reason: RetentionErrorReason, message: string, cause: unknown) {
    super(message, { cause });
    this.reason = reason;
  }

  /** Objects that the store would not remove: the next try takes them up. `cause` is the first one's. */
  static incomplete(files: number, cause: unknown): RetentionError {
    return new RetentionError('incomplete', `${files} files could not be removed`, cause);
  }
}
