/** Why a synthetic caller could not publish, or could not go on. */
export type CallerErrorReason = 'refused' | 'unusableAnswer' | 'notConnected' | 'lost';

export class CallerError extends Error {
  readonly reason: CallerErrorReason;
  /** The HTTP status, where the service refused. */
  readonly status: number | undefined;

  private constructor(reason: CallerErrorReason, message: string, status?: number) {
    super(message);
    this.name = 'CallerError';
    this.reason = reason;
    this.status = status;
  }

  static refused(method: string, status: number, body: string): CallerError {
    return new CallerError('refused', `WHIP ${method} was answered with ${status}: ${body}`, status);
  }

  static unusableAnswer(what: string): CallerError {
    return new CallerError('unusableAnswer', `The SDP answer ${what}`);
  }

  static notConnected(waitedMs: number, state: string): CallerError {
    return new CallerError('notConnected', `No connection after ${waitedMs} ms (it is ${state})`);
  }

  static lost(state: string): CallerError {
    return new CallerError('lost', `The connection was lost (it is ${state})`);
  }
}
