/** All the event sockets of this node: how many each may have, whether they live, and their end when the service stops. */
import { randomInt } from 'node:crypto';
import type { EventClose } from '@callreel/contract/events.ts';
import type { WebSocket } from 'ws';
import type { Logger } from '../../base/log.ts';
import { asWebError, STATUS_OF, WebError } from '../errors.ts';
import { type Allowance, Allowances } from '../rates/allowances.ts';
import type { Tokens } from '../tokens.ts';
import { EventSocket } from './event-socket.ts';
import type { Seat, SeatMessage } from './seat.ts';
import { TokenWatch } from './token-watch.ts';

export type EventSocketLimits = {
  /** Of one member: a page that connects anew before its old connection is known to be gone. The oldest makes room. */
  ofMember: number;
  /** Of one user, for his calls: his devices. The oldest makes room. */
  ofUser: number;
  /** Of one application, by its own token. */
  ofAppToken: number;
  /** Of one application, with its members'. */
  ofApp: number;
  pingEveryMs: number;
  messages: Allowance;
};

const LIMITS: EventSocketLimits = {
  ofMember: 4,
  ofUser: 8,
  ofAppToken: 200,
  ofApp: 5000,
  // Most proxies drop a connection that is silent for a minute; some for 30 s.
  pingEveryMs: 20_000,
  // Each `mute` is told to everyone in the conference.
  messages: { perSecond: 5, burst: 30 },
};

export type EventSocketsOptions = {
  tokens: Tokens;
  limits: Partial<EventSocketLimits> | undefined;
  /** Monotonic milliseconds. */
  nowMs: () => number;
  log: Logger;
};

const RETRY_AFTER_SECONDS = 10;
/** So that those of a large conference do not all come back at the same moment; well within the hold of 45 s. */
const RECONNECT_MS = { first: 1000, last: 6000 } as const;

/** Files wait to be closed. Whoever is there answers within a moment. */
const STOPPING_MS = 1500;

type Held = { socket: EventSocket; seat: Seat };

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
  assertRoom({ appId, holder, kind }: Seat): void {
    const ofHolder = this.#byHolder.get(holder)?.size ?? 0;
    const isFull = (this.#countByApp.get(appId) ?? 0) >= this.#limits.ofApp;
    const isHolderFull = kind === 'app' && ofHolder >= this.#limits.ofAppToken;
    if (isFull || isHolderFull) throw WebError.reachLimit(RETRY_AFTER_SECONDS, {});
  }

  /** Begins to tell; whoever it is of is there from now on. @throws what the seat does where it cannot be followed any more */
  open(ws: WebSocket, seat: Seat): void {
    const held: Held = {
      seat,
      socket: new EventSocket({
        ws,
        mayTalk: () => this.#messages.take(seat.holder, this.#limits.messages).allowed,
        onMessage: (text) => this.#take(held, text),
        onClosed: (why) => this.#remove(held, why, ends),
      }),
    };
    const ends: (() => void)[] = [];
    const until = (end: () => void): void => void (held.socket.isOpen ? ends.push(end) : end());
    this.#add(held);
    ws.once('close', () => this.#forget(held));
    if (seat.kind !== 'member') until(this.#watch.add(seat.token, () => held.socket.close('tokenRevoked')));
    for (const begin of seat.begin) until(begin(held.socket));
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
    const { holder, kind, appId } = held.seat;
    const own = this.#byHolder.get(holder) ?? new Set();
    const [oldest] = own;
    const most = { member: this.#limits.ofMember, user: this.#limits.ofUser, app: Number.POSITIVE_INFINITY }[kind];
    if (oldest && own.size >= most) oldest.socket.close('replaced');
    this.#byHolder.set(holder, own.add(held));
    this.#held.add(held);
    this.#countByApp.set(appId, (this.#countByApp.get(appId) ?? 0) + 1);
  }

  /** It tells nothing any more, though its last bytes may still be on their way. */
  #remove(held: Held, why: EventClose | undefined, ends: readonly (() => void)[]): void {
    for (const end of ends) end();
    const { holder, place } = held.seat;
    this.#options.log.debug({ ...place, holder, why: why ?? 'the client' }, 'event socket closed');
    const own = this.#byHolder.get(holder);
    own?.delete(held);
    if (own?.size === 0) this.#byHolder.delete(holder);
  }

  /** Its connection is gone. */
  #forget(held: Held): void {
    if (!this.#held.delete(held)) return;
    const { appId } = held.seat;
    const left = (this.#countByApp.get(appId) ?? 1) - 1;
    if (left > 0) this.#countByApp.set(appId, left);
    else this.#countByApp.delete(appId);
    if (this.#held.size === 0) this.#emptied?.();
  }

  #beatAll(): void {
    for (const { socket } of this.#held) socket.beat();
  }

  #take({ socket, seat }: Held, text: string): boolean {
    const message = seat.read(text);
    if (message !== undefined) void this.#handle(socket, message);
    return message !== undefined;
  }

  async #handle(socket: EventSocket, message: SeatMessage): Promise<void> {
    const id = message.id === undefined ? {} : { id: message.id };
    try {
      if (message.kind === 'ping') socket.answer({ kind: 'pong', ...id });
      else {
        await message.carryOut();
        socket.answer({ kind: 'done', ...id });
      }
    } catch (error) {
      const refusal = asWebError(error);
      if (STATUS_OF[refusal.reason] >= 500) this.#options.log.warn({ err: error }, 'a message over a socket failed');
      socket.answer({ kind: 'refused', ...id, error: refusal.reason, description: refusal.message });
    }
  }
}
