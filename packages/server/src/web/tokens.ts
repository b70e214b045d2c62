/** Access tokens: 256 random bits each, of which the store holds the SHA-256 alone. */
import { createHash, randomBytes } from 'node:crypto';
import type { UserName } from '@callreel/contract/ids.ts';
import type { AppRecord, TokenRecord, TokenSubject } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { WebError } from './errors.ts';

/** A user in a conference, as a token names him. */
export type TokenMember = { appId: number } & Omit<Extract<TokenSubject, { kind: 'member' }>, 'kind'>;

export type IssuedToken = {
  token: string;
  /** Null: never. */
  expiresAt: Date | null;
};

/** Whom a good token stands for. */
export type Verified = { appId: number } & TokenSubject;

export type TokenVerdict =
  | Verified
  /** Expired or revoked. */
  | { kind: 'unauthorized' }
  /** Not issued by this service, or altered. */
  | { kind: 'badToken' };

export const DEFAULT_TTL_SECONDS = 60 * 24 * 3600;

/** About 317 years: more digits than these are a mistake, and dates end. */
export const LONGEST_TTL_SECONDS = 9_999_999_999;

const PREFIX = 'YWMt';
const TOKEN = /^YWMt[A-Za-z0-9_-]{43}$/;

/** In place of a token whose text must not be there; base64url of its SHA-256. */
const REFERENCE = /^sha256:([A-Za-z0-9_-]{43})$/;

const hashOf = (token: string): Uint8Array => createHash('sha256').update(token).digest();

const hashOfEither = (tokenOrReference: string): Uint8Array => {
  const hash = REFERENCE.exec(tokenOrReference)?.[1];
  return hash === undefined ? hashOf(tokenOrReference) : Buffer.from(hash, 'base64url');
};

/** Names a token, to `issueMember` and `deadAmong` alone: it proves nothing. */
export const referenceTo = (token: string): string => `sha256:${Buffer.from(hashOf(token)).toString('base64url')}`;

export type TokensOptions = {
  store: Pick<Store, 'tokens'>;
  /** Milliseconds since 1970. */
  nowMs: () => number;
};

export class Tokens {
  readonly #store: Store['tokens'];
  readonly #nowMs: () => number;

  constructor({ store, nowMs }: TokensOptions) {
    this.#store = store.tokens;
    this.#nowMs = nowMs;
  }

  /** `ttlSeconds`: undefined is 60 days, 0 never expires. */
  issueApp(app: AppRecord, ttlSeconds: number | undefined): Promise<IssuedToken> {
    const expiresAt = ttlSeconds === 0 ? null : this.#in(ttlSeconds);
    return this.#issue({ appId: app.id, subject: { kind: 'app' }, expiresAt, revokedAt: null });
  }

  /** `ttlSeconds`: undefined is 60 days. */
  issueUser(app: AppRecord, userName: UserName, ttlSeconds: number | undefined): Promise<IssuedToken> {
    const subject = { kind: 'user', userName } as const;
    return this.#issue({ appId: app.id, subject, expiresAt: this.#in(ttlSeconds), revokedAt: null });
  }

  /** `userToken`: the token it is got with, or a reference to it; it dies with that one. @throws WebError `unauthorized` where that is dead by now */
  issueMember(member: TokenMember, ttlSeconds: number, userToken?: string): Promise<IssuedToken> {
    const { appId, userName, confrId, memberId } = member;
    const subject = { kind: 'member', userName, confrId, memberId } as const;
    return this.#issue({ appId, subject, expiresAt: this.#in(ttlSeconds), revokedAt: null }, userToken);
  }

  async verify(token: string): Promise<TokenVerdict> {
    const record = await this.#find(token);
    if (record === undefined) return { kind: 'badToken' };
    const expired = record.expiresAt !== null && record.expiresAt.getTime() <= this.#nowMs();
    if (expired || record.revokedAt !== null) return { kind: 'unauthorized' };
    return { appId: record.appId, ...record.subject };
  }

  /** Which of these are not good any more. */
  async deadAmong(tokens: readonly string[]): Promise<string[]> {
    const byHash = new Map(tokens.map((token) => [Buffer.from(hashOfEither(token)).toString('hex'), token]));
    const dead = await this.#store.deadAmong([...byHash.keys()], new Date(this.#nowMs()));
    return dead.flatMap((hash) => byHash.get(hash) ?? []);
  }

  /** From then on the token is refused. Says whether there is such a token. */
  async revoke(token: string): Promise<boolean> {
    return TOKEN.test(token) && (await this.#store.revoke(hashOf(token)));
  }

  async #issue(record: TokenRecord, userToken?: string): Promise<IssuedToken> {
    const token = PREFIX + randomBytes(32).toString('base64url');
    if (userToken === undefined) await this.#store.insert(hashOf(token), record);
    else if (!(await this.#store.insertUnder(hashOfEither(userToken), hashOf(token), record)))
      throw WebError.unauthorized();
    return { token, expiresAt: record.expiresAt };
  }

  #find(token: string): Promise<TokenRecord | undefined> {
    return TOKEN.test(token) ? this.#store.find(hashOf(token)) : Promise.resolve(undefined);
  }

  #in(ttlSeconds = DEFAULT_TTL_SECONDS): Date {
    return new Date(this.#nowMs() + ttlSeconds * 1000);
  }
}
