/** A socket over which a conference is followed, by a member or by the application. */
import type { ClientMessage, EndReason, EventClose, EventCursor } from '@callreel/contract/events.ts';
import type { IceServer } from '@callreel/contract/ice-server.ts';
import { type ConfrId, parsePubStreamId } from '@callreel/contract/ids.ts';
import type { MemberRef } from '../../conference/conferences.ts';
import type { FeedFrame } from '../../conference/event-feed.ts';
import type { IceServers } from '../../conference/ice-servers.ts';
import type { ConferencesPort } from '../conferences-port.ts';
import { WebError } from '../errors.ts';
import { readClientMessage } from './client-messages.ts';
import type { EventSocket } from './event-socket.ts';
import type { Seat } from './seat.ts';

export type ConferencePlace = {
  appId: number;
  confrId: ConfrId;
  /** Undefined: the application itself. */
  member: MemberRef | undefined;
  token: string;
};

/** Where a member's end is told to himself. */
const CLOSE_FOR: Readonly<Record<EndReason, EventClose>> = {
  unpublished: 'left',
  left: 'left',
  kicked: 'kicked',
  tokenRevoked: 'tokenRevoked',
  roleLowered: 'kicked',
  connectionLost: 'connectionLost',
  mediaProcessDied: 'connectionLost',
  serverStopped: 'serviceStops',
  dissolved: 'conferenceClosed',
  nobodyCame: 'conferenceClosed',
  expired: 'conferenceClosed',
};

/** Who follows, and what he may connect by at the moment. */
type Reader = { you: string | null; iceServers: () => readonly IceServer[] };

const tell = (socket: EventSocket, { you, iceServers }: Reader, frame: FeedFrame): void => {
  socket.tell(frame.kind === 'event' ? frame : { ...frame, you, iceServers: iceServers() });
  if (frame.kind !== 'event') return;
  const { event } = frame;
  if (event.kind === 'memberLeft' && event.memberId === you) socket.close(CLOSE_FOR[event.reason]);
  if (event.kind === 'conferenceClosed') socket.close('conferenceClosed');
};

/** Beginning to follow throws ConferenceError `notFound` where the conference is gone meanwhile. */
export const conferenceSeat = (
  { conferences, iceServers }: { conferences: Pick<ConferencesPort, 'events' | 'leave'>; iceServers: IceServers },
  { appId, confrId, member, token }: ConferencePlace,
  since: EventCursor | undefined,
): Seat => {
  const { events } = conferences;
  const you = member?.memberId ?? null;
  // The application takes no part in the call.
  const reader = { you, iceServers: () => (member ? iceServers.for(member.memberId) : []) };

  const carryOut = async (message: Exclude<ClientMessage, { kind: 'ping' }>): Promise<void> => {
    if (member === undefined) throw WebError.forbidden("This is a member's to say");
    switch (message.kind) {
      case 'leave':
        return conferences.leave(member);
      case 'mute': {
        const stream = parsePubStreamId(message.pubStreamId);
        if (stream === undefined) throw WebError.noSuch('publication');
        return events.switchTracks(member, stream, message);
      }
    }
  };

  return {
    ...{ appId, token, kind: member ? 'member' : 'app', holder: you ?? `app ${appId}`, place: { confrId } },
    begin: [
      ...(member ? [() => events.attend(member)] : []),
      (socket) => events.follow(appId, confrId, since, (frame) => tell(socket, reader, frame)),
    ],
    read: (text) => {
      const message = readClientMessage(text);
      if (message === undefined) return undefined;
      const id = message.id === undefined ? {} : { id: message.id };
      return message.kind === 'ping'
        ? { ...id, kind: 'ping' }
        : { ...id, kind: 'request', carryOut: () => carryOut(message) };
    },
  };
};
