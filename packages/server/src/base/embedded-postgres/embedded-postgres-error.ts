export type EmbeddedPostgresErrorReason =
  | 'unsupportedMachine'
  | 'binariesUnusable'
  | 'inUse'
  | 'leftoverStuck'
  | 'otherVersion'
  | 'initFailed'
  | 'startFailed'
  | 'pathTooLong';

/** Why the embedded PostgreSQL does not run. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
  readonly reason: EmbeddedPostgresErrorReason;

  private constructor(reason: EmbeddedPostgresErrorReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }

  static unsupportedMachine(packageName: string, cause: unknown): EmbeddedPostgresError {
    const message = `no embedded PostgreSQL for this machine (${packageName} is not installed): set DATABASE_URL`;
    return new EmbeddedPostgresError('unsupportedMachine', message, cause);
  }

  static binariesUnusable(tried: readonly string[]): EmbeddedPostgresError {
    const message = `the embedded PostgreSQL's binaries cannot be run:\n  ${tried.join('\n  ')}`;
    return new EmbeddedPostgresError('binariesUnusable', message);
  }

  static inUse(directory: string, cause: unknown): EmbeddedPostgresError {
    const message = `the database in ${directory} is in use by another running service: give each its own data folder`;
    return new EmbeddedPostgresError('inUse', message, cause);
  }

  static leftoverStuck(pid: number): EmbeddedPostgresError {
    const message = `a PostgreSQL left over from an earlier run (process ${pid}) does not stop: stop it by hand`;
    return new EmbeddedPostgresError('leftoverStuck', message);
  }

  static otherVersion(clusterDir: string, found: string, wanted: string): EmbeddedPostgresError {
    const message = `the database in ${clusterDir} was made by PostgreSQL ${found}, and ours is ${wanted}: dump and restore it`;
    return new EmbeddedPostgresError('otherVersion', message);
  }

  static initFailed(output: string): EmbeddedPostgresError {
    return new EmbeddedPostgresError('initFailed', `initdb failed:\n${output}`);
  }

  static startFailed(output: string): EmbeddedPostgresError {
    return new EmbeddedPostgresError('startFailed', `the embedded PostgreSQL did not start:\n${output}`);
  }

  static pathTooLong(path: string): EmbeddedPostgresError {
    return new EmbeddedPostgresError(
      'pathTooLong',
      `the path of the database's socket is too long for this system: ${path}`,
    );
  }
}
