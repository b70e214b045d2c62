import { CallreelApi } from '@callreel/client/callreel-api.ts';

/** Who this tab is signed in as. Kept in sessionStorage: gone with the tab, never shared with another. */
export type Session = { org: string; app: string; token: string; expiresAtMs: number };
export type Credentials = { org: string; app: string; clientId: string; clientSecret: string };

const STORAGE_KEY = 'callreel.session';
const EXPIRY_KEY = 'callreel.expired';
/** Long enough for a working day; an app's token is good for 60 days unless asked otherwise. */
const TOKEN_TTL_SECONDS = 12 * 3600;

const isSession = (value: unknown): value is Session =>
  typeof value === 'object' &&
  value !== null &&
  ['org', 'app', 'token'].every((name) => typeof (value as Record<string, unknown>)[name] === 'string') &&
  typeof (value as Record<string, unknown>).expiresAtMs === 'number';

/** The stored session, unless there is none or it has run out. */
export const storedSession = (): Session | undefined => {
  try {
    const value: unknown = JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? 'null');
    return isSession(value) && value.expiresAtMs > Date.now() ? value : undefined;
  } catch {
    return undefined;
  }
};

/** Gets a token for the credentials and keeps it; the secret is not kept. Throws ClientError. */
export const signIn = async ({ org, app, clientId, clientSecret }: Credentials): Promise<Session> => {
  const credentials = { clientId, clientSecret, ttlSeconds: TOKEN_TTL_SECONDS };
  const answer = await CallreelApi.requestToken({ baseUrl: '', org, app }, credentials);
  const expiresAtMs = Date.now() + answer.expires_in * 1000;
  const session = { org, app, token: answer.access_token, expiresAtMs };
  sessionStorage.setItem(STORAGE_KEY, JSON.stringify(session));
  return session;
};

export const forgetSession = (): void => sessionStorage.removeItem(STORAGE_KEY);

export const apiOf = ({ org, app, token }: Session): CallreelApi => new CallreelApi({ baseUrl: '', org, app }, token);

/** Lets the page that is loaded next say why one has to sign in again. */
export const noteExpiry = (): void => sessionStorage.setItem(EXPIRY_KEY, 'yes');

/** Whether that was noted; the note is gone then. */
export const takeExpiry = (): boolean => {
  const noted = sessionStorage.getItem(EXPIRY_KEY) !== null;
  sessionStorage.removeItem(EXPIRY_KEY);
  return noted;
};
