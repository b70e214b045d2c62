/** What an error thrown in a child looks like on this side of the edge. */
export type RemoteError = { name: string; reason: string | undefined; message: string };

export type ChildErrorReason = 'crashed' | 'failed' | 'closed';

/** Why a request to a child process has no reply. */
export class ChildError extends Error {
  override readonly name = 'ChildError';
  readonly reason: ChildErrorReason;
  /** The child's own error, where it lives on and only the request failed. */
  readonly remote: RemoteError | undefined;

  private constructor(
    reason: ChildErrorReason,
    message: string,
    options: { remote?: RemoteError; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.reason = reason;
    this.remote = options.remote;
  }

  /** The process is gone, or its channel is, and nobody asked it to go. */
  static crashed(child: string, how: string, cause?: unknown): ChildError {
    return new ChildError('crashed', `the ${child} process is gone (${how})`, { cause });
  }

  /** The handler threw. */
  static failed(child: string, remote: RemoteError): ChildError {
    return new ChildError('failed', `the ${child} process answered: ${remote.message}`, { remote });
  }

  /** Asked of a process that we closed, or closed before it replied. */
  static closed(child: string): ChildError {
    return new ChildError('closed', `the ${child} process was closed`);
  }
}
