/** How whoever comes too often is told so: in his turn. */
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyRequest } from 'fastify';
import { WebError } from '../errors.ts';
import { type Allowance, Allowances, type Verdict } from './allowances.ts';
import { rateHeaders, retryAfterSeconds } from './rate-headers.ts';

/**
 * Refusing costs a look at the token, about as much as a small call: a client that asks again at once would keep us as busy as if it were
 * served. So the first few are refused at once and the others one after another; meanwhile nothing is read from their connections.
 */
const PACE: Allowance = { perSecond: 20, burst: 10 };
const LONGEST_HOLD_MS = 5_000;

export type Refusal = { name: string; key: string; allowance: Allowance; verdict: Verdict };

export class Refusals {
  readonly #refused: Allowances;

  readonly #onRefused: (request: FastifyRequest) => void;

  constructor(nowMs: () => number, onRefused: (request: FastifyRequest) => void) {
    this.#refused = new Allowances(nowMs);
    this.#onRefused = onRefused;
  }

  /** @throws `reach_limit`, and nothing else ever comes of it. */
  async refuse(request: FastifyRequest, { name, key, allowance, verdict }: Refusal): Promise<never> {
    const { socket } = request.raw;
    this.#onRefused(request);
    const holdMs = this.#refused.delayOf(key, PACE, LONGEST_HOLD_MS);
    if (holdMs > 0) {
      socket.pause();
      await delay(holdMs, undefined, { ref: false });
      socket.resume();
    }
    const left = { ...verdict, waitMs: verdict.waitMs - holdMs, fullMs: Math.max(0, verdict.fullMs - holdMs) };
    throw WebError.reachLimit(retryAfterSeconds(left.waitMs), rateHeaders(name, allowance, left));
  }
}
