/**
 * Who may make a call. The checks run in the contract's order, before any byte of the body is read: app exists (404) → token (401) → may
 * this token (403) → rate (429), counted once it is known whose the call is. Whoever fails at the first three is counted by his address.
 */
import { isReservedApp, parseAppName, parseOrgName } from '@callreel/contract/ids.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AppRecord } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import type { ConferencesPort } from './conferences-port.ts';
import { WebError } from './errors.ts';
import { tokenInProtocols } from './events/upgrades.ts';
import type { Workload } from './load/workload.ts';
import { classOf } from './rates/call-class.ts';
import type { Rates } from './rates/rates.ts';
import type { Tokens, TokenVerdict, Verified } from './tokens.ts';

/** `member` is one of the conference in the path. */
export type Holder = Verified['kind'];

type PathParams = { org?: string; app?: string; confrId?: string };

/** What is known of a request so far; each check adds to it or throws. */
type Passage = {
  names?: { org: string; name: string };
  app?: AppRecord;
  token?: string;
  verdict?: Promise<TokenVerdict>;
  holder?: Verified;
};

type Check = (request: FastifyRequest, passage: Passage) => Promise<void>;
type Hook = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

export type GateParts = {
  apps: Store['apps'];
  tokens: Tokens;
  conferences: Pick<ConferencesPort, 'isIn'>;
  rates: Rates;
  workload: Workload;
};

const HOLDER_WORDS: Readonly<Record<Holder, string>> = {
  app: "the application's token",
  user: "a user's token",
  member: 'the token of a member of this conference',
};

/** RFC 6750, section 2.1, or among the protocols of a WebSocket; undefined where the request bears none. */
export const bearerOf = (request: FastifyRequest): string | undefined =>
  /^bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1] ?? tokenInProtocols(request.raw);

const paramsIn = (request: FastifyRequest): PathParams => request.params as PathParams;

export class Gate {
  readonly #parts: GateParts;
  readonly #passages = new WeakMap<FastifyRequest, Passage>();

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  /** For the calls that exchange another proof for a token: they are counted by address. */
  anyone(): Hook {
    return async (request, reply) => {
      await this.#pass([this.#readNames, this.#findApp], request, reply);
      await this.#parts.rates.countAddress(request);
    };
  }

  only(...holders: Holder[]): Hook {
    const checks = [this.#readNames, this.#askForToken, this.#findApp, this.#verifyToken, mayPass(holders)];
    return async (request, reply) => {
      await this.#pass(checks, request, reply);
      await this.#count(request, reply);
    };
  }

  /** The app in the path. TypeError where the route has no gate. */
  appOf(request: FastifyRequest): AppRecord {
    const app = this.#passages.get(request)?.app;
    if (app === undefined) throw new TypeError('request: its route has no gate');
    return app;
  }

  /** Whom the token stands for. TypeError where the route's gate asks for none. */
  holderOf(request: FastifyRequest): Verified {
    const holder = this.#passages.get(request)?.holder;
    if (holder === undefined) throw new TypeError('request: the gate of its route asks for no token');
    return holder;
  }

  /** The token itself. */
  tokenOf(request: FastifyRequest): string | undefined {
    return this.#passages.get(request)?.token;
  }

  async #pass(checks: readonly Check[], request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { workload, rates } = this.#parts;
    const { org = '', app = '' } = paramsIn(request);
    await workload.begin(request, reply, `${org}/${app}`.toLowerCase());
    const passage: Passage = {};
    try {
      for (const check of checks) await check(request, passage);
    } catch (error) {
      if (error instanceof WebError) await rates.countAddress(request);
      throw error;
    }
    this.#passages.set(request, passage);
  }

  async #count(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { rates } = this.#parts;
    const app = this.appOf(request);
    const holder = this.holderOf(request);
    const callClass = classOf(request);
    if (holder.kind !== 'app') await rates.countAccount(request, app, accountOf(holder));
    if (holder.kind === 'user' && callClass === 'joins') await rates.countAddress(request);
    if (callClass === 'retrieval' || callClass === 'joins') await rates.countApp(request, reply, app, callClass);
    else if (callClass === 'management' || holder.kind === 'app')
      await rates.countApp(request, reply, app, 'management');
  }

  readonly #readNames: Check = async (request, passage) => {
    const { org, app } = paramsIn(request);
    const names = { org: parseOrgName(org ?? ''), name: parseAppName(app ?? '') };
    if (names.org === undefined || names.name === undefined || isReservedApp(names.org, names.name)) {
      throw WebError.noSuchApp();
    }
    passage.names = { org: names.org, name: names.name };
  };

  /** The database is asked for both at once; what it says of the token is looked at when the app was found. */
  readonly #askForToken: Check = async (request, passage) => {
    const token = bearerOf(request);
    if (token === undefined) return;
    passage.token = token;
    passage.verdict = this.#parts.tokens.verify(token);
    passage.verdict.catch(() => {});
  };

  readonly #findApp: Check = async (_, passage) => {
    const { org = '', name = '' } = passage.names ?? {};
    const app = await this.#parts.apps.find(org, name);
    if (app === undefined) throw WebError.noSuchApp();
    passage.app = app;
  };

  /** A member's token dies with his stay, though the store is told of it a moment later, or cannot be. */
  readonly #verifyToken: Check = async (_, passage) => {
    const verdict = await passage.verdict;
    if (verdict === undefined || verdict.kind === 'unauthorized') throw WebError.unauthorized();
    if (verdict.kind === 'badToken') throw WebError.badToken();
    if (verdict.kind === 'member' && !this.#parts.conferences.isIn(verdict)) throw WebError.unauthorized();
    passage.holder = verdict;
  };
}

const accountOf = (holder: Exclude<Verified, { kind: 'app' }>): string =>
  holder.kind === 'member' ? `member ${holder.memberId}` : `user ${holder.userName}`;

const mayPass = (holders: readonly Holder[]): Check => {
  const wanted = holders.map((kind) => HOLDER_WORDS[kind]).join(' or ');
  return async (request, { app, holder }) => {
    if (holder === undefined || holder.appId !== app?.id)
      throw WebError.forbidden("This is another application's token");
    if (!holders.includes(holder.kind)) throw WebError.forbidden(`This call takes ${wanted}`);
    const { confrId } = paramsIn(request);
    const elsewhere = holder.kind === 'member' && confrId !== undefined && holder.confrId !== confrId;
    if (elsewhere) throw WebError.forbidden('This token is for another conference');
  };
};
