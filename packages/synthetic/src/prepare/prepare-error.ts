import { FFmpegError } from 'node-av';

/** What can go wrong while synthetic media are encoded. */
export class PrepareError extends Error {
  readonly reason: 'encoderMissing' | 'encoderFailed';

  private constructor(reason: PrepareError['reason'], message: string) {
    super(message);
    this.name = 'PrepareError';
    this.reason = reason;
  }

  static encoderMissing(name: string): PrepareError {
    return new PrepareError('encoderMissing', `The encoder ${name} is not in this build of FFmpeg`);
  }

  static encoderFailed(step: string, code: number): PrepareError {
    return new PrepareError('encoderFailed', `${step} failed: ${FFmpegError.strerror(code)}`);
  }
}

/** Passes an FFmpeg result on; throws where it is an error. */
export const checkEncoder = (step: string, code: number): number => {
  if (code < 0) throw PrepareError.encoderFailed(step, code);
  return code;
};
