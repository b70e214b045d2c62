/** WHIP (RFC 9725): an offer makes a publication, DELETE of what it made ends it. Both take the member's token. */
import type { PublicationKind } from '@callreel/contract/conference.ts';
import { type PubStreamId, parsePubStreamId } from '@callreel/contract/ids.ts';
import { pathOf, ROUTES } from '@callreel/contract/routes.ts';
import { Type } from 'typebox';
import type { MemberRef } from '../../conference/conferences.ts';
import type { IceServers } from '../../conference/ice-servers.ts';
import { takeText } from '../bodies.ts';
import type { ConferencesPort } from '../conferences-port.ts';
import { WebError } from '../errors.ts';
import { bearerOf, type Gate } from '../gate.ts';
import type { DiskRoom } from '../load/disk-room.ts';
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

export type WhipRouteParts = {
  gate: Gate;
  conferences: ConferencesPort;
  iceServers: IceServers;
  baseUrl: () => string;
  disk: DiskRoom;
};

const WhipQuery = Type.Object({
  type: Type.Optional(Type.Union([Type.Literal('av'), Type.Literal('desktop')])),
  resume: Type.Optional(
    Type.String({ maxLength: 100, description: 'The pubStreamId to go on with, in the same file' }),
  ),
});

/** The members' part of a stream's id: `_C16M21` of `IM_X364829548358926336C16M21`. A member reaches only what he published. */
const isOwnStream = (member: MemberRef, stream: PubStreamId): boolean =>
  stream.endsWith(`_${member.memberId.slice(member.memberId.lastIndexOf('C'))}`);

const ownStream = (member: MemberRef, text: string): PubStreamId => {
  const stream = parsePubStreamId(text);
  if (stream === undefined || !isOwnStream(member, stream)) throw WebError.noSuch('publication');
  return stream;
};

export const whipRoutes =
  ({ gate, conferences, iceServers, baseUrl, disk }: WhipRouteParts): Routes =>
  async (app) => {
    takeText(app, SDP, SDP_FRAGMENT);

    const negotiate = (member: MemberRef, offer: string, kind: PublicationKind, resume: string | undefined) => {
      if (resume === undefined) return conferences.publishing.publish(member, offer, kind, disk.assertRoom);
      return conferences.publishing.resume(member, parsePubStreamId(resume), offer);
    };

    app.post(
      ROUTES.whip,
      {
        onRequest: gate.only('member'),
        preParsing: takesOnly(SDP),
        schema: {
          tags: ['whip'],
          summary: 'Publishes camera and microphone, or a screen: an SDP offer in, 201 with the answer',
          consumes: [SDP],
          body: Type.String(),
          params: paramsOf(ROUTES.whip),
          querystring: WhipQuery,
          response: { 201: { content: { [SDP]: { schema: Type.String() } } } },
        },
      },
      async (request, reply) => {
        const { type = 'av', resume } = request.query;
        const member = memberOf(gate, request);
        const { pubStreamId, answer, connectionTag } = await negotiate(member, request.body, type, resume);
        const { org, name } = gate.appOf(request);
        const path = pathOf(ROUTES.whipResource, { org, app: name, confrId: request.params.confrId, pubStreamId });
        return sendAnswer(reply, { answer, connectionTag, location: baseUrl() + path }, linksFor(iceServers, member));
      },
    );

    app.options(ROUTES.whip, { onRequest: optionsGate(gate), schema: { hide: true } }, async (request, reply) =>
      sendOptions(reply, bearerOf(request) === undefined ? {} : linksFor(iceServers, memberOf(gate, request))),
    );

    app.delete(
      ROUTES.whipResource,
      {
        onRequest: gate.only('member'),
        schema: {
          tags: ['whip'],
          summary: 'Ends a publication; its recording is finished now',
          params: paramsOf(ROUTES.whipResource),
        },
      },
      async (request, reply) => {
        const member = memberOf(gate, request);
        await conferences.publishing.unpublish(member, ownStream(member, request.params.pubStreamId));
        return reply.code(200).send();
      },
    );

    app.patch(
      ROUTES.whipResource,
      {
        onRequest: gate.only('member'),
        preParsing: takesOnly(SDP_FRAGMENT),
        schema: {
          tags: ['whip'],
          summary: 'Takes further ICE candidates; an ICE restart is refused: POST an offer with ?resume instead',
          consumes: [SDP_FRAGMENT],
          body: Type.String(),
          params: paramsOf(ROUTES.whipResource),
        },
      },
      async (request, reply) => {
        const member = memberOf(gate, request);
        const { pubStreamId } = request.params;
        takeCandidates(request, request.body, () =>
          conferences.publishing.connectionOf(member, ownStream(member, pubStreamId)),
        );
        return reply.code(204).send();
      },
    );
  };
