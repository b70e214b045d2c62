import { FFmpegError } from 'node-av';

/** Why a file could not be inspected. What merely does not decode is counted, not thrown. */
export class InspectError extends Error {
  readonly reason: 'unreadable' | 'unsupported';

  private constructor(reason: InspectError['reason'], message: string) {
    super(message);
    this.name = 'InspectError';
    this.reason = reason;
  }

  static unreadable(path: string, code: number): InspectError {
    return new InspectError('unreadable', `${path} cannot be opened: ${FFmpegError.strerror(code)}`);
  }

  static unsupported(what: string): InspectError {
    return new InspectError('unsupported', `${what} is not supported here`);
  }
}
