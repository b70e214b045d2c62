/** A failure as the caller of a command sees it: an exit code, a word for scripts, and words for people. */
import { ConfigError } from '../base/config.ts';
import { explainFailure } from '../greeting.ts';
import { CliError, EXIT_CODES } from './cli-error.ts';

export type Failure = { exitCode: number; reason: string; message: string };

export const failureOf = (error: unknown): Failure => {
  if (error instanceof CliError) {
    const because = error.cause instanceof Error ? `\n  because: ${error.cause.message}` : '';
    return { exitCode: EXIT_CODES[error.reason], reason: error.reason, message: error.message + because };
  }
  if (error instanceof ConfigError) {
    return { exitCode: EXIT_CODES.failed, reason: 'settings', message: error.message };
  }
  const reason = error instanceof Error && 'reason' in error ? String(error.reason) : 'failed';
  const message = explainFailure(error).replace(/^Callreel cannot go on: /, '');
  return { exitCode: EXIT_CODES.failed, reason, message };
};
