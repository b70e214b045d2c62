/**
 * What passes over the WebSocket of a conference: the server's frames, the events in them, and what a client may say. Closed lists:
 * whoever reads them can be exhaustive. Times are milliseconds since 1970, by the server's clock.
 */
import { type Static, type TSchema, Type } from 'typebox';
import { AUDIO_CODEC_NAMES, VIDEO_CODEC_NAMES } from './conference.ts';
import { IceServer } from './ice-server.ts';
import { RecordingState } from './recording-state.ts';

export * from './event-protocol.ts';
export { RecordingState } from './recording-state.ts';

const oneOf = <const Names extends string[]>(names: readonly [...Names], description?: string) =>
  Type.Enum<Names>(names, { ...(description !== undefined && { description }) });
const orNull = <Schema extends TSchema>(schema: Schema, description: string) =>
  Type.Union([schema, Type.Null()], { description });

const memberId = Type.String({ description: "A user's stay in the conference" });
const pubStreamId = Type.String({ description: 'A publication' });
const role = oneOf(['audience', 'talker', 'admin']);

/** Why a member, a publication or a conference ended. */
export const END_REASONS = [
  'unpublished',
  'left',
  'kicked',
  'tokenRevoked',
  'roleLowered',
  'connectionLost',
  'mediaProcessDied',
  'serverStopped',
  'dissolved',
  'nobodyCame',
  'expired',
] as const;
export type EndReason = (typeof END_REASONS)[number];
const reason = oneOf(END_REASONS, 'Why it ended');

export const MemberInfo = Type.Object({
  memberId,
  userName: Type.String({ description: 'user1' }),
  nickname: orNull(Type.String(), 'What to show of him, where he said so at his join'),
  ext: orNull(Type.String(), 'Whatever his client had to say of him at his join; not looked at'),
  role,
  muted: Type.Boolean({ description: 'An admin or the application silenced his microphone' }),
  lost: Type.Boolean({ description: 'No sign of him: he is out when his hold of 45 s is over' }),
});
export type MemberInfo = Static<typeof MemberInfo>;

export const PublicationInfo = Type.Object({
  pubStreamId,
  memberId,
  kind: oneOf(['av', 'desktop'], 'Camera and microphone, or a shared screen'),
  audio: orNull(oneOf(AUDIO_CODEC_NAMES), 'The codec of its sound; null: it has none'),
  video: orNull(oneOf(VIDEO_CODEC_NAMES), 'The codec of its picture; null: it has none'),
  audioOff: Type.Boolean({ description: 'Its publisher switched the sound off' }),
  videoOff: Type.Boolean({ description: 'Its publisher switched the picture off' }),
  lost: Type.Boolean({ description: 'Its connection is lost; it may be resumed within its hold of 45 s' }),
  recording: RecordingState,
});
export type PublicationInfo = Static<typeof PublicationInfo>;

/** All there is to know of a conference at one moment: what a snapshot holds, and what events change. */
export const ConferenceState = Type.Object({
  confrId: Type.String(),
  beganAtMs: orNull(Type.Integer(), 'The first join; null: nobody came yet'),
  recording: RecordingState,
  members: Type.Array(MemberInfo, { description: 'In the order in which they joined' }),
  publications: Type.Array(PublicationInfo, { description: 'In the order in which they were published' }),
  speaking: Type.Array(memberId, { description: 'Whose microphone has speech in it' }),
  closed: orNull(reason, 'null: it goes on'),
});
export type ConferenceState = Static<typeof ConferenceState>;

const event = <Kind extends string, Fields extends Record<string, TSchema>>(
  kind: Kind,
  description: string,
  fields: Fields,
) => Type.Object({ kind: Type.Literal(kind), ...fields }, { description });

export const ConferenceEvent = Type.Union([
  event('conferenceBegan', 'The first member is in', { beganAtMs: Type.Integer() }),
  event('memberJoined', 'A member is in', { member: MemberInfo }),
  event('memberLeft', 'A member is out; what he published ended before', { memberId, reason }),
  event('memberLost', 'No sign of a member: he is out in 45 s, unless he comes back', { memberId }),
  event('memberBack', 'He is there again', { memberId }),
  event('memberMuted', 'An admin or the application silenced a member, or no longer', {
    memberId,
    muted: Type.Boolean(),
  }),
  event('roleChanged', 'A member has another role', { memberId, role }),
  event('publicationAdded', 'A member publishes', { publication: PublicationInfo }),
  event('publicationLost', 'Its connection is lost; its recording waits for it', { pubStreamId }),
  event('publicationResumed', 'It goes on, in the same recording', { pubStreamId }),
  event('publicationMuted', 'What its own publisher says of its sound and picture', {
    pubStreamId,
    audioOff: Type.Boolean(),
    videoOff: Type.Boolean(),
  }),
  event('publicationEnded', 'A publication is over', {
    pubStreamId,
    memberId,
    reason,
    publishAnew: Type.Boolean({ description: 'It was no wish of its member: he should publish again, now' }),
  }),
  event('recordingChanged', 'What is recorded', {
    pubStreamId: orNull(pubStreamId, 'null: the conference as a whole'),
    state: RecordingState,
  }),
  event('recordingEmpty', 'A recording is over, and there will be no file of it', {
    pubStreamId,
    reason: Type.String({
      description: 'nothingReceived, nothingDecodable, nothingWritten or paused (for all of its time); more may come',
    }),
  }),
  event('speaking', 'Who speaks now, all of them; at most a few times a second', { memberIds: Type.Array(memberId) }),
  event('conferenceClosed', 'The conference is over for all who were in it; nothing follows', { reason }),
]);
export type ConferenceEvent = Static<typeof ConferenceEvent>;

const requestId = Type.Optional(Type.String({ maxLength: 64, description: 'Of the message that this answers' }));
const epoch = Type.String({
  description: "Which life of the conference's feed `seq` counts in; another after a restart",
});
const seq = Type.Integer({ description: 'Grows by one with each event of an epoch' });
/** What both openings bear. */
const opening = {
  ...{ epoch, seq, atMs: Type.Integer() },
  you: orNull(memberId, "The member whose token it is; null: the application's"),
  iceServers: Type.Array(IceServer, {
    description:
      "STUN and TURN servers to connect by, with the member's own credentials; good from now on, for a while",
  }),
};

/** What the server sends. The first frame is a snapshot, or `resumed` where `?since=` could be met. */
export const ServerFrame = Type.Union([
  event('snapshot', 'The state after event `seq`', { ...opening, state: ConferenceState }),
  event('resumed', 'What was missed follows, from `seq` + 1 on; the state is the one you had', opening),
  event('event', 'Something happened', { seq, atMs: Type.Integer(), event: ConferenceEvent }),
  event('reconnect', 'The node goes away: connect again, after this time', { afterMs: Type.Integer() }),
  event('done', 'What was asked for is done', { id: requestId }),
  event('refused', 'What was asked for is not done', {
    id: requestId,
    error: Type.String({ description: 'As in the body of a refused HTTP call' }),
    description: Type.String(),
  }),
  event('pong', 'The answer to `ping`', { id: requestId }),
]);
export type ServerFrame = Static<typeof ServerFrame>;
export type EventFrame = Extract<ServerFrame, { kind: 'event' }>;

const ownId = Type.Optional(Type.String({ maxLength: 64, description: 'Comes back with the answer' }));

/** What a client may send, as JSON text of at most 16 KiB. Fields that are not known are ignored; another kind closes the socket. */
export const ClientMessage = Type.Union([
  event('mute', 'Tells the others that the sound or picture of an own publication is off, or on again', {
    id: ownId,
    pubStreamId: Type.String({ maxLength: 100 }),
    audioOff: Type.Optional(Type.Boolean()),
    videoOff: Type.Optional(Type.Boolean()),
  }),
  event('leave', 'Ends your stay now, as DELETE of the member does', { id: ownId }),
  event('ping', 'Is answered with `pong`', { id: ownId }),
]);
export type ClientMessage = Static<typeof ClientMessage>;
