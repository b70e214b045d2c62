/** Which pages of other origins may call us (the fetch standard's CORS protocol). Never with cookies: there are none. */
import type { FastifyReply, FastifyRequest } from 'fastify';

const EXPOSED = 'Location, ETag, Link, Retry-After, X-Request-Id';
const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const REQUEST_HEADERS = 'Authorization, Content-Type, If-Match, Range';
/** The longest that browsers keep it (Chromium: two hours). */
const PREFLIGHT_SECONDS = 7200;

/** `origins` is asked anew at each request: the port is not known before the service is bound. */
export const answerCors =
  (origins: () => readonly string[]) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const { origin } = request.headers;
    const allowed = origins();
    if (allowed.length > 0) reply.header('vary', 'Origin');
    if (origin === undefined || !allowed.includes(origin)) return undefined;
    reply.header('access-control-allow-origin', origin).header('access-control-expose-headers', EXPOSED);
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined)
      return undefined;
    return reply
      .code(204)
      .header('access-control-allow-methods', METHODS)
      .header('access-control-allow-headers', REQUEST_HEADERS)
      .header('access-control-max-age', PREFLIGHT_SECONDS)
      .send();
  };
