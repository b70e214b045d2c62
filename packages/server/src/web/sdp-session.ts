/** What WHIP (RFC 9725) and WHEP have in common: an offer makes a session, whose resource the answer names; both take the member's token. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { MemberRef } from '../conference/conferences.ts';
import type { IceServers } from '../conference/ice-servers.ts';
import type { PublicationConnection } from '../conference/live-conference.ts';
import { WebError } from './errors.ts';
import { bearerOf, type Gate } from './gate.ts';
import { iceServerLinks } from './ice-server-links.ts';
import { assertSession, noRestart, readSdpFragment } from './trickle.ts';

export const SDP = 'application/sdp';
export const SDP_FRAGMENT = 'application/trickle-ice-sdpfrag';

/** An offer is taken here, a fragment or JSON there, and never the one for the other: 415, before the body is looked at. For `preParsing`. */
export const takesOnly =
  (type: string) =>
  async (request: FastifyRequest): Promise<void> => {
    const given = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
    if (given === type) return;
    throw WebError.of('unsupported_media_type', `This call takes a body of Content-Type ${type}`);
  };

/** Names the ICE session, as PATCH refers to it (RFC 9725, section 4.3): another connection is another session. */
const sessionTag = (connectionTag: string): string => `"${connectionTag}"`;

/** Of a route whose gate lets members alone pass. */
export const memberOf = (gate: Gate, request: FastifyRequest): MemberRef => {
  const holder = gate.holderOf(request);
  if (holder.kind !== 'member')
    throw new TypeError("request: the gate of its route takes others than a member's token");
  return holder;
};

export type Links = { link?: string[] };

/** The STUN and TURN servers that a member may use (RFC 9725, section 4.6). */
export const linksFor = (iceServers: IceServers, { memberId }: MemberRef): Links => {
  const link = iceServerLinks(iceServers.for(memberId));
  return link.length === 0 ? {} : { link };
};

/** What an endpoint takes it tells anyone; TURN servers, a member alone. */
export const optionsGate = (gate: Gate) => {
  const memberAlone = gate.only('member');
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (bearerOf(request) !== undefined) await memberAlone(request, reply);
  };
};

type Made = { answer: string; connectionTag: string; location: string };

/** 201, with where and how to go on. */
export const sendAnswer = (
  reply: FastifyReply,
  { answer, connectionTag, location }: Made,
  links: Links,
): FastifyReply =>
  reply
    .code(201)
    .headers({ location, etag: sessionTag(connectionTag), 'accept-patch': SDP_FRAGMENT, ...links })
    .type(SDP)
    .serializer((text: string) => text)
    .send(answer);

export const sendOptions = (reply: FastifyReply, links: Links): FastifyReply =>
  reply
    .code(204)
    .headers({ allow: 'OPTIONS, POST', 'accept-post': SDP, ...links })
    .send();

/**
 * Further candidates of a session: they are learnt from the peer's own checks, so that no offer can aim ours at hosts of its choosing.
 * `connectionOf` finds the session once the fragment is read.
 */
export const takeCandidates = (
  request: FastifyRequest,
  fragment: string,
  connectionOf: () => PublicationConnection,
): void => {
  const { iceUfrag } = readSdpFragment(fragment);
  const session = connectionOf();
  assertSession(request.headers['if-match'], sessionTag(session.tag));
  // Other credentials are another ICE session, whatever the tag says (RFC 8445, section 9).
  if (session.iceUfrag !== iceUfrag) throw noRestart();
};
