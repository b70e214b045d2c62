export type CliErrorReason = 'usage' | 'missing' | 'exists' | 'failed';

/** Why a command did not do what it was asked. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly reason: CliErrorReason;

  private constructor(reason: CliErrorReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }

  /** The command line is wrong. */
  static usage(message: string): CliError {
    return new CliError('usage', message);
  }

  static missing(what: string): CliError {
    return new CliError('missing', `there is no ${what}`);
  }

  static exists(what: string): CliError {
    return new CliError('exists', `${what} exists already`);
  }

  static noDatabase(dataDir: string): CliError {
    const message = `there is no database in ${dataDir}: set CALLREEL_DATA_DIR (or DATABASE_URL) as the service has it`;
    return new CliError('missing', message);
  }

  static noRecordings(dataDir: string): CliError {
    return new CliError(
      'missing',
      `there are no recordings in ${dataDir}: set CALLREEL_DATA_DIR as the service has it`,
    );
  }

  static databaseBusy(directory: string, cause: unknown): CliError {
    return new CliError('failed', `the database in ${directory} is in use, and does not answer`, cause);
  }

  static notOurs(directory: string, cause: unknown): CliError {
    return new CliError(
      'failed',
      `this user may not use the database in ${directory}: run as the service's user`,
      cause,
    );
  }

  static noSecret(what: string): CliError {
    return new CliError('usage', `${what}: wanted on standard input, and nothing came`);
  }
}

/** Exit codes, for scripts. */
export const EXIT_CODES = {
  /** Also where the doctor found a problem. */
  failed: 1,
  usage: 2,
  missing: 3,
  exists: 4,
} as const satisfies Record<CliErrorReason, number>;
