/** Ringing another user. What becomes of it is told by the caller's own events (`events.ts`). */
import { StartCallBody, StartCallView } from '@callreel/contract/calls.ts';
import { ROUTES } from '@callreel/contract/routes.ts';
import type { FastifyRequest } from 'fastify';
import { takeJson } from '../bodies.ts';
import type { CallsPort } from '../calls-port.ts';
import { WebError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import { readUserName } from '../names.ts';
import type { Verified } from '../tokens.ts';
import { paramsOf, type Routes } from '../web-app.ts';

export type CallRouteParts = { gate: Gate; calls: CallsPort };

/** The user whose token it is. TypeError where the route's gate lets others in. */
export const userIn = (gate: Gate, request: FastifyRequest): Extract<Verified, { kind: 'user' }> => {
  const holder = gate.holderOf(request);
  if (holder.kind !== 'user') throw new TypeError("request: the gate of its route takes others than users' tokens");
  return holder;
};

export const callRoutes =
  ({ gate, calls }: CallRouteParts): Routes =>
  async (app) => {
    takeJson(app);
    const usersMayCreate = async (request: FastifyRequest): Promise<void> => {
      if (!gate.appOf(request).usersMayCreate) throw WebError.forbidden('This application lets no user make calls');
    };

    app.post(
      ROUTES.calls,
      {
        onRequest: [gate.only('user'), usersMayCreate],
        schema: {
          tags: ['calls'],
          summary: 'Rings another user; once he accepts, both are in a conference of two',
          params: paramsOf(ROUTES.calls),
          body: StartCallBody,
          response: { 200: StartCallView },
        },
      },
      async (request) => {
        const owner = gate.appOf(request);
        const { device, rec = false, recMerge = false, ext = null } = request.body;
        const to = readUserName(owner, request.body.to);
        if (to === undefined) throw WebError.illegalArgument('to', 'the name of a user of this application');
        return calls.start(owner, userIn(gate, request).userName, { to, device, rec, recMerge, ext });
      },
    );
  };
