/** Why a conference refuses something. `description` is safe to show to the caller. */
export type ConferenceRefusal =
  | 'notFound'
  | 'wrongPassword'
  | 'banned'
  | 'roleForbids'
  | 'talkerLimit'
  | 'videoLimit'
  | 'audienceLimit'
  | 'illegalSdp'
  | 'tooManyPublications'
  | 'tooManySubscriptions'
  | 'notRecorded'
  | 'busy';

export class ConferenceError extends Error {
  override readonly name = 'ConferenceError';
  readonly reason: ConferenceRefusal;

  constructor(reason: ConferenceRefusal, description: string, options?: ErrorOptions) {
    super(description, options);
    this.reason = reason;
  }

  static notFound(what: string): ConferenceError {
    return new ConferenceError('notFound', `There is no such ${what}, or it has ended`);
  }

  static wrongPassword(): ConferenceError {
    return new ConferenceError('wrongPassword', 'The conference password is wrong');
  }

  static banned(): ConferenceError {
    return new ConferenceError('banned', 'This user was removed from the conference and may not join it again');
  }

  static roleForbids(what: string): ConferenceError {
    return new ConferenceError('roleForbids', what);
  }

  static full(reason: 'talkerLimit' | 'videoLimit' | 'audienceLimit', limit: number): ConferenceError {
    const what = { talkerLimit: 'talkers', videoLimit: 'pictures', audienceLimit: 'listeners' }[reason];
    return new ConferenceError(reason, `The conference is full: it takes at most ${limit} ${what}`);
  }

  static tooManyPublications(what: string): ConferenceError {
    return new ConferenceError('tooManyPublications', what);
  }

  static tooManySubscriptions(what: string): ConferenceError {
    return new ConferenceError('tooManySubscriptions', what);
  }

  static notRecorded(what: string): ConferenceError {
    return new ConferenceError(
      'notRecorded',
      `${what} is not recorded: there is nothing to pause or to resume; start it`,
    );
  }

  static illegalSdp(description: string): ConferenceError {
    return new ConferenceError('illegalSdp', description);
  }

  /** No media process can take anything at the moment. */
  static busy(cause?: unknown): ConferenceError {
    return new ConferenceError('busy', 'The media process is restarting; try again in a moment', { cause });
  }

  /** All media processes have as many publications as they can receive whole. */
  static overloaded(): ConferenceError {
    return new ConferenceError('busy', 'This node receives as much as it can; try again later, or on another node');
  }

  static stopping(): ConferenceError {
    return new ConferenceError('busy', 'The service is stopping; try again in a moment');
  }
}
