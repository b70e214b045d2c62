/** Exchanges an app's credentials or a user's password for an access token. */
import { createHash } from 'node:crypto';
import { parseUserName } from '@callreel/contract/ids.ts';
import { ROUTES } from '@callreel/contract/routes.ts';
import { TokenBody, TokenView } from '@callreel/contract/token.ts';
import type { FastifyRequest } from 'fastify';
import type { AppRecord } from '../../store/rows.ts';
import type { Store } from '../../store/store.ts';
import { takeJson } from '../bodies.ts';
import { WebError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import type { Passwords } from '../passwords.ts';
import type { Rates } from '../rates/rates.ts';
import { DEFAULT_TTL_SECONDS, type IssuedToken, LONGEST_TTL_SECONDS, type Tokens } from '../tokens.ts';
import { paramsOf, type Routes } from '../web-app.ts';

export type TokenRouteParts = {
  gate: Gate;
  store: Pick<Store, 'apps' | 'users'>;
  tokens: Tokens;
  passwords: Passwords;
  rates: Rates;
  /** Called where nothing is left to do but to wait for others. */
  giveTurnOn: (request: FastifyRequest) => void;
};

/** Who asks for a token, and for which app. */
type Asking = { request: FastifyRequest; app: AppRecord; body: TokenBody };

/** Undefined where none was asked for. */
const readTtl = ({ ttl }: TokenBody): number | undefined => {
  if (ttl === undefined) return undefined;
  const seconds = Number(ttl);
  if (seconds > LONGEST_TTL_SECONDS) {
    throw WebError.illegalArgument('ttl', `a whole number of seconds from 0 to ${LONGEST_TTL_SECONDS}`);
  }
  return seconds;
};

const given = (value: string | undefined, name: string): string => {
  if (value === undefined) throw WebError.illegalArgument(name, 'given for this grant_type');
  return value;
};

/** The same words whatever was wrong: nobody learns which names exist. */
const refuse = (what: string): WebError => WebError.of('invalid_grant', `The ${what} is wrong`);

const secretHash = (secret: string): Uint8Array => createHash('sha256').update(secret).digest();

/** Whatever is given as a client id is one of two: the right one is guessed at, and no other can be. */
const clientAccount = (app: AppRecord, clientId: string): string =>
  clientId === app.clientId ? 'client' : 'no client';

const grantToApp = async (parts: TokenRouteParts, { request, app, body }: Asking): Promise<IssuedToken> => {
  const { store, tokens, rates } = parts;
  const clientId = given(body.client_id, 'client_id');
  const clientSecret = given(body.client_secret, 'client_secret');
  const ttlSeconds = readTtl(body);
  const account = clientAccount(app, clientId);
  await rates.countAccount(request, app, account);
  await rates.attempt(request, app, account, async () => {
    const known = await store.apps.verifySecret(app, clientId, secretHash(clientSecret));
    if (!known) throw refuse('client_id or client_secret');
  });
  return tokens.issueApp(app, ttlSeconds);
};

const grantToUser = async (parts: TokenRouteParts, { request, app, body }: Asking): Promise<IssuedToken> => {
  const { store, tokens, passwords, rates, giveTurnOn } = parts;
  const password = given(body.password, 'password');
  const name = parseUserName(given(body.username, 'username'));
  const ttlSeconds = readTtl(body);
  if (ttlSeconds === 0) throw WebError.illegalArgument('ttl', "at least 1: a user's token expires");
  const account = name === undefined ? 'no user' : `user ${name}`;
  await rates.countAccount(request, app, account);
  return rates.attempt(request, app, account, async () => {
    const user = name && (await store.users.find(app.id, name));
    // Two at a time are hashed, on other threads: many who sign in keep no other call of their application waiting.
    giveTurnOn(request);
    const known = await passwords.verify(password, user?.passwordHash);
    if (!known || user === undefined) throw refuse('username or password');
    return tokens.issueUser(app, user.name, ttlSeconds);
  });
};

export const tokenRoutes =
  (parts: TokenRouteParts): Routes =>
  async (app) => {
    takeJson(app);
    app.post(
      ROUTES.token,
      {
        onRequest: parts.gate.anyone(),
        schema: {
          tags: ['tokens'],
          summary: "An access token for an app's credentials or a user's password",
          security: [],
          params: paramsOf(ROUTES.token),
          body: TokenBody,
          response: { 200: TokenView },
        },
      },
      async (request) => {
        const owner = parts.gate.appOf(request);
        const grant = request.body.grant_type === 'password' ? grantToUser : grantToApp;
        const { token, expiresAt } = await grant(parts, { request, app: owner, body: request.body });
        const expiresIn = expiresAt === null ? 0 : (readTtl(request.body) ?? DEFAULT_TTL_SECONDS);
        return { access_token: token, expires_in: expiresIn, application: owner.uuid };
      },
    );
  };
