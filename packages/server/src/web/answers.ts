/** What every answer has in common, and how whatever goes wrong before, in or behind a handler is answered. */
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FastifyReply, FastifyRequest, FastifySchemaValidationError } from 'fastify';
import { asWebError, errorBody, STATUS_OF, WebError } from './errors.ts';
import { apiPolicyText } from './page-policy.ts';
import type { RequestLog } from './request-log.ts';
import { wantedBy } from './schema-words.ts';
import type { WebApp } from './web-app.ts';

/** What every answer has; one that is made before a request has come as far as helmet's hook has them of here. */
const PLAIN_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': apiPolicyText(),
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

export const makeRequestId = (): string => randomUUID();

/** Tokens, links and members' names are in most answers: no cache keeps any of them, unless a route says otherwise. */
export const setCommonHeaders = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
  reply.header('x-request-id', request.id).header('cache-control', 'no-store');
};

/** RFC 9112, section 3.2. What it says is used for nothing. */
export const wantOneHost = async ({ raw }: FastifyRequest): Promise<void> => {
  const hosts = raw.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
  const isOld = raw.httpVersion === '1.0' && hosts === 0;
  if (hosts !== 1 && !isOld) throw WebError.illegalArgument('Host', 'given, and once');
};

/** The body and status for an error, wherever it comes from. */
export const answerError = (error: unknown, request: FastifyRequest, reply: FastifyReply, log: RequestLog): void => {
  const refusal = asWebError(error);
  log.noteFailure(request, refusal);
  reply
    .code(STATUS_OF[refusal.reason])
    .headers({ ...PLAIN_HEADERS, 'x-request-id': request.id, ...refusal.headers })
    .type('application/json; charset=utf-8')
    .serializer(JSON.stringify)
    .send(errorBody(refusal, reply.elapsedTime));
};

export const answerErrors = (app: WebApp, log: RequestLog): void => {
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, log));
  app.setNotFoundHandler(async () => {
    throw WebError.noSuchPath();
  });
  app.setSchemaErrorFormatter(describeInvalid);
};

/** The name of a field that we do not have is the caller's to choose. */
const LONGEST_NAME = 100;

/** Names the first value that is wrong and the form it wants. Of alternatives it lists all. */
export const describeInvalid = (errors: FastifySchemaValidationError[], part: string): WebError => {
  const [first] = errors;
  if (first === undefined) return WebError.illegalArgument(part, 'of another form');
  const missing = first.params.requiredProperties;
  if (Array.isArray(missing)) return WebError.illegalArgument(missing.join(', '), 'given');
  const name = first.instancePath.slice(1).replaceAll('/', '.').slice(0, LONGEST_NAME) || `the ${part}`;
  const alternatives = errors.filter(
    ({ instancePath, keyword }) => instancePath === first.instancePath && keyword !== 'anyOf',
  );
  const constants = alternatives
    .filter(({ keyword }) => keyword === 'const')
    .map(({ params }) => String(params.allowedValue));
  if (constants.length > 0) return WebError.illegalArgument(name, constants.join(' or '));
  return WebError.illegalArgument(name, wantedBy(alternatives));
};

const CONNECTION_REFUSALS: Readonly<Record<string, WebError>> = {
  ERR_HTTP_REQUEST_TIMEOUT: WebError.of('request_timeout', 'The request did not come whole in time'),
  HPE_INVALID_METHOD: WebError.of('illegal_argument', 'The request must have a method that is known'),
  HPE_HEADER_OVERFLOW: WebError.of('illegal_argument', 'The header fields must be shorter than 16 KiB together'),
};

const CONNECT_REFUSED = WebError.methodNotAllowed([]);
const NOT_HTTP = WebError.of('illegal_argument', 'The request must be HTTP/1.1');

const headersAreOut = (socket: Socket): boolean => {
  // node keeps the answer that is being written on its socket under this name; see its documentation of 'clientError'.
  const answer: unknown = Reflect.get(socket, '_httpMessage');
  return typeof answer === 'object' && answer !== null && Reflect.get(answer, 'headersSent') === true;
};

/** Answers what node's parser refused, before there is a request. */
export const answerBrokenConnection = (error: Error & { code?: string }, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || !socket.writable || headersAreOut(socket)) {
    socket.destroy();
    return;
  }
  endWith(socket, CONNECTION_REFUSALS[error.code ?? ''] ?? NOT_HTTP);
};

/** We are no proxy. node hands CONNECT to whoever listens for it, and else cuts the connection without a word. */
export const refuseConnect = (socket: Duplex): void => {
  // Such a socket is ours alone from here on: its errors, and its end.
  socket.on('error', () => {});
  socket.once('finish', () => socket.destroy());
  endWith(socket, CONNECT_REFUSED);
};

const endWith = (socket: Duplex, refusal: WebError): void => {
  const status = STATUS_OF[refusal.reason];
  const body = JSON.stringify(errorBody(refusal, 0));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${makeRequestId()}`,
    'Connection: close',
    ...Object.entries({ ...PLAIN_HEADERS, ...refusal.headers }).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
};
