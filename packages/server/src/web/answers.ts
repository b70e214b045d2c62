/** What every answer has in common, and how whatever goes wrong before, in or behind a handler is answered. */
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest, FastifySchemaValidationError } from 'fastify';
import { asWebError, errorBody, STATUS_OF, WebError } from './errors.ts';
import type { RequestLog } from './request-log.ts';
import type { WebApp } from './web-app.ts';

export const makeRequestId = (): string => randomUUID();

/** Tokens, links and members' names are in most answers: no cache keeps any of them, unless a route says otherwise. */
export const setCommonHeaders = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
  reply.header('x-request-id', request.id).header('cache-control', 'no-store');
};

/** The body and status for an error, wherever it comes from. */
export const answerError = (error: unknown, request: FastifyRequest, reply: FastifyReply, log: RequestLog): void => {
  const refusal = asWebError(error);
  log.noteFailure(request, refusal);
  reply
    .code(STATUS_OF[refusal.reason])
    .headers({ 'x-request-id': request.id, 'cache-control': 'no-store', ...refusal.headers })
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

const wantOf = (message: string): string => message.replace(/^must (be )?/, '');

/** Names the first value that is wrong and the form it wants. Of alternatives it lists all. */
export const describeInvalid = (errors: FastifySchemaValidationError[], part: string): WebError => {
  const [first] = errors;
  if (first === undefined) return WebError.illegalArgument(part, 'of another form');
  const missing = first.params.requiredProperties;
  if (Array.isArray(missing)) return WebError.illegalArgument(missing.join(', '), 'given');
  const name = first.instancePath.slice(1).replaceAll('/', '.') || `the ${part}`;
  const alternatives = errors.filter(
    ({ instancePath, keyword }) => instancePath === first.instancePath && keyword !== 'anyOf',
  );
  const constants = alternatives
    .filter(({ keyword }) => keyword === 'const')
    .map(({ params }) => String(params.allowedValue));
  if (constants.length > 0) return WebError.illegalArgument(name, constants.join(' or '));
  const forms = new Set(alternatives.map(({ message }) => wantOf(message ?? 'of another form')));
  return WebError.illegalArgument(name, [...forms].join(' or '));
};

const CONNECTION_REFUSALS: Readonly<Record<string, WebError>> = {
  ERR_HTTP_REQUEST_TIMEOUT: WebError.of('request_timeout', 'The request did not come whole in time'),
  HPE_HEADER_OVERFLOW: WebError.of('illegal_argument', 'The header fields must be shorter than 16 KiB together'),
};

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
  const refusal = CONNECTION_REFUSALS[error.code ?? ''] ?? NOT_HTTP;
  const status = STATUS_OF[refusal.reason];
  const body = JSON.stringify(errorBody(refusal, 0));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${makeRequestId()}`,
    'Cache-Control: no-store',
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
};
