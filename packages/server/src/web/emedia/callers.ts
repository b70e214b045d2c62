/** Whose call it is, where the token is in the body: a user's own, or the role token he was given with his ticket. */

import { ROLE_CODES } from '@callreel/contract/conference.ts';
import { type ConfrId, parseConfrId, type UserName } from '@callreel/contract/ids.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AppRecord } from '../../store/rows.ts';
import type { Store } from '../../store/store.ts';
import type { ConferencesPort } from '../conferences-port.ts';
import { WebError } from '../errors.ts';
import { fullUserName } from '../names.ts';
import type { Rates } from '../rates/rates.ts';
import { referenceTo, type Tokens } from '../tokens.ts';
import type { Proofs } from './proofs.ts';

export type CallersParts = {
  apps: Store['apps'];
  tokens: Tokens;
  rates: Rates;
  conferences: ConferencesPort;
  proofs: Proofs;
};

export type Call = { request: FastifyRequest; reply: FastifyReply };

export type Caller = {
  app: AppRecord;
  userName: UserName;
  /** A reference to his token. */
  userToken: string;
};

export type ConferenceCaller = Caller & { confrId: ConfrId; roleCode: number };

const FULL_NAME = /^([^#]{1,64})#(.{1,64})_([^_].{0,63}|_.{0,63})$/;

/** Of what is said before it is looked at: for turns alone. */
export const tenantOf = (memName: string): string => {
  const [, org = '', app = ''] = FULL_NAME.exec(memName) ?? [];
  return `${org}/${app}`.toLowerCase();
};

/** Of `org#app_user1`, what is left of the user's name: both may have a `_` in them. */
const appNames = (memName: string, userName: UserName): [string, string] | undefined => {
  const end = `_${userName}`;
  const at = memName.indexOf('#');
  if (at < 1 || !memName.toLowerCase().endsWith(end)) return undefined;
  return [memName.slice(0, at), memName.slice(at + 1, -end.length)];
};

export class Callers {
  readonly #parts: CallersParts;

  constructor(parts: CallersParts) {
    this.#parts = parts;
  }

  /** A user by his token. @throws WebError `unauthorized`, `auth_bad_access_token`, `forbidden_op`, `reach_limit` */
  async user(call: Call, memName: string, token: string): Promise<Caller> {
    const verdict = await this.#parts.tokens.verify(token);
    if (verdict.kind === 'unauthorized') throw WebError.unauthorized();
    if (verdict.kind === 'badToken') throw WebError.badToken();
    if (verdict.kind !== 'user') throw WebError.forbidden("This call takes a user's token");
    const { userName, appId } = verdict;
    const names = appNames(memName, userName);
    const app = names && (await this.#parts.apps.find(...names));
    if (app?.id !== appId) throw WebError.forbidden("This is another user's token, or another application's");
    await this.#count(call, app, userName, 'joins');
    return { app, userName, userToken: referenceTo(token) };
  }

  /** A user by his role token, and what he may at this moment. @throws EmediaRefusal, ConferenceError, WebError */
  async byRoleToken(call: Call, roleToken: string, confrId?: string): Promise<ConferenceCaller> {
    const proven = await this.#parts.proofs.verify('role', roleToken);
    const app = await this.#parts.apps.find(proven.org, proven.appName);
    if (app?.id !== proven.appId) throw WebError.noSuchApp();
    const { userName, userToken } = proven;
    await this.#count(call, app, userName, 'management');
    if (confrId !== undefined && parseConfrId(confrId) !== proven.confrId) {
      throw WebError.forbidden('This role token is for another conference');
    }
    const caller = { app, userName, userToken, confrId: proven.confrId };
    return { ...caller, roleCode: await this.#roleCodeOf(caller) };
  }

  /** Of one who is in, his own; of one who is not, what he would come in as. */
  async #roleCodeOf({ app, userName, userToken, confrId }: Omit<ConferenceCaller, 'roleCode'>): Promise<number> {
    const { conferences, tokens } = this.#parts;
    const { mems } = await conferences.view(app, confrId);
    const own = mems.filter(({ memName }) => memName === fullUserName(app, userName));
    if (own.length > 0) return Math.max(...own.map(({ role }) => role));
    if ((await tokens.deadAmong([userToken])).length > 0) throw WebError.unauthorized();
    return ROLE_CODES[conferences.entrance.roleFor(app, confrId, { userName, trusted: true })];
  }

  async #count(
    { request, reply }: Call,
    app: AppRecord,
    userName: UserName,
    name: 'joins' | 'management',
  ): Promise<void> {
    await this.#parts.rates.countAccount(request, app, `user ${userName}`);
    await this.#parts.rates.countApp(request, reply, app, name);
  }
}

/** @throws WebError `forbidden_op` */
export const assertAdmin = ({ roleCode }: ConferenceCaller): void => {
  if (roleCode !== ROLE_CODES.admin) throw WebError.forbidden('Only an admin of the conference may do this');
};
