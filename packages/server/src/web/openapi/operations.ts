/** What the description says of each call beyond what its route's schemas do: who may make it, and how it may be refused. */
import type { ErrorCode } from '@callreel/contract/errors.ts';
import { ROUTES } from '@callreel/contract/routes.ts';

/** The names of the security schemes. */
export type Credential = 'appToken' | 'userToken' | 'memberToken';

export type Operation = {
  /** Unique and lasting: generated clients name their functions after it. */
  id: string;
  /** One of them is enough; none: the call takes no token. */
  takes: readonly Credential[];
  /** What its good answers mean, by status. */
  answers: Readonly<Record<number, string>>;
  /** Beyond those that every call with a token, or with a body, may get. */
  refusals: readonly ErrorCode[];
  description?: string;
  /** Header fields of the request that change what it does. */
  headers?: readonly string[];
};

/** `answer` is what its 200 means. */
const call = (id: string, takes: Operation['takes'], answer: string, ...refusals: ErrorCode[]): Operation => ({
  id,
  takes,
  answers: { 200: answer },
  refusals,
});

const APP = ['appToken'] as const;
const APP_OR_USER = ['appToken', 'userToken'] as const;
const APP_OR_MEMBER = ['appToken', 'memberToken'] as const;
const ANY = ['appToken', 'userToken', 'memberToken'] as const;
const MEMBER = ['memberToken'] as const;
const USER = ['userToken'] as const;

const MISSING = 'service_resource_not_found';

const LISTING = 'An array, ascending by id; empty where nothing is known of it';
const SPAN: Pick<Operation, 'refusals' | 'description'> = {
  refusals: ['illegal_argument', 'length_exceeds_limit'],
  description: 'By recordTime, which is when a finished file was listed: whoever polls by time or by id misses none.',
};
const FILE: Pick<Operation, 'takes' | 'refusals'> = {
  takes: [],
  refusals: ['forbidden_op', 'gone', 'range_not_satisfiable', 'reach_limit'],
};
const CURRENT = 'What the client has is current';

/** By method and path, as the router has them. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  [`GET ${ROUTES.recordingsOfConference}`]: {
    ...call('listRecordingsOfConference', APP, LISTING),
    description: 'Merged files are among them. A recording is listed once its file is whole and stored.',
  },
  [`GET ${ROUTES.recordingsOfUser}`]: {
    ...call('listRecordingsOfUser', APP, LISTING),
    description: 'Without merged files.',
  },
  [`GET ${ROUTES.recordingsBySpan}`]: { ...call('listRecordingsBySpan', APP, LISTING), ...SPAN },
  [`GET ${ROUTES.mergedBySpan}`]: { ...call('listMergedRecordingsBySpan', APP, LISTING), ...SPAN },
  [`GET ${ROUTES.file}`]: {
    id: 'downloadFile',
    ...FILE,
    answers: { 200: 'The file', 206: 'The part that was asked for', 304: CURRENT },
    headers: ['Range', 'If-None-Match'],
  },
  [`HEAD ${ROUTES.file}`]: {
    id: 'probeFile',
    ...FILE,
    answers: { 200: 'What GET would give, without the file', 304: CURRENT },
    headers: ['If-None-Match'],
  },
  [`POST ${ROUTES.token}`]: call(
    'issueToken',
    [],
    'The token',
    'organization_application_not_found',
    'invalid_grant',
    'reach_limit',
  ),
  [`POST ${ROUTES.revokeToken}`]: call('revokeToken', ANY, 'It is dead, and what it had open ends', MISSING),
  [`POST ${ROUTES.users}`]: call('createUser', APP, 'The user', 'duplicate_unique_property_exists'),
  [`DELETE ${ROUTES.user}`]: call('deleteUser', APP, 'The user as he was', MISSING),
  [`POST ${ROUTES.conferences}`]: call('createConference', APP, 'The conference'),
  [`POST ${ROUTES.ownConferences}`]: {
    ...call('createOwnConference', APP_OR_USER, 'The conference'),
    description: 'A user who creates one is its admin. An application may forbid it to its users.',
  },
  [`GET ${ROUTES.ownConferences}`]: call('findConferences', APP, 'A page', 'illegal_argument'),
  [`GET ${ROUTES.conference}`]: call('getConference', APP, 'The conference', MISSING),
  [`DELETE ${ROUTES.conference}`]: call('dissolveConference', APP, 'It has ended', MISSING),
  [`DELETE ${ROUTES.conferenceUser}`]: call('removeUser', APP, 'He is out', MISSING),
  [`POST ${ROUTES.join}`]: call(
    'joinConference',
    APP_OR_USER,
    'The member, with a token for this conference alone',
    MISSING,
    'talker_limit',
    'audience_limit',
  ),
  [`POST ${ROUTES.member}`]: {
    ...call('changeMember', APP_OR_MEMBER, 'The member as it is now', MISSING, 'talker_limit', 'audience_limit'),
    description: "A member's token must be an admin's.",
  },
  [`DELETE ${ROUTES.member}`]: call('leaveOrRemoveMember', APP_OR_MEMBER, 'He is out', MISSING),
  [`GET ${ROUTES.recordingControl}`]: {
    ...call('getRecordingStatus', APP_OR_MEMBER, 'The state', MISSING),
    description:
      'Also of a conference that is over, as long as its files are kept. The log is left out for members, who hear of each change by the events.',
  },
  [`POST ${ROUTES.recordingControl}`]: {
    ...call('orderRecording', APP_OR_MEMBER, 'The state after it', MISSING, 'conflict'),
    description:
      "A member's token must be an admin's. An order for the conference holds for all its publications and for those that come later; what is stopped is neither paused nor resumed with the others. `stop` finishes a file at once, `start` begins another, `pause` leaves a marked gap in the same one. Ordered twice it is done once.",
  },
  [`POST ${ROUTES.whip}`]: {
    id: 'publish',
    takes: MEMBER,
    answers: { 201: 'The answer; Location is the publication' },
    refusals: ['illegal_argument', 'illegal_sdp', 'video_limit', 'conflict', MISSING],
    description:
      "WHIP (RFC 9725). OPTIONS of the same path with the member's token names the same STUN and TURN servers, for clients that need them before they offer.",
  },
  [`DELETE ${ROUTES.whipResource}`]: call('unpublish', MEMBER, 'It has ended', MISSING),
  [`PATCH ${ROUTES.whipResource}`]: {
    id: 'addCandidates',
    takes: MEMBER,
    answers: { 204: 'Taken' },
    refusals: ['illegal_sdp', MISSING, 'precondition_failed', 'unprocessable', 'precondition_required'],
    headers: ['If-Match'],
  },
  [`GET ${ROUTES.events}`]: {
    id: 'followEvents',
    takes: APP_OR_MEMBER,
    answers: { 101: 'Frames follow: text, one JSON object each, as the schema EventServerFrame says' },
    refusals: ['illegal_argument', MISSING, 'upgrade_required'],
    description:
      'RFC 6455. The token goes among the protocols, or in Authorization, never in the URL. What a client may say is the schema EventClientMessage. See docs/formats/events.md.',
    headers: ['Sec-WebSocket-Protocol'],
  },
  [`POST ${ROUTES.whep}`]: {
    id: 'subscribe',
    takes: MEMBER,
    answers: { 201: 'The answer; Location is the subscription' },
    refusals: ['illegal_sdp', MISSING, 'conflict'],
    description: 'WHEP: an offer to receive one publication, in the codec that it has.',
  },
  [`POST ${ROUTES.whepResource}`]: {
    ...call('changeSubscription', MEMBER, 'The subscription as it is now', MISSING),
    description: 'What is not sent costs the downlink nothing; the connection stays.',
  },
  [`DELETE ${ROUTES.whepResource}`]: call('unsubscribe', MEMBER, 'It has ended', MISSING),
  [`PATCH ${ROUTES.whepResource}`]: {
    id: 'addSubscriptionCandidates',
    takes: MEMBER,
    answers: { 204: 'Taken' },
    refusals: ['illegal_sdp', MISSING, 'precondition_failed', 'unprocessable', 'precondition_required'],
    headers: ['If-Match'],
  },
  [`POST ${ROUTES.calls}`]: {
    ...call('callUser', USER, 'It rings; or there is no call, and why', 'conflict'),
    description:
      "A call of two, to whoever has `users/me/events` open. The caller's own must be open too: the answer is told there. An application may forbid it to its users.",
  },
  [`GET ${ROUTES.userEvents}`]: {
    id: 'followOwnEvents',
    takes: USER,
    answers: { 101: 'Frames follow: text, one JSON object each, as the schema UserServerFrame says' },
    refusals: ['illegal_argument', 'upgrade_required'],
    description:
      'RFC 6455, with the rules of the events of a conference. Calls are accepted, refused and cancelled over it: what a client may say is the schema UserClientMessage. See docs/formats/calls.md.',
    headers: ['Sec-WebSocket-Protocol'],
  },
  [`GET ${ROUTES.ownRecordings}`]: call('findRecordings', APP, 'A page', 'illegal_argument'),
  [`GET ${ROUTES.ownRecording}`]: call('getRecording', APP, 'The recording', MISSING),
  [`GET ${ROUTES.recordingTimeline}`]: {
    ...call('getRecordingTimeline', APP, 'The timeline', MISSING),
    description: 'Of a single recording as of a merged one. See docs/formats/timeline.md.',
  },
  [`DELETE ${ROUTES.ownRecording}`]: call('deleteRecording', APP, 'It is listed no more', MISSING),
  [`GET ${ROUTES.health}`]: call('health', [], 'The process lives'),
  [`GET ${ROUTES.readiness}`]: call('readiness', [], 'It is ready'),
  [`GET ${ROUTES.metrics}`]: {
    ...call('metrics', [], 'What there is, in the text format of Prometheus', 'forbidden_op', 'reach_limit'),
    description:
      'For callers on the machine itself, or with the token that the operator set, as Bearer. No name of an organization or application is in it.',
  },
  [`GET ${ROUTES.openapi}`]: call('describe', [], 'This description'),
};
