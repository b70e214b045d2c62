/** How much is taken on at once, and what is turned away when there is too much (503, with `Retry-After`). */
import { performance } from 'node:perf_hooks';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { nowMs } from '../../base/monotonic-clock.ts';
import { WebError } from '../errors.ts';
import { addressKey } from '../rates/address-key.ts';
import { type CallClass, classOf } from '../rates/call-class.ts';
import { EventLoop } from './event-loop.ts';
import { LoopShares } from './loop-shares.ts';
import { type Caller, type CallKind, type Release, type TurnLimits, Turns } from './turns.ts';

/**
 * As many at once as keep the store's ten connections busy. A tenant's second call begins while his first waits for the database; more
 * would not make him faster, since the work is one thread's. His share is some 60 full pages of a listing a second, and 20 of them at once;
 * of joins it is a whole meeting at once.
 */
const LIMITS: TurnLimits = {
  mostAtOnce: 8,
  mostOfOne: 2,
  mostWaiting: 2_000,
  longestWaitMs: 15_000,
  longestTurnMs: 250,
  presentMs: 5_000,
  shares: { live: { part: 0.5, burstMs: 1_000 }, other: { part: 0.15, burstMs: 50 } },
};

export type WorkloadOptions = {
  limits?: Partial<TurnLimits>;
  /** Stands in for the process's own. */
  isBehind?: () => boolean;
};

type Held = { caller: Caller; release: Release };

export class Workload {
  readonly #turns: Turns;
  readonly #loop = new EventLoop();
  readonly #isBehind: () => boolean;
  readonly #held = new WeakMap<FastifyRequest, Held>();
  /** Those who gave their turn on until their body is here. */
  readonly #away = new WeakSet<FastifyRequest>();
  #draining = false;

  constructor({ limits, isBehind }: WorkloadOptions = {}) {
    const busyMs = () => performance.eventLoopUtilization().active;
    const shares = new LoopShares({ nowMs, busyMs });
    this.#turns = new Turns({ limits: { ...LIMITS, ...limits }, shares, nowMs });
    this.#isBehind = isBehind ?? (() => this.#loop.isBehind);
    this.#loop.start();
  }

  /** How late events come. */
  get loopDelayMs(): number {
    return this.#loop.delayMs;
  }

  /** From now on nothing new is begun. */
  drain(): void {
    this.#draining = true;
  }

  stop(): void {
    this.#loop.stop();
  }

  /** For every request, before any other work on it. */
  readonly refuseWhenBusy = async (request: FastifyRequest): Promise<void> => {
    if (!this.#draining && !this.#isBehind()) return;
    if (mustBeServed(request)) return;
    throw WebError.of('server_busy', this.#draining ? 'This node is stopping' : 'This node has more to do than it can');
  };

  /** `tenant`: as the path says. Resolves when it is his turn. It is given on with `end`, or when the connection closes. @throws `server_busy` */
  async begin(request: FastifyRequest, reply: FastifyReply, tenant: string): Promise<void> {
    const kind = kindOf(classOf(request));
    await this.#take(request, reply, { tenant, address: addressKey(request.ip), kind });
  }

  /** A body that is still on its way comes at the client's pace: with a turn in hand, a few who never end theirs would keep all calls of their tenant waiting. */
  readonly leaveForBody = async (request: FastifyRequest): Promise<void> => {
    const held = this.#held.get(request);
    if (held === undefined || request.raw.complete) return;
    held.release();
    this.#away.add(request);
  };

  /** The body is here. @throws `server_busy` */
  readonly comeBack = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const held = this.#held.get(request);
    if (held !== undefined && this.#away.delete(request)) await this.#take(request, reply, held.caller);
  };

  /** For work that comes over a socket, or of which only the body says whose it is: people wait for it. @throws `server_busy` */
  async inTurn<Result>(request: FastifyRequest, tenant: string, work: () => Promise<Result>): Promise<Result> {
    await this.refuseWhenBusy(request);
    const release = await this.#turns.take({ tenant, address: addressKey(request.ip), kind: 'live' });
    if (release === undefined) throw tooManyWaiting();
    try {
      return await work();
    } finally {
      release();
    }
  }

  /** From now on there is nothing to work at: an answer is to be sent, and the client may take its time for that. */
  readonly end = (request: FastifyRequest): void => {
    this.#held.get(request)?.release();
  };

  async #take(request: FastifyRequest, reply: FastifyReply, caller: Caller): Promise<void> {
    const release = await this.#turns.take(caller);
    if (release === undefined) {
      if (mustBeServed(request)) return;
      throw tooManyWaiting();
    }
    this.#held.set(request, { caller, release });
    if (reply.raw.destroyed) release();
    else reply.raw.once('close', release);
  }
}

const tooManyWaiting = (): WebError =>
  WebError.of('server_busy', 'Too many calls of this application wait for their turn');

const kindOf = (callClass: CallClass): CallKind => (callClass === 'joins' || callClass === 'own' ? 'live' : 'other');

/** It makes room, or tells how much there is; or it is next to nothing. */
const mustBeServed = (request: FastifyRequest): boolean => {
  const callClass = classOf(request);
  return callClass === 'own' || callClass === 'probe';
};
