/** What happens in a conference, over a WebSocket. */
import type { IncomingMessage } from 'node:http';
import { EVENTS_PROTOCOL, type EventCursor, parseEventCursor } from '@callreel/contract/events.ts';
import { ROUTES } from '@callreel/contract/routes.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { WebSocketServer } from 'ws';
import type { ConferencesPort } from '../conferences-port.ts';
import { WebError } from '../errors.ts';
import type { EventSockets, Place } from '../events/event-sockets.ts';
import { readUpgrade } from '../events/upgrades.ts';
import type { Gate } from '../gate.ts';
import type { Workload } from '../load/workload.ts';
import { paramsOf, type Routes } from '../web-app.ts';
import { confrIdIn } from './conferences.ts';

export type EventRouteParts = {
  gate: Gate;
  conferences: ConferencesPort;
  sockets: EventSockets;
  workload: Workload;
  /** From which pages it may be opened. */
  origins: () => readonly string[];
};

const Query = Type.Object({
  since: Type.Optional(Type.String({ description: 'Of the last event that was received: <epoch>.<seq>' })),
});

const LONGEST_MESSAGE_BYTES = 16 * 1024;
/** A message of ours comes in one or a few. */
const MOST_FRAGMENTS = 64;
/** How long a client may take to read what it was sent, and why it is closed. */
const CLOSING_MS = 5000;

const readSince = (text: string | undefined): EventCursor | undefined => {
  if (text === undefined) return undefined;
  const cursor = parseEventCursor(text);
  if (cursor === undefined) throw WebError.illegalArgument('since', 'of the form <epoch>.<seq>');
  return cursor;
};

/** CORS does not bind a WebSocket: a browser sends where its page is from, and whether that may is ours to say. */
const fromAllowedOrigin = (origins: () => readonly string[]) => async (request: FastifyRequest) => {
  const { origin } = request.headers;
  if (origin === undefined || origins().includes(origin)) return;
  throw WebError.forbidden('Pages of this origin may not open it: see CALLREEL_CORS_ORIGINS');
};

/** What the 101 bears beyond what it must: the same as every answer. */
const addedHeaders = new WeakMap<IncomingMessage, string[]>();

const newHandshakes = (): WebSocketServer => {
  const handshakes = new WebSocketServer({
    ...{ noServer: true, clientTracking: false, perMessageDeflate: false },
    ...{ maxPayload: LONGEST_MESSAGE_BYTES, maxFragments: MOST_FRAGMENTS, closeTimeout: CLOSING_MS },
    handleProtocols: () => EVENTS_PROTOCOL,
  });
  handshakes.on('headers', (lines, request) => lines.push(...(addedHeaders.get(request) ?? [])));
  return handshakes;
};

const headerLines = (reply: FastifyReply): string[] =>
  Object.entries(reply.getHeaders()).map(([name, value]) => `${name}: ${value}`);

export const eventRoutes =
  ({ gate, conferences, sockets, workload, origins }: EventRouteParts): Routes =>
  async (app) => {
    const handshakes = newHandshakes();

    const placeOf = (request: FastifyRequest): Place => {
      const holder = gate.holderOf(request);
      return {
        appId: gate.appOf(request).id,
        confrId: confrIdIn(request.params as { confrId: string }),
        member: holder.kind === 'member' ? holder : undefined,
        token: gate.tokenOf(request) ?? '',
      };
    };

    app.get(
      ROUTES.events,
      {
        exposeHeadRoute: false,
        onRequest: [gate.only('app', 'member'), fromAllowedOrigin(origins)],
        schema: {
          tags: ['events'],
          summary: 'What happens in a conference, over a WebSocket: a snapshot, then each event in order',
          params: paramsOf(ROUTES.events),
          querystring: Query,
        },
      },
      async (request, reply) => {
        const { socket, head } = readUpgrade(request.raw);
        const since = readSince(request.query.since);
        const place = placeOf(request);
        conferences.events.assertOpen(place.appId, place.confrId, place.member);
        sockets.assertRoom(place);
        reply.hijack();
        workload.end(request);
        reply.raw.detachSocket(socket);
        addedHeaders.set(request.raw, headerLines(reply));
        handshakes.handleUpgrade(request.raw, socket, head, (ws) => sockets.open(ws, place, since));
        return reply;
      },
    );
  };
