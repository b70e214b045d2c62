/** All the event sockets of this node: how many each may have, whether they live, and their end when the service stops. */
import { randomInt } from 'node:crypto';
import type { ClientMessage, EventClose, EventCursor } from '@callreel/contract/events.ts';
import { type ConfrId, parsePubStreamId } from '@callreel/contract/ids.ts';
import type { WebSocket } from 'ws';
import type { Logger } from '../../base/log.ts';
import type { MemberRef } from '../../conference/conferences.ts';
import type { ConferencesPort } from '../conferences-port.ts';
import { asWebError, STATUS_OF, WebError } from '../errors.ts';
import { type Allowance, Allowances } from '../rates/allowances.ts';
import type { Tokens } from '../tokens.ts';
import { EventSocket } from './event-socket.ts';
import { TokenWatch } from './token-watch.ts';

export type EventSocketLimits = {
  /** Of one member: a page that connects anew before its old connection is known to be gone. The oldest makes room. */
  ofMember: number;
  /** Of one application, by its own token. */
  ofAppToken: number;
  /** Of one application, with its members'. */
  ofApp: number;
  pingEveryMs: number;
  messages: Allowance;
};

const LIMITS: EventSocketLimits = {
  ofMember: 4,
  ofAppToken: 200,
  ofApp: 5000,
  // Most proxies drop a connection that is silent for a minute; some for 30 s.
  pingEveryMs: 20_000,
  // Each `mute` is told to everyone in the conference.
  messages: { perSecond: 5, burst: 30 },
};

export type EventSocketsOptions = {
  conferences: ConferencesPort;
  tokens: Tokens;
  limits: Partial<EventSocketLimits> | undefined;
  /** Monotonic milliseconds. */
  nowMs: () => number;
  log: Logger;
};

export type Place = {
  appId: number;
  confrId: ConfrId;
  /** Undefined: the application itself. */
  member: MemberRef | undefined;
  token: string;
};

const RETRY_AFTER_SECONDS = 10;
/** So that those of a large conference do not all come back at the same moment; well within the hold of 45 s. */
const RECONNECT_MS = { first: 1000, last: 6000 } as const;

/** Files wait to be closed. Whoever is there answers within a moment. */
const STOPPING_MS = 1500;

type Held = { socket: EventSocket; place: Place };

/** Whom it counts for beyond the application. */
const holderOf = ({ appId, member }: Place): string => member?.memberId ?? `app ${appId}`;

export class EventSockets {
  readonly #options: EventSocketsOptions;
  readonly #limits: EventSocketLimits;
  readonly #messages: Allowances;
  readonly #watch: TokenWatch;
  /** In the order in which they were opened. */
  readonly #held = new Set<Held>();
  readonly #byHolder = new Map<string, Set<Held>>();
  readonly #countByApp = new Map<number, number>();
  readonly #beat: NodeJS.Timeout;
  #emptied: (() => void) | undefined;

  constructor(options: EventSocketsOptions) {
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
    this.#messages = new Allowances(options.nowMs);
    this.#watch = new TokenWatch(options);
    this.#beat = setInterval(() => this.#beatAll(), this.#limits.pingEveryMs).unref();
  }

  /** @throws `reach_limit` */
  assertRoom(place: Place): void {
    const ofHolder = this.#byHolder.get(holderOf(place))?.size ?? 0;
    const isFull = (this.#countByApp.get(place.appId) ?? 0) >= this.#limits.ofApp;
    const isHolderFull = place.member === undefined && ofHolder >= this.#limits.ofAppToken;
    if (isFull || isHolderFull) throw WebError.reachLimit(RETRY_AFTER_SECONDS, {});
  }

  /** Begins to tell; the member is there from now on. @throws ConferenceError `notFound` */
  open(ws: WebSocket, place: Place, since: EventCursor | undefined): void {
    const { events } = this.#options.conferences;
    const { appId, confrId, member } = place;
    const held: Held = {
      place,
      socket: new EventSocket({
        ws,
        you: member?.memberId ?? null,
        mayTalk: () => this.#messages.take(holderOf(place), this.#limits.messages).allowed,
        onMessage: (message) => void this.#handle(held, message),
        onClosed: (why) => this.#remove(held, why, ends),
      }),
    };
    const ends: (() => void)[] = [];
    const until = (end: () => void): void => void (held.socket.isOpen ? ends.push(end) : end());
    this.#add(held);
    ws.once('close', () => this.#forget(held));
    until(member ? events.attend(member) : this.#watch.add(place.token, () => held.socket.close('tokenRevoked')));
    until(events.follow(appId, confrId, since, (frame) => held.socket.tell(frame)));
    held.socket.endOpening();
  }

  /** Tells all to come back, and closes them; resolves when they are gone, two seconds later at most. */
  async close(): Promise<void> {
    clearInterval(this.#beat);
    this.#watch.close();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#emptied = resolve;
    for (const { socket } of this.#held) {
      socket.answer({ kind: 'reconnect', afterMs: randomInt(RECONNECT_MS.first, RECONNECT_MS.last) });
      socket.close('serviceStops');
    }
    if (this.#held.size === 0) resolve();
    const limit = setTimeout(() => {
      for (const { socket } of this.#held) socket.cut();
    }, STOPPING_MS);
    await promise;
    clearTimeout(limit);
  }

  #add(held: Held): void {
    const holder = holderOf(held.place);
    const own = this.#byHolder.get(holder) ?? new Set();
    const [oldest] = own;
    if (held.place.member && oldest && own.size >= this.#limits.ofMember) oldest.socket.close('replaced');
    this.#byHolder.set(holder, own.add(held));
    this.#held.add(held);
    this.#countByApp.set(held.place.appId, (this.#countByApp.get(held.place.appId) ?? 0) + 1);
  }

  /** It tells nothing any more, though its last bytes may still be on their way. */
  #remove(held: Held, why: EventClose | undefined, ends: readonly (() => void)[]): void {
    for (const end of ends) end();
    const { confrId } = held.place;
    this.#options.log.debug({ confrId, holder: holderOf(held.place), why: why ?? 'the client' }, 'event socket closed');
    const own = this.#byHolder.get(holderOf(held.place));
    own?.delete(held);
    if (own?.size === 0) this.#byHolder.delete(holderOf(held.place));
  }

  /** Its connection is gone. */
  #forget(held: Held): void {
    if (!this.#held.delete(held)) return;
    const left = (this.#countByApp.get(held.place.appId) ?? 1) - 1;
    if (left > 0) this.#countByApp.set(held.place.appId, left);
    else this.#countByApp.delete(held.place.appId);
    if (this.#held.size === 0) this.#emptied?.();
  }

  #beatAll(): void {
    for (const { socket } of this.#held) socket.beat();
  }

  async #handle({ socket, place }: Held, message: ClientMessage): Promise<void> {
    const id = message.id === undefined ? {} : { id: message.id };
    try {
      if (message.kind === 'ping') socket.answer({ kind: 'pong', ...id });
      else {
        await this.#carryOut(place, message);
        socket.answer({ kind: 'done', ...id });
      }
    } catch (error) {
      const refusal = asWebError(error);
      if (STATUS_OF[refusal.reason] >= 500) this.#options.log.warn({ err: error }, 'a message over a socket failed');
      socket.answer({ kind: 'refused', ...id, error: refusal.reason, description: refusal.message });
    }
  }

  async #carryOut({ member }: Place, message: Exclude<ClientMessage, { kind: 'ping' }>): Promise<void> {
    const { conferences } = this.#options;
    if (member === undefined) throw WebError.forbidden("This is a member's to say");
    switch (message.kind) {
      case 'leave':
        return conferences.leave(member);
      case 'mute': {
        const stream = parsePubStreamId(message.pubStreamId);
        if (stream === undefined) throw WebError.noSuch('publication');
        return conferences.events.switchTracks(member, stream, message);
      }
    }
  }
}
