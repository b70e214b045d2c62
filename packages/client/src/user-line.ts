import type { CallEndReason, CallInfo, StartCallBody, UserEvent, UserServerFrame } from '@callreel/contract/calls.ts';
import { Call } from './call.ts';
import type { CallreelApi } from './callreel-api.ts';
import { ClientError } from './client-error.ts';
import { EventStream } from './event-stream.ts';
import type { Locate } from './negotiate.ts';
import { TypedEventTarget } from './typed-event-target.ts';

export type UserLineEvents = {
  /** Someone rings. */
  incoming: Call;
  /** Whether the user can be rung on this page at the moment. */
  connected: boolean;
  /** The line is dead: the token is no longer good, or may not. */
  ended: ClientError;
};

type Told = Extract<UserServerFrame, { kind: 'snapshot' | 'resumed' | 'event' }>;

export type CallWish = Omit<StartCallBody, 'to' | 'device'>;

/** Where a user is rung, and rings others, on this page. Made by `openLine`. */
export class UserLine extends TypedEventTarget<UserLineEvents> {
  readonly #api: CallreelApi;
  readonly #locate: Locate | undefined;
  readonly #device = crypto.randomUUID();
  readonly #stream: EventStream<Told>;
  readonly #opened = Promise.withResolvers<void>();
  #userName = '';
  /** The one that rings. */
  #call: Call | undefined;
  #calling: Promise<unknown> | undefined;
  #taken: Promise<void> = Promise.resolve();

  private constructor(api: CallreelApi, locate: Locate | undefined) {
    super();
    this.#api = api;
    this.#locate = locate;
    this.#stream = new EventStream<Told>({
      ...api.userEvents(this.#device),
      onFrame: (frame) => {
        this.#taken = this.#taken.then(() => this.#take(frame));
      },
      onConnected: (connected) => this.tell('connected', connected),
      onEnded: (why) => this.#handleEnded(why instanceof ClientError ? why : ClientError.signedOut(why)),
    });
  }

  static async open(api: CallreelApi, locate?: Locate): Promise<UserLine> {
    const line = new UserLine(api, locate);
    await line.#opened.promise;
    return line;
  }

  /** Rings a user. Throws ClientError: `calleeBusy`, `calleeOffline`, `inCall`, … */
  call(to: string, wish: CallWish = {}): Promise<Call> {
    const starting = this.#start(to, wish);
    this.#calling = starting.catch(() => {});
    return starting;
  }

  /** Nobody can ring here any more. What is up goes on. Idempotent. */
  close(): void {
    this.#stream.close();
    this.#end('lost');
  }

  async #start(to: string, wish: CallWish): Promise<Call> {
    const { callId, state } = await this.#api.startCall({ ...wish, to, device: this.#device });
    if (callId === null) throw ClientError.ofCall(state === 'busy' ? 'calleeBusy' : 'calleeOffline');
    // Where he was ringing at that moment, it is his call.
    if (this.#call?.callId === callId) return this.#call;
    this.#call = this.#newCall({ callId, from: this.#userName, to, ext: wish.ext ?? null, incoming: false });
    return this.#call;
  }

  #newCall(facts: ConstructorParameters<typeof Call>[0]): Call {
    return new Call(facts, (kind, callId) => this.#stream.ask({ kind, callId }), this.#locate);
  }

  async #take(frame: Told): Promise<void> {
    // What becomes of a call may be told before its beginning is answered.
    await this.#calling;
    if (frame.kind === 'event') this.#takeEvent(frame.event);
    if (frame.kind !== 'snapshot') return;
    this.#opened.resolve();
    const { call, userName } = frame.state;
    this.#userName = userName;
    if (this.#call && this.#call.callId !== call?.callId) this.#end('lost');
    if (call) this.#ring(call);
  }

  /** One that this page makes is known already, and one that another page of the user makes is not its affair. */
  #ring(call: CallInfo): void {
    if (call.to !== this.#userName || this.#call?.callId === call.callId) return;
    this.#call = this.#newCall({ ...call, incoming: true });
    this.tell('incoming', this.#call);
  }

  #end(reason: CallEndReason | 'lost'): void {
    this.#call?.handleEnded(reason);
    this.#call = undefined;
  }

  #takeEvent(event: UserEvent): void {
    if (event.kind === 'callRinging') {
      this.#ring(event.call);
      return;
    }
    const call = this.#call;
    if (call?.callId !== event.callId) return;
    if (event.kind === 'callEnded') {
      this.#end(event.reason);
      return;
    }
    this.#call = undefined;
    call.handleUp(event.confrId, event.join);
  }

  #handleEnded(error: ClientError): void {
    this.#opened.reject(error);
    this.#end('lost');
    this.tell('ended', error);
  }
}

/** Opens a user's line, with an API of his own token. Resolves when he can be rung. Throws ClientError. */
export const openLine = (api: CallreelApi, locate?: Locate): Promise<UserLine> => UserLine.open(api, locate);
