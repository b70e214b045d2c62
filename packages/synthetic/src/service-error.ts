export type ServiceErrorReason = 'exited' | 'notReady' | 'didNotStop';

const TAIL_CHARACTERS = 4_000;

const withOutput = (text: string, output: string): string => `${text}; it printed:\n${output.slice(-TAIL_CHARACTERS)}`;

/** The service did not start or stop as it should; the message ends with what it printed last. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly reason: ServiceErrorReason;

  private constructor(reason: ServiceErrorReason, message: string) {
    super(message);
    this.reason = reason;
  }

  static exited(code: number | null, output: string): ServiceError {
    return new ServiceError('exited', withOutput(`the service exited with ${code} before it was ready`, output));
  }

  static notReady(limitMs: number, output: string): ServiceError {
    return new ServiceError('notReady', withOutput(`the service was not ready after ${limitMs} ms`, output));
  }

  static didNotStop(limitMs: number, output: string): ServiceError {
    return new ServiceError(
      'didNotStop',
      withOutput(`the service had not stopped ${limitMs} ms after SIGTERM`, output),
    );
  }
}
