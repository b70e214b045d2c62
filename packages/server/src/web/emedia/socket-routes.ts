/** The two sockets of the vendor's web SDK: its signalling, and what it measures of its connections, which is taken and dropped. */
import type { FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import { nowMs } from '../../base/monotonic-clock.ts';
import { WebError } from '../errors.ts';
import { readUpgrade } from '../events/upgrades.ts';
import type { Workload } from '../load/workload.ts';
import { type Allowance, Allowances } from '../rates/allowances.ts';
import type { Rates } from '../rates/rates.ts';
import { BoundedSocket } from '../sockets/bounded-socket.ts';
import { fromAllowedOrigin, Handshakes } from '../sockets/handshakes.ts';
import type { Tokens } from '../tokens.ts';
import type { Routes } from '../web-app.ts';
import { EMEDIA_PATHS } from './paths.ts';
import type { Sessions } from './sessions.ts';

export type SocketRouteParts = {
  sessions: Sessions;
  tokens: Tokens;
  rates: Rates;
  workload: Workload;
  /** From which pages they may be opened. */
  origins: () => readonly string[];
};

/** An offer of 64 KiB, as JSON text within JSON text. */
const LONGEST_MESSAGE_BYTES = 160 * 1024;
const LONGEST_FIGURES_BYTES = 64 * 1024;
const FIGURES: Allowance = { perSecond: 10, burst: 100 };
/** A page has one. */
const MOST_OF_USER = 4;
const TRY_AGAIN = 1013;

export const emediaSocketRoutes =
  ({ sessions, tokens, rates, workload, origins }: SocketRouteParts): Routes =>
  async (app) => {
    const onRequest = [(request: FastifyRequest) => rates.countAddress(request), fromAllowedOrigin(origins)];
    const options = { exposeHeadRoute: false, onRequest, schema: { hide: true } };
    const signalling = new Handshakes({ longestMessageBytes: LONGEST_MESSAGE_BYTES, protocol: undefined, workload });
    const figures = new Handshakes({ longestMessageBytes: LONGEST_FIGURES_BYTES, protocol: undefined, workload });
    const sinks = new Sinks();
    app.addHook('preClose', async () => sinks.close());

    /** It proves itself with its first message. */
    app.get(EMEDIA_PATHS.socket, options, async (request, reply) => {
      signalling.accept(request, reply, readUpgrade(request.raw), (ws) => sessions.open(ws, request));
      return reply;
    });

    /** The token is in the address, as the SDK puts it there; the log masks it. */
    app.get(EMEDIA_PATHS.quality, options, async (request, reply) => {
      const verdict = await userIn(tokens, request.query);
      const holder = `${verdict.appId} ${verdict.userName}`;
      figures.accept(request, reply, readUpgrade(request.raw), (ws) => sinks.open(ws, holder));
      return reply;
    });
  };

/** @throws WebError `unauthorized`, `auth_bad_access_token`, `forbidden_op` */
const userIn = async (tokens: Tokens, query: unknown) => {
  const { access_token: token } = query as Record<string, unknown>;
  if (typeof token !== 'string' || token === '') throw WebError.unauthorized();
  const verdict = await tokens.verify(token);
  if (verdict.kind === 'unauthorized') throw WebError.unauthorized();
  if (verdict.kind === 'badToken') throw WebError.badToken();
  if (verdict.kind !== 'user') throw WebError.forbidden("This call takes a user's token");
  return verdict;
};

class Sinks {
  readonly #open = new Map<WebSocket, string>();
  readonly #allowances = new Allowances(nowMs);

  open(ws: WebSocket, holder: string): void {
    const ofHolder = [...this.#open.values()].filter((each) => each === holder).length;
    const socket = new BoundedSocket({
      ws,
      mayTalk: () => this.#allowances.take(holder, FIGURES).allowed,
      onText: () => {},
      onProblem: () => ws.terminate(),
      onGone: () => this.#open.delete(ws),
    });
    if (ofHolder >= MOST_OF_USER) socket.close(TRY_AGAIN, 'tooMany');
    else this.#open.set(ws, holder);
  }

  close(): void {
    for (const ws of this.#open.keys()) ws.terminate();
  }
}
