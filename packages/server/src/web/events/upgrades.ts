/**
 * Requests for a WebSocket (RFC 6455). Node hands them over without an answer to write to; they get one, and take the way of every other
 * call, so that checks and refusals are the same. Only those for our sockets do: to every other path Upgrade means nothing (RFC 9110, 7.8).
 */
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { BEARER_PROTOCOL_PREFIX, EVENTS_PROTOCOL } from '@callreel/contract/events.ts';
import { WebError } from '../errors.ts';
import type { WebApp } from '../web-app.ts';

export type Upgrade = { socket: Socket; head: Buffer };

/** Events, and the two that the vendor's web SDK opens. */
const SOCKET_PATH = /(?:\/events|^\/rtc\/(?:ws|qoe))(?:\?|$)/;
const KEY = /^[A-Za-z0-9+/]{22}==$/;
const VERSION = '13';

/** For the HTTP server: whatever else asks for another protocol is served as if it had not. */
export const asksForSocket = ({ method, url = '', headers }: IncomingMessage): boolean =>
  method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket' && SOCKET_PATH.test(url);

const pending = new WeakMap<IncomingMessage, Upgrade>();

/** From now on such requests come to the router. */
export const routeUpgrades = (app: WebApp): void => {
  app.server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    // Node has taken its own listener off; what goes wrong shows as the connection's end.
    socket.on('error', () => socket.destroy());
    pending.set(request, { socket, head });
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once('finish', () => {
      response.detachSocket(socket);
      socket.destroySoon();
    });
    app.routing(request, response);
  });
};

const protocolsOf = ({ headers }: IncomingMessage): string[] =>
  (headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim());

/** The token among the protocols of a request for a WebSocket; undefined for any other request. */
export const tokenInProtocols = (request: IncomingMessage): string | undefined => {
  if (!pending.has(request)) return undefined;
  const bearer = protocolsOf(request).find((protocol) => protocol.startsWith(BEARER_PROTOCOL_PREFIX));
  return bearer?.slice(BEARER_PROTOCOL_PREFIX.length);
};

/** The connection of a request that may become a WebSocket of ours. @throws WebError `upgrade_required`, `illegal_argument` */
export const readUpgrade = (request: IncomingMessage): Upgrade => {
  const found = pending.get(request);
  if (found === undefined || request.headers['sec-websocket-version'] !== VERSION) throw WebError.upgradeRequired();
  const key = request.headers['sec-websocket-key'] ?? '';
  if (!KEY.test(key)) throw WebError.illegalArgument('Sec-WebSocket-Key', '16 bytes in base64');
  return found;
};

/** @throws WebError `illegal_argument` */
export const wantEventsProtocol = (request: IncomingMessage): void => {
  if (protocolsOf(request).includes(EVENTS_PROTOCOL)) return;
  throw WebError.illegalArgument('Sec-WebSocket-Protocol', `${EVENTS_PROTOCOL}, ${BEARER_PROTOCOL_PREFIX}<token>`);
};
