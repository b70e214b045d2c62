/** Calls into FFmpeg's libraries, which answer with a negative number where others would throw. */
import { AV_LOG_FATAL } from 'node-av/constants';
import { FFmpegError, Log } from 'node-av/lib';
import { CompositorError } from './compositor-error.ts';

export const describeCode = (code: number): string => FFmpegError.strerror(code);

/** Hands `code` back where it tells of success. */
export const check = (code: number, operation: string): number => {
  if (code < 0) throw CompositorError.engineFailed(operation, describeCode(code));
  return code;
};

/** For calls that answer with an object, or with nothing where it cannot be had. */
export const present = <Value>(value: Value | null | undefined, operation: string): Value => {
  if (value === null || value === undefined) throw CompositorError.engineFailed(operation, 'not in this build');
  return value;
};

/** The libraries tell of every damaged packet on stderr, which is of no use to anyone. */
export const silenceLibraries = (): void => Log.setLevel(AV_LOG_FATAL);
