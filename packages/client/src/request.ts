import { ClientError } from './client-error.ts';

/** Long enough for a busy service, short enough that a person still waits. */
const TIMEOUT_MS = 20_000;

export type RequestOptions = {
  method?: 'GET' | 'POST' | 'DELETE';
  token?: string;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as an SDP offer. */
  sdp?: string;
};

const headersFor = ({ token, json, sdp }: RequestOptions): Headers => {
  const headers = new Headers();
  if (token !== undefined) headers.set('Authorization', `Bearer ${token}`);
  if (json !== undefined) headers.set('Content-Type', 'application/json');
  if (sdp !== undefined) headers.set('Content-Type', 'application/sdp');
  return headers;
};

const bodyFor = ({ json, sdp }: RequestOptions): string | undefined =>
  json === undefined ? sdp : JSON.stringify(json);

/** One request to the service. Resolves with answers of 2xx alone; throws ClientError otherwise. */
export const request = async (url: string, options: RequestOptions = {}): Promise<Response> => {
  const body = bodyFor(options);
  const response = await send(url, {
    method: options.method ?? 'GET',
    headers: headersFor(options),
    signal: AbortSignal.timeout(TIMEOUT_MS),
    // What ends something gets through even if the page closes meanwhile.
    keepalive: options.method === 'DELETE',
    ...(body === undefined ? {} : { body }),
  });
  if (!response.ok) throw await ClientError.answer(response);
  return response;
};

const send = async (url: string, init: RequestInit): Promise<Response> => {
  try {
    return await fetch(url, init);
  } catch (cause) {
    throw ClientError.network(cause);
  }
};

/**
 * A DELETE that outlives the page: the browser goes on sending it after the page is gone (fetch's `keepalive`).
 * Nobody is left to hear of a failure; the service then ends what was held after its hold of 45 s.
 */
export const deleteWhileClosing = (url: string, token: string): void => {
  fetch(url, { method: 'DELETE', headers: headersFor({ token }), keepalive: true }).catch(() => undefined);
};
