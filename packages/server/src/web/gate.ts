/**
 * Who may make a call. The checks run in the contract's order, before any byte of the body is read: app exists (404) → token (401) → may
 * this token (403). What counts requests goes behind them, once it is known whose they are.
 */
import { isReservedApp, parseAppName, parseOrgName } from '@callreel/contract/ids.ts';
import type { FastifyRequest } from 'fastify';
import type { AppRecord } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { WebError } from './errors.ts';
import type { Tokens, Verified } from './tokens.ts';

/** `member` is one of the conference in the path. */
export type Holder = Verified['kind'];

type PathParams = { org?: string; app?: string; confrId?: string };

/** What is known of a request so far; each check adds to it or throws. */
type Passage = { app?: AppRecord; token?: string; holder?: Verified };

type Check = (request: FastifyRequest, passage: Passage) => Promise<void>;
type Hook = (request: FastifyRequest) => Promise<void>;

const HOLDER_WORDS: Readonly<Record<Holder, string>> = {
  app: "the application's token",
  user: "a user's token",
  member: 'the token of a member of this conference',
};

/** RFC 6750, section 2.1; undefined where the request bears none. */
const bearerOf = (request: FastifyRequest): string | undefined =>
  /^bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];

const paramsIn = (request: FastifyRequest): PathParams => request.params as PathParams;

export class Gate {
  readonly #apps: Store['apps'];
  readonly #tokens: Tokens;
  readonly #passages = new WeakMap<FastifyRequest, Passage>();

  constructor(apps: Store['apps'], tokens: Tokens) {
    this.#apps = apps;
    this.#tokens = tokens;
  }

  /** For the calls that exchange another proof for a token. */
  anyone(): Hook {
    return this.#inOrder([this.#findApp]);
  }

  only(...holders: Holder[]): Hook {
    return this.#inOrder([this.#findApp, this.#verifyToken, mayPass(holders)]);
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

  #inOrder(checks: readonly Check[]): Hook {
    return async (request) => {
      const passage: Passage = {};
      for (const check of checks) await check(request, passage);
      this.#passages.set(request, passage);
    };
  }

  readonly #findApp: Check = async (request, passage) => {
    const params = paramsIn(request);
    const org = parseOrgName(params.org ?? '');
    const name = parseAppName(params.app ?? '');
    if (org === undefined || name === undefined || isReservedApp(org, name)) throw WebError.noSuchApp();
    const app = await this.#apps.find(org, name);
    if (app === undefined) throw WebError.noSuchApp();
    passage.app = app;
  };

  readonly #verifyToken: Check = async (request, passage) => {
    const token = bearerOf(request);
    if (token === undefined) throw WebError.unauthorized();
    const verdict = await this.#tokens.verify(token);
    if (verdict.kind === 'badToken') throw WebError.badToken();
    if (verdict.kind === 'unauthorized') throw WebError.unauthorized();
    passage.token = token;
    passage.holder = verdict;
  };
}

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
