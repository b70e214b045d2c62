/** Why a recording cannot be written, or finished. */
export type RecorderFailure = 'diskFull' | 'writeFailed' | 'backlog' | 'stillRecording' | 'damaged';

const isDiskFull = (cause: unknown): boolean =>
  cause instanceof Error && 'code' in cause && (cause.code === 'ENOSPC' || cause.code === 'EDQUOT');

export class RecorderError extends Error {
  override readonly name = 'RecorderError';
  readonly reason: RecorderFailure;

  private constructor(reason: RecorderFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }

  /** The disk refused a write, which is tried again until the recording is closed. */
  static writeFailed(recordingKey: string, cause: unknown): RecorderError {
    return isDiskFull(cause)
      ? new RecorderError('diskFull', `no room left to write recording ${recordingKey}`, { cause })
      : new RecorderError('writeFailed', `recording ${recordingKey} could not be written`, { cause });
  }

  /** The disk is too slow or stands still: media that came meanwhile was left out. */
  static backlog(recordingKey: string, bytes: number): RecorderError {
    return new RecorderError('backlog', `recording ${recordingKey} leaves out media: ${bytes} bytes wait for the disk`);
  }

  /** Its writer is alive: finishing it now would cut what is being written. */
  static stillRecording(recordingKey: string, processId: number): RecorderError {
    return new RecorderError('stillRecording', `recording ${recordingKey} is still written by process ${processId}`);
  }

  /** There is media, but not what is needed to make a file of it. */
  static damaged(recordingKey: string, what: string, cause?: unknown): RecorderError {
    return new RecorderError('damaged', `recording ${recordingKey} cannot be finished: ${what}`, { cause });
  }
}
