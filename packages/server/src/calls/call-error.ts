/** Why something about a one-to-one call is refused. `description` is safe to show to the caller. */
export type CallRefusal = 'self' | 'noDevice' | 'inCall' | 'notFound' | 'answered' | 'notYours' | 'stopping';

export class CallError extends Error {
  override readonly name = 'CallError';
  readonly reason: CallRefusal;

  private constructor(reason: CallRefusal, description: string) {
    super(description);
    this.reason = reason;
  }

  static self(): CallError {
    return new CallError('self', 'to must be another user');
  }

  /** Nobody would hear what becomes of it. */
  static noDevice(): CallError {
    return new CallError('noDevice', 'Open users/me/events first: what becomes of the call is told there');
  }

  static inCall(): CallError {
    return new CallError('inCall', 'You are in a call already');
  }

  static notFound(): CallError {
    return new CallError('notFound', 'There is no such call, or it has ended');
  }

  static answered(): CallError {
    return new CallError('answered', 'The call was answered already');
  }

  static notYours(what: 'accept' | 'refuse' | 'cancel'): CallError {
    const who = what === 'cancel' ? 'who made' : 'who is called by';
    return new CallError('notYours', `Only ${who} the call may ${what} it`);
  }

  static stopping(): CallError {
    return new CallError('stopping', 'The service is stopping; try again in a moment');
  }
}
