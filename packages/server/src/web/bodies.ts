/** What bodies the calls take. */
import type { FastifyRequest } from 'fastify';
import { WebError } from './errors.ts';
import { unstorableField } from './storable-text.ts';
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

const STORABLE = 'text without U+0000 and without halves of characters';
/** The name of a field that we do not have is the caller's to choose. */
const LONGEST_NAME = 100;

/** JSON, where no body at all is an empty object: every field of it may be optional. */
export const takeJson = (app: WebApp): void => {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body: string, done) => {
    if (body.trim() === '') return done(null, {});
    return parse(request, body, (error, value) => (error ? done(error) : done(refusalOf(body, value), value)));
  });
  app.addHook('preValidation', async (request) => {
    if (request.body === undefined && request.routeOptions.schema?.body !== undefined) request.body = {};
  });
};

const refusalOf = (json: string, body: unknown): WebError | null => {
  const field = unstorableField(json, body);
  return field === undefined ? null : WebError.illegalArgument(field.slice(0, LONGEST_NAME), STORABLE);
};

/** Text of one of these types, as it is. */
export const takeText = (app: WebApp, ...types: string[]): void => {
  app.addContentTypeParser(types, { parseAs: 'string' }, (_, body, done) => done(null, body));
};
