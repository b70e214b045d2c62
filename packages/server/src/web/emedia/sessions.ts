/** All sockets of the vendor's web SDK on this node: how much each may say, whether they live, and their end when the service stops. */
import type { FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import { nowMs } from '../../base/monotonic-clock.ts';
import { type Allowance, Allowances } from '../rates/allowances.ts';
import { Session, type SessionParts } from './session.ts';

export type SessionsOptions = Omit<SessionParts, 'mayTalk' | 'mayTell'>;

/** A page that makes its eighteen connections anew says some ten things of each. */
const MESSAGES: Allowance = { perSecond: 30, burst: 400 };
/** Each is passed on to others. */
const TOLD: Allowance = { perSecond: 5, burst: 30 };

const BEAT_MS = 20_000;
/** Whoever is there answers within a moment. */
const STOPPING_MS = 1500;

export class Sessions {
  readonly #parts: SessionParts;
  readonly #open = new Map<Session, string>();
  readonly #beat = setInterval(() => this.#beatAll(), BEAT_MS).unref();
  #opened = 0;
  #emptied: (() => void) | undefined;

  constructor(options: SessionsOptions) {
    const allowances = new Allowances(nowMs);
    const may = (what: string, allowance: Allowance) => (session: Session) =>
      allowances.take(`${what} ${this.#open.get(session)}`, allowance).allowed;
    this.#parts = { ...options, mayTalk: may('say', MESSAGES), mayTell: may('tell', TOLD) };
  }

  open(ws: WebSocket, request: FastifyRequest): void {
    const session: Session = new Session(this.#parts, request, ws, () => this.#forget(session));
    this.#opened += 1;
    this.#open.set(session, `socket ${this.#opened}`);
  }

  /** The SDK comes back by itself, and goes on with the next start. Resolves when all are gone, two seconds later at most. */
  async close(): Promise<void> {
    clearInterval(this.#beat);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#emptied = resolve;
    for (const session of this.#open.keys()) session.close('serviceStops');
    if (this.#open.size === 0) resolve();
    const limit = setTimeout(() => {
      for (const session of this.#open.keys()) session.cut();
    }, STOPPING_MS);
    await promise;
    clearTimeout(limit);
  }

  #forget(session: Session): void {
    this.#open.delete(session);
    if (this.#open.size === 0) this.#emptied?.();
  }

  #beatAll(): void {
    for (const session of this.#open.keys()) session.beat();
  }
}
