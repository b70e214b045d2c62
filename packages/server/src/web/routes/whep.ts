/** WHEP: an offer to receive makes a subscription of one publication, DELETE of what it made ends it. Both take the member's token. */
import { parsePubStreamId, parseSubscriptionId } from '@callreel/contract/ids.ts';
import { pathOf, ROUTES } from '@callreel/contract/routes.ts';
import { ChangeSubscriptionBody, SubscriptionView } from '@callreel/contract/subscription.ts';
import { Type } from 'typebox';
import type { IceServers } from '../../conference/ice-servers.ts';
import { takeJson, takeText } from '../bodies.ts';
import type { ConferencesPort } from '../conferences-port.ts';
import { bearerOf, type Gate } from '../gate.ts';
import {
  linksFor,
  memberOf,
  optionsGate,
  SDP,
  SDP_FRAGMENT,
  sendAnswer,
  sendOptions,
  takeCandidates,
  takesOnly,
} from '../sdp-session.ts';
import { paramsOf, type Routes } from '../web-app.ts';

export type WhepRouteParts = {
  gate: Gate;
  conferences: ConferencesPort;
  iceServers: IceServers;
  baseUrl: () => string;
};

type ResourceParams = { pubStreamId: string; subscriptionId: string };

const pathIn = ({ pubStreamId, subscriptionId }: ResourceParams) => ({
  publicationId: parsePubStreamId(pubStreamId),
  id: parseSubscriptionId(subscriptionId),
});

export const whepRoutes =
  ({ gate, conferences, iceServers, baseUrl }: WhepRouteParts): Routes =>
  async (app) => {
    takeText(app, SDP, SDP_FRAGMENT);
    takeJson(app);

    app.post(
      ROUTES.whep,
      {
        onRequest: gate.only('member'),
        preParsing: takesOnly(SDP),
        schema: {
          tags: ['whep'],
          summary: 'Receives a publication: an SDP offer in, 201 with the answer',
          consumes: [SDP],
          body: Type.String(),
          params: paramsOf(ROUTES.whep),
          response: { 201: { content: { [SDP]: { schema: Type.String() } } } },
        },
      },
      async (request, reply) => {
        const { confrId, pubStreamId } = request.params;
        const id = parsePubStreamId(pubStreamId);
        const member = memberOf(gate, request);
        const { subscriptionId, answer, connectionTag } = await conferences.receiving.subscribe(
          member,
          id,
          request.body,
        );
        const { org, name } = gate.appOf(request);
        const path = pathOf(ROUTES.whepResource, { org, app: name, confrId, pubStreamId, subscriptionId });
        return sendAnswer(reply, { answer, connectionTag, location: baseUrl() + path }, linksFor(iceServers, member));
      },
    );

    app.options(ROUTES.whep, { onRequest: optionsGate(gate), schema: { hide: true } }, async (request, reply) =>
      sendOptions(reply, bearerOf(request) === undefined ? {} : linksFor(iceServers, memberOf(gate, request))),
    );

    app.post(
      ROUTES.whepResource,
      {
        onRequest: gate.only('member'),
        preParsing: takesOnly('application/json'),
        schema: {
          tags: ['whep'],
          summary: 'Stops the sound or the picture of a subscription, or lets it go on',
          body: ChangeSubscriptionBody,
          params: paramsOf(ROUTES.whepResource),
          response: { 200: SubscriptionView },
        },
      },
      async (request) => conferences.receiving.change(memberOf(gate, request), pathIn(request.params), request.body),
    );

    app.delete(
      ROUTES.whepResource,
      {
        onRequest: gate.only('member'),
        schema: { tags: ['whep'], summary: 'Ends a subscription', params: paramsOf(ROUTES.whepResource) },
      },
      async (request, reply) => {
        await conferences.receiving.unsubscribe(memberOf(gate, request), pathIn(request.params));
        return reply.code(200).send();
      },
    );

    app.patch(
      ROUTES.whepResource,
      {
        onRequest: gate.only('member'),
        preParsing: takesOnly(SDP_FRAGMENT),
        schema: {
          tags: ['whep'],
          summary: 'Takes further ICE candidates; an ICE restart is refused: subscribe anew',
          consumes: [SDP_FRAGMENT],
          body: Type.String(),
          params: paramsOf(ROUTES.whepResource),
        },
      },
      async (request, reply) => {
        const member = memberOf(gate, request);
        const path = pathIn(request.params);
        takeCandidates(request, request.body, () => conferences.receiving.connectionOf(member, path));
        return reply.code(204).send();
      },
    );
  };
