/** How often each may call. What is over it is refused (429). */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Rates as RateSettings, rateOf } from '../../base/rates.ts';
import { ConferenceError } from '../../conference/conference-error.ts';
import { WebError } from '../errors.ts';
import { addressKey } from './address-key.ts';
import { type Allowance, Allowances, type Verdict } from './allowances.ts';
import { Guesses } from './guesses.ts';
import { rateHeaders } from './rate-headers.ts';
import { Refusals } from './refusals.ts';

/** The names of an app. */
export type RatedApp = { org: string; name: string };

export type RatesOptions = {
  settings: RateSettings;
  /** Monotonic milliseconds. */
  nowMs: () => number;
  /** Before the client is made to wait for its refusal. */
  onRefused: (request: FastifyRequest) => void;
};

/** Many people may sit behind one address, and open a page with the same click. */
const ADDRESS_BURST_SECONDS = 2;

const keyOf = ({ org, name }: RatedApp, account = ''): string => `${org}/${name} ${account}`.toLowerCase();

const isWrongSecret = (error: unknown): boolean =>
  (error instanceof WebError && error.reason === 'invalid_grant') ||
  (error instanceof ConferenceError && error.reason === 'wrongPassword');

export class Rates {
  readonly #settings: RateSettings;
  readonly #counted: Allowances;
  readonly #guesses: Guesses;
  readonly #refusals: Refusals;

  constructor({ settings, nowMs, onRefused }: RatesOptions) {
    this.#settings = settings;
    this.#counted = new Allowances(nowMs);
    this.#guesses = new Guesses(nowMs);
    this.#refusals = new Refusals(nowMs, onRefused);
  }

  /** Counts a call for its app, and says in the answer's header what is left. @throws `reach_limit` */
  async countApp(
    request: FastifyRequest,
    reply: FastifyReply,
    app: RatedApp,
    name: 'retrieval' | 'management' | 'joins' | 'files',
  ): Promise<void> {
    const perSecond = rateOf(this.#settings, name, app);
    const allowance = { perSecond, burst: perSecond };
    const verdict = await this.#count(request, name, keyOf(app), allowance);
    reply.headers(rateHeaders(name, allowance, verdict));
  }

  /** For calls without a valid token. @throws `reach_limit` */
  async countAddress(request: FastifyRequest): Promise<void> {
    const perSecond = rateOf(this.#settings, 'address');
    const allowance = { perSecond, burst: ADDRESS_BURST_SECONDS * perSecond };
    await this.#count(request, 'address', addressKey(request.ip), allowance);
  }

  /** `account`: a user or member of the app, in bounded length. @throws `reach_limit` */
  async countAccount(request: FastifyRequest, app: RatedApp, account: string): Promise<void> {
    const perSecond = rateOf(this.#settings, 'account', app);
    await this.#count(request, 'account', keyOf(app, account), { perSecond, burst: perSecond });
  }

  /** Makes an attempt to prove oneself as `account`, as long as not too many were wrong. @throws `reach_limit`, and what it throws */
  async attempt<Result>(
    request: FastifyRequest,
    app: RatedApp,
    account: string,
    make: () => Promise<Result>,
  ): Promise<Result> {
    const guesser = { account: keyOf(app, account), address: addressKey(request.ip) };
    const outcome = await this.#guesses.attempt(guesser, make, isWrongSecret);
    if (outcome.kind === 'tried') return outcome.result;
    return await this.#refusals.refuse(request, { name: 'guesses', ...outcome });
  }

  async #count(request: FastifyRequest, name: string, subject: string, allowance: Allowance): Promise<Verdict> {
    const key = `${name} ${subject}`;
    const verdict = this.#counted.take(key, allowance);
    if (!verdict.allowed) await this.#refusals.refuse(request, { name, key, allowance, verdict });
    return verdict;
  }
}
