/** What bodies the calls take. */
import type { FastifyRequest } from 'fastify';
import { WebError } from './errors.ts';
import type { WebApp } from './web-app.ts';

/** The largest SDP offer seen of a browser is under 16 KiB; no JSON of ours comes near. */
export const BODY_LIMIT_BYTES = 64 * 1024;

/** The vendor's clients send a Content-Type with a DELETE that has no body: it says nothing then, and must not be refused. */
export const dropTypeOfNoBody = async ({ raw }: FastifyRequest): Promise<void> => {
  const { 'content-length': length, 'transfer-encoding': encoding } = raw.headers;
  const hasBody = encoding !== undefined || (length !== undefined && length !== '0');
  if (raw.method === 'DELETE' && !hasBody) delete raw.headers['content-type'];
};

/** No body of ours is large enough to be worth it; read as if it were plain, it would be told to be no JSON. */
export const wantPlainBody = async ({ headers }: FastifyRequest): Promise<void> => {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() === 'identity') return;
  throw WebError.of('unsupported_media_type', 'This call does not take a body with a Content-Encoding');
};

/** JSON, where no body at all is an empty object: every field of it may be optional. */
export const takeJson = (app: WebApp): void => {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body: string, done) =>
    body.trim() === '' ? done(null, {}) : parse(request, body, done),
  );
  app.addHook('preValidation', async (request) => {
    if (request.body === undefined && request.routeOptions.schema?.body !== undefined) request.body = {};
  });
};

/** Text of one of these types, as it is. */
export const takeText = (app: WebApp, ...types: string[]): void => {
  app.addContentTypeParser(types, { parseAs: 'string' }, (_, body, done) => done(null, body));
};
