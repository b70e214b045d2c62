import type { CallEndReason, CallInfo } from '@callreel/contract/calls.ts';
import type { JoinView } from '@callreel/contract/conference.ts';
import { ClientError } from './client-error.ts';
import { Membership } from './membership.ts';
import type { Locate } from './negotiate.ts';
import { TypedEventTarget } from './typed-event-target.ts';

/** `elsewhere`: another device of the same user has it. */
export type CallState = 'ringing' | 'up' | 'elsewhere' | 'over';

export type CallEvents = { state: CallState };

export type CallFacts = Pick<CallInfo, 'callId' | 'from' | 'to'> & { ext: string | null; incoming: boolean };

/** How a call is answered, by its line. */
export type Say = (kind: 'accept' | 'refuse' | 'cancel', callId: string) => Promise<void>;

/** A one-to-one call, made by `UserLine.call`, or told by its event `incoming`. */
export class Call extends TypedEventTarget<CallEvents> {
  readonly callId: string;
  readonly from: string;
  readonly to: string;
  /** Anything that the caller's page had to say. */
  readonly ext: string | null;
  readonly incoming: boolean;
  /**
   * One's stay in the conference, once the call is up. Rejects with a ClientError that says why it came to nothing: `callRefused`,
   * `callCancelled`, `callUnanswered`, `calleeOffline`, `callElsewhere`, `callFailed`.
   */
  readonly connected: Promise<Membership>;
  readonly #say: Say;
  readonly #locate: Locate | undefined;
  readonly #connection = Promise.withResolvers<Membership>();
  #state: CallState = 'ringing';
  #confrId: string | undefined;

  constructor({ callId, from, to, ext, incoming }: CallFacts, say: Say, locate: Locate | undefined) {
    super();
    this.callId = callId;
    this.from = from;
    this.to = to;
    this.ext = ext;
    this.incoming = incoming;
    this.#say = say;
    this.#locate = locate;
    this.connected = this.#connection.promise;
    // Who goes by the states does not have to look at it.
    this.connected.catch(() => {});
  }

  get state(): CallState {
    return this.#state;
  }

  /** The id of its conference, for its recordings: undefined until the call is up. */
  get confrId(): string | undefined {
    return this.#confrId;
  }

  /** Takes a call that rings; resolves when both are connected. Throws ClientError. */
  async accept(): Promise<Membership> {
    await this.#say('accept', this.callId);
    return this.connected;
  }

  /** Declines a call that rings. Throws ClientError. */
  refuse(): Promise<void> {
    return this.#say('refuse', this.callId);
  }

  /** Ends it for both, whatever its state. Idempotent. Throws ClientError. */
  async hangUp(): Promise<void> {
    if (this.#state === 'ringing') await this.#say(this.incoming ? 'refuse' : 'cancel', this.callId);
    else if (this.#state === 'up') await (await this.connected).leave();
    this.#enter('over');
  }

  /** Told by its line. */
  handleUp(confrId: string, join: JoinView | null): void {
    if (join === null) {
      this.#connection.reject(ClientError.ofCall('callElsewhere'));
      this.#enter('elsewhere');
      return;
    }
    this.#confrId = confrId;
    this.#connection.resolve(this.#open(confrId, join));
    this.#enter('up');
  }

  /** Told by its line. `lost`: what became of it is not known, and it rings no longer. */
  handleEnded(reason: CallEndReason | 'lost'): void {
    this.#connection.reject(ClientError.ofCall(REASON_FOR[reason]));
    this.#enter('over');
  }

  async #open(confrId: string, join: JoinView): Promise<Membership> {
    const membership = await Membership.open(confrId, join, this.#locate);
    membership.on('ended', () => this.#enter('over'));
    return membership;
  }

  #enter(state: CallState): void {
    if (this.#state === state || this.#state === 'over') return;
    this.#state = state;
    this.tell('state', state);
  }
}

const REASON_FOR = {
  refused: 'callRefused',
  cancelled: 'callCancelled',
  noAnswer: 'callUnanswered',
  offline: 'calleeOffline',
  failed: 'callFailed',
  serviceStops: 'callFailed',
  lost: 'callFailed',
} as const;
