/**
 * One-to-one calls: what a user says to ring another, and what passes over the WebSocket of his own events. The rules of that socket are
 * those of a conference's (`events.ts`, `event-protocol.ts`).
 */
import { type Static, type TSchema, Type } from 'typebox';
import { JoinView } from './conference.ts';

const orNull = <Schema extends TSchema>(schema: Schema, description: string) =>
  Type.Union([schema, Type.Null()], { description });

const ext = Type.String({
  maxLength: 1024,
  description: 'Anything that his client has to tell the other; not looked at',
});
const device = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' });
const callId = Type.String({ description: 'A call, from its ringing to its answer' });

export const StartCallBody = Type.Object(
  {
    to: Type.String({ minLength: 1, maxLength: 200, description: 'The user to ring' }),
    device: Type.Optional({
      ...device,
      description: 'Which of your own event sockets calls; the newest one unless given',
    }),
    rec: Type.Optional(Type.Boolean({ description: 'Whether the call is recorded' })),
    recMerge: Type.Optional(Type.Boolean({ description: 'Whether a merged file is made too; implies rec' })),
    ext: Type.Optional(ext),
  },
  { additionalProperties: true },
);
export type StartCallBody = Static<typeof StartCallBody>;

export const StartCallView = Type.Object({
  callId: orNull(Type.String(), 'null: there is no call'),
  state: Type.Enum(['ringing', 'accepted', 'busy', 'offline'], {
    description:
      'ringing: what comes of it is told by your events. accepted: he was ringing you, and you are connected. busy, offline: there is no call',
  }),
});
export type StartCallView = Static<typeof StartCallView>;

/** Why a call came to nothing. */
export const CALL_END_REASONS = ['refused', 'cancelled', 'noAnswer', 'offline', 'failed', 'serviceStops'] as const;
export type CallEndReason = (typeof CALL_END_REASONS)[number];

export const CallInfo = Type.Object({
  callId,
  from: Type.String({ description: 'user1' }),
  to: Type.String({ description: 'user2' }),
  rec: Type.Boolean({ description: 'It will be recorded' }),
  ext: orNull(ext, 'Whatever the client of the caller had to say'),
  endsAtMs: Type.Integer({ description: 'When it is given up, unless it is answered before' }),
});
export type CallInfo = Static<typeof CallInfo>;

export const UserState = Type.Object({
  userName: Type.String({ description: 'user1' }),
  call: orNull(CallInfo, 'The call that rings, whichever of the two he is'),
});
export type UserState = Static<typeof UserState>;

const told = <Kind extends string, Fields extends Record<string, TSchema>>(
  kind: Kind,
  description: string,
  fields: Fields,
) => Type.Object({ kind: Type.Literal(kind), ...fields }, { description });

export const UserEvent = Type.Union([
  told('callRinging', 'Someone rings you, or you ring someone, from whichever device', { call: CallInfo }),
  told('callUp', 'It was accepted: both are members of a conference of two from now on', {
    callId,
    confrId: Type.String(),
    join: orNull(JoinView, 'What joining answers; null: another of your devices has it'),
  }),
  told('callEnded', 'It came to nothing', {
    callId,
    reason: Type.Enum([...CALL_END_REASONS]),
  }),
]);
export type UserEvent = Static<typeof UserEvent>;

const requestId = Type.Optional(Type.String({ maxLength: 64, description: 'Comes back with the answer' }));
const opening = {
  epoch: Type.String({ description: 'Which life of the feed `seq` counts in' }),
  seq: Type.Integer({ description: 'Grows by one with each event of an epoch' }),
  atMs: Type.Integer(),
  device: Type.String({ description: 'Names this socket: give it as `?device=` with `?since=` when you come back' }),
};

export const UserServerFrame = Type.Union([
  told('snapshot', 'The state after event `seq`', { ...opening, state: UserState }),
  told('resumed', 'What was missed follows, from `seq` + 1 on', opening),
  told('event', 'Something happened', { seq: Type.Integer(), atMs: Type.Integer(), event: UserEvent }),
  told('reconnect', 'The node goes away: connect again, after this time', { afterMs: Type.Integer() }),
  told('done', 'What was asked for is done', { id: requestId }),
  told('refused', 'What was asked for is not done', {
    id: requestId,
    error: Type.String({ description: 'As in the body of a refused HTTP call' }),
    description: Type.String(),
  }),
  told('pong', 'The answer to `ping`', { id: requestId }),
]);
export type UserServerFrame = Static<typeof UserServerFrame>;

const ofCall = { id: requestId, callId: Type.String({ maxLength: 64 }) };

export const UserClientMessage = Type.Union([
  told('accept', 'Takes the call that rings; the first of your devices has it', ofCall),
  told('refuse', 'Declines it, for all of your devices', ofCall),
  told('cancel', 'Gives up a call of your own that is not answered yet', ofCall),
  told('ping', 'Is answered with `pong`', { id: requestId }),
]);
export type UserClientMessage = Static<typeof UserClientMessage>;
