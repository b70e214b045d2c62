export type TransportErrorReason = 'portTaken' | 'timedOut';

/** Why no connection can be made. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly reason: TransportErrorReason;

  private constructor(reason: TransportErrorReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }

  /** Another process has the port, or this machine has no such address. */
  static portTaken(port: number, bindAddress: string, cause: unknown): TransportError {
    return new TransportError('portTaken', `UDP port ${port} of ${bindAddress} cannot be bound: is it in use?`, cause);
  }

  static timedOut(what: string, afterMs: number): TransportError {
    return new TransportError('timedOut', `${what} took longer than ${afterMs} ms`);
  }
}
