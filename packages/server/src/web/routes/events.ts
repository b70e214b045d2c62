/** What happens in a conference, and to a user, over a WebSocket. */
import { randomUUID } from 'node:crypto';
import { EVENTS_PROTOCOL, type EventCursor, parseEventCursor } from '@callreel/contract/events.ts';
import { ROUTES } from '@callreel/contract/routes.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Device } from '../../calls/user-lines.ts';
import type { IceServers } from '../../conference/ice-servers.ts';
import type { CallsPort } from '../calls-port.ts';
import type { ConferencesPort } from '../conferences-port.ts';
import { WebError } from '../errors.ts';
import { type ConferencePlace, conferenceSeat } from '../events/conference-seat.ts';
import type { EventSockets } from '../events/event-sockets.ts';
import type { Seat } from '../events/seat.ts';
import { readUpgrade, type Upgrade, wantEventsProtocol } from '../events/upgrades.ts';
import { userSeat, type ViewJoin } from '../events/user-seat.ts';
import type { Gate } from '../gate.ts';
import type { Workload } from '../load/workload.ts';
import { fromAllowedOrigin, Handshakes } from '../sockets/handshakes.ts';
import { paramsOf, type Routes } from '../web-app.ts';
import { userIn } from './calls.ts';
import { confrIdIn } from './conferences.ts';

export type EventRouteParts = {
  gate: Gate;
  conferences: ConferencesPort;
  iceServers: IceServers;
  calls: CallsPort;
  viewJoin: ViewJoin;
  sockets: EventSockets;
  workload: Workload;
  /** From which pages it may be opened. */
  origins: () => readonly string[];
};

const Query = Type.Object({
  since: Type.Optional(Type.String({ description: 'Of the last event that was received: <epoch>.<seq>' })),
});

const UserQuery = Type.Object({
  ...Query.properties,
  device: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })),
});

const LONGEST_MESSAGE_BYTES = 16 * 1024;

const readSince = (text: string | undefined): EventCursor | undefined => {
  if (text === undefined) return undefined;
  const cursor = parseEventCursor(text);
  if (cursor === undefined) throw WebError.illegalArgument('since', 'of the form <epoch>.<seq>');
  return cursor;
};

export const eventRoutes =
  ({ gate, conferences, iceServers, calls, viewJoin, sockets, workload, origins }: EventRouteParts): Routes =>
  async (app) => {
    const handshakes = new Handshakes({
      longestMessageBytes: LONGEST_MESSAGE_BYTES,
      protocol: EVENTS_PROTOCOL,
      workload,
    });

    const placeOf = (request: FastifyRequest): ConferencePlace => {
      const holder = gate.holderOf(request);
      return {
        appId: gate.appOf(request).id,
        confrId: confrIdIn(request.params as { confrId: string }),
        member: holder.kind === 'member' ? holder : undefined,
        token: gate.tokenOf(request) ?? '',
      };
    };

    const deviceOf = (request: FastifyRequest, id: string = randomUUID()): Device => {
      const { userName } = userIn(gate, request);
      return { app: gate.appOf(request), userName, id, token: gate.tokenOf(request) ?? '' };
    };

    /** From here on it is no HTTP any more. @throws `reach_limit` */
    const open = (request: FastifyRequest, reply: FastifyReply, upgrade: Upgrade, seat: Seat): FastifyReply => {
      sockets.assertRoom(seat);
      handshakes.accept(request, reply, upgrade, (ws) => sockets.open(ws, seat));
      return reply;
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
        const upgrade = readUpgrade(request.raw);
        wantEventsProtocol(request.raw);
        const since = readSince(request.query.since);
        const place = placeOf(request);
        conferences.events.assertOpen(place.appId, place.confrId, place.member);
        return open(request, reply, upgrade, conferenceSeat({ conferences, iceServers }, place, since));
      },
    );

    app.get(
      ROUTES.userEvents,
      {
        exposeHeadRoute: false,
        onRequest: [gate.only('user'), fromAllowedOrigin(origins)],
        schema: {
          tags: ['calls'],
          summary:
            'Who calls you, over a WebSocket: a snapshot, then each event in order; you are rung while it is open',
          params: paramsOf(ROUTES.userEvents),
          querystring: UserQuery,
        },
      },
      async (request, reply) => {
        const upgrade = readUpgrade(request.raw);
        wantEventsProtocol(request.raw);
        const since = readSince(request.query.since);
        const device = deviceOf(request, request.query.device);
        return open(request, reply, upgrade, userSeat(calls, device, since, viewJoin));
      },
    );
  };
