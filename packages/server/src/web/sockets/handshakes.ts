/** From a request that passed all checks to a WebSocket. */
import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type WebSocket, WebSocketServer } from 'ws';
import { WebError } from '../errors.ts';
import type { Upgrade } from '../events/upgrades.ts';
import type { Workload } from '../load/workload.ts';

export type HandshakesOptions = {
  longestMessageBytes: number;
  /** What is answered as `Sec-WebSocket-Protocol`; undefined: nothing is. */
  protocol: string | undefined;
  workload: Workload;
};

/** A message of ours comes in one or a few. */
const MOST_FRAGMENTS = 64;
/** How long a client may take to read what it was sent, and why it is closed. */
const CLOSING_MS = 5000;

/** CORS does not bind a WebSocket: a browser sends where its page is from, and whether that may is ours to say. */
export const fromAllowedOrigin = (origins: () => readonly string[]) => async (request: FastifyRequest) => {
  const { origin } = request.headers;
  if (origin === undefined || origins().includes(origin)) return;
  throw WebError.forbidden('Pages of this origin may not open it: see CALLREEL_CORS_ORIGINS');
};

const headerLines = (reply: FastifyReply): string[] =>
  Object.entries(reply.getHeaders()).map(([name, value]) => `${name}: ${value}`);

export class Handshakes {
  readonly #options: HandshakesOptions;
  readonly #server: WebSocketServer;
  /** What the 101 bears beyond what it must: the same as every answer. */
  readonly #addedHeaders = new WeakMap<IncomingMessage, string[]>();

  constructor(options: HandshakesOptions) {
    const { longestMessageBytes, protocol } = options;
    this.#options = options;
    this.#server = new WebSocketServer({
      ...{ noServer: true, clientTracking: false, perMessageDeflate: false },
      ...{ maxPayload: longestMessageBytes, maxFragments: MOST_FRAGMENTS, closeTimeout: CLOSING_MS },
      handleProtocols: () => protocol ?? false,
    });
    this.#server.on('headers', (lines, request) => lines.push(...(this.#addedHeaders.get(request) ?? [])));
  }

  /** Ends the call: its turn is given on. */
  accept(request: FastifyRequest, reply: FastifyReply, upgrade: Upgrade, onOpen: (ws: WebSocket) => void): void {
    const { socket, head } = upgrade;
    reply.hijack();
    this.#options.workload.end(request);
    reply.raw.detachSocket(socket);
    this.#addedHeaders.set(request.raw, headerLines(reply));
    this.#server.handleUpgrade(request.raw, socket, head, onOpen);
  }
}
