/** One line a request: at debug, or as a warning where we failed. Tokens and signatures are masked. */
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify';
import { maskSecrets } from '../base/log.ts';
import { STATUS_OF, type WebError } from './errors.ts';

/** Whoever calls chooses the length of his URL, up to 16 KiB. */
const LONGEST_URL = 500;

const loggable = (url: string): string => maskSecrets(url).slice(0, LONGEST_URL);

/** For the log lines that fastify writes of itself. */
export const REQUEST_SERIALIZERS = {
  req: ({ method, url }: { method?: string; url?: string }) => ({ method, url: loggable(url ?? '') }),
};

export class RequestLog {
  readonly #failures = new WeakMap<FastifyRequest, WebError>();
  readonly #log: FastifyBaseLogger;

  constructor(log: FastifyBaseLogger) {
    this.#log = log;
  }

  /** Remembers why a request is refused, for its line. */
  noteFailure(request: FastifyRequest, failure: WebError): void {
    this.#failures.set(request, failure);
  }

  readonly writeLine = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const failure = this.#failures.get(request);
    const line = {
      requestId: request.id,
      method: request.method,
      url: loggable(request.url),
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime),
      ...(failure === undefined ? {} : { error: failure.reason }),
    };
    if (failure === undefined || STATUS_OF[failure.reason] < 500) this.#log.debug(line, 'request');
    else this.#log.warn({ ...line, description: failure.message, err: failure.cause }, 'request failed');
  };
}
