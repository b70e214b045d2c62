/** A socket over which a user is rung, and hears what becomes of his calls. */
import type { UserClientMessage } from '@callreel/contract/calls.ts';
import type { JoinView } from '@callreel/contract/conference.ts';
import type { EventCursor } from '@callreel/contract/events.ts';
import type { ConfrId } from '@callreel/contract/ids.ts';
import type { Device, LineFrame } from '../../calls/user-lines.ts';
import type { Joined } from '../../conference/conferences.ts';
import type { AppRecord } from '../../store/rows.ts';
import type { CallsPort } from '../calls-port.ts';
import { readUserClientMessage } from './client-messages.ts';
import type { Told } from './event-socket.ts';
import type { Seat } from './seat.ts';

/** What joining answers, with its URLs. */
export type ViewJoin = (app: AppRecord, confrId: ConfrId, joined: Joined) => JoinView;

/** As this device is told it: a member's token is for the one that called or accepted, and no other. */
const frameFor = ({ app, id: device }: Device, frame: LineFrame, viewJoin: ViewJoin): Told => {
  if (frame.kind !== 'event') return { ...frame, device };
  const { event } = frame;
  if (event.kind !== 'callUp') return frame;
  const { kind, callId, confrId } = event;
  const join = event.device === device ? viewJoin(app, confrId, event.joined) : null;
  return { ...frame, event: { kind, callId, confrId, join } };
};

export const userSeat = (
  calls: Pick<CallsPort, 'follow' | 'answer'>,
  device: Device,
  since: EventCursor | undefined,
  viewJoin: ViewJoin,
): Seat => {
  const carryOut = async ({ kind, callId }: Exclude<UserClientMessage, { kind: 'ping' }>): Promise<void> =>
    calls.answer(device, callId, kind);

  return {
    ...{ kind: 'user', appId: device.app.id, token: device.token, holder: `user ${device.app.id} ${device.userName}` },
    place: { device: device.id },
    begin: [(socket) => calls.follow(device, since, (frame) => socket.tell(frameFor(device, frame, viewJoin)))],
    read: (text) => {
      const message = readUserClientMessage(text);
      if (message === undefined) return undefined;
      const id = message.id === undefined ? {} : { id: message.id };
      return message.kind === 'ping'
        ? { ...id, kind: 'ping' }
        : { ...id, kind: 'request', carryOut: () => carryOut(message) };
    },
  };
};
