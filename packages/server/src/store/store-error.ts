export type StoreErrorReason = 'exists' | 'missing' | 'unavailable' | 'timeout' | 'inUse' | 'migration' | 'failed';

/** SQLSTATE codes and Node's own, by what they mean to a caller. */
const UNIQUE_VIOLATION = '23505';
const QUERY_CANCELED = '57014';
/** Class 08: connection; 40: rolled back for the sake of another (a deadlock); 53: resources; 57P: shutting down or starting up. */
const UNAVAILABLE = /^(08...|40001|40P01|53...|57P0[1-5]|ECONN\w+|ENOENT|ENOTFOUND|EPIPE|ETIMEDOUT|EAI_AGAIN)$/;
/** The driver's own errors bear no code. */
const UNAVAILABLE_MESSAGE =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error)/;

const codeOf = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
};

/** Why the store could not do what it was asked. `cause` holds the driver's error; messages bear no SQL. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly reason: StoreErrorReason;

  private constructor(reason: StoreErrorReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }

  /** Another row has the name or the id already. */
  static exists(cause: unknown): StoreError {
    return new StoreError('exists', 'it exists already', cause);
  }

  /** A row that this one leans on is not there. */
  static missing(what: string): StoreError {
    return new StoreError('missing', `there is no ${what}`);
  }

  /** Worth trying again. */
  static unavailable(cause: unknown): StoreError {
    return new StoreError('unavailable', 'the database cannot be reached', cause);
  }

  /** Over the limit for one statement. */
  static timeout(cause: unknown): StoreError {
    return new StoreError('timeout', 'the database took too long', cause);
  }

  static inUse(): StoreError {
    const advice =
      'stop it, or give this one a database of its own (several services on one database are not built yet)';
    return new StoreError('inUse', `another running Callreel uses this database: ${advice}`);
  }

  /** The tables could not be brought up to date, or belong to a newer version. */
  static migration(cause: unknown): StoreError {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new StoreError('migration', `the database could not be brought up to date: ${why}`, cause);
  }

  static failed(cause: unknown): StoreError {
    return new StoreError('failed', 'the database refused a statement', cause);
  }

  /** Whatever the driver threw, as a StoreError. */
  static from(error: unknown): StoreError {
    if (error instanceof StoreError) return error;
    const code = codeOf(error);
    if (code === UNIQUE_VIOLATION) return StoreError.exists(error);
    if (code === QUERY_CANCELED) return StoreError.timeout(error);
    const message = error instanceof Error ? error.message : '';
    const isUnavailable = UNAVAILABLE.test(code) || UNAVAILABLE_MESSAGE.test(message);
    return isUnavailable ? StoreError.unavailable(error) : StoreError.failed(error);
  }
}
