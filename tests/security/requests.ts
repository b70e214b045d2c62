/** What is sent for each row of the table: a call that goes well for whoever may make it. */
import { ROUTES } from '@callreel/contract/routes.ts';
import { EMEDIA_PATHS } from '@callreel/server/web/emedia/paths.ts';
import { type Call, OFFER_ICE, OFFER_SDP, RECEIVE_SDP } from '../api/web-fixture.ts';
import { PASSWORD, SPARE_USER, type World } from './world.ts';

/** `path` from the root; its names in braces are those of the route. */
export type Sent = Omit<Call, 'method' | 'token'> & { path: string };

/** `token`: that of whoever calls. */
type Request = (world: World, token: string | undefined) => Sent;

const SPAN = '20190101000000/20991231235959/0/100';
const SDP = { 'content-type': 'application/sdp' };

const at =
  (path: (world: World) => string, json?: (world: World, token: string | undefined) => unknown): Request =>
  (world, token) => ({ path: path(world), ...(json && { json: json(world, token) }) });

const fileOf = (url: string): URL => new URL(url);

const conference = ({ base, confrId }: World): string => `/${base}/conferences/${confrId}`;
const own = (world: World): string => `/v1${conference(world)}`;
const stream = (world: World): string => `${own(world)}/whip/${world.pubStreamId}`;
const events = (world: World): string => `${own(world)}/events`;
const recordingOf = (world: World): string => `${own(world)}/recording`;
const othersRecording = ({ base, otherConfrId }: World): string => `/v1/${base}/conferences/${otherConfrId}/recording`;
const calls = ({ base }: World): string => `/v1/${base}/calls`;
const userEvents = ({ base }: World): string => `/v1/${base}/users/me/events`;
const ownMember = (world: World): string => `${own(world)}/members/${world.member.memberId}`;

const credentials = (app: World['app'], secretOf = app) => ({
  grant_type: 'client_credentials',
  client_id: app.clientId,
  client_secret: secretOf.clientSecret,
});

const file = at(({ recording }) => fileOf(recording.url).pathname + fileOf(recording.url).search);
const unsigned = at(({ recording }) => fileOf(recording.url).pathname);
const othersSignature = at(
  ({ recording, otherRecording }) => fileOf(recording.url).pathname + fileOf(otherRecording.url).search,
);
const revokePath = ({ base }: World): string => `/v1/${base}/tokens/revoke`;
const joinPath = (world: World): string => `${own(world)}/join`;
const tokenPath = ({ base }: World): string => `/${base}/token`;

/** As the vendor's web SDK says who its user is. */
const userOf = ({ app }: World, token = 'none') => ({ uid: `${app.org}#${app.name}_una`, token });
/** An access token is none. */
const withRoleToken = (path: string, json: object): Request =>
  at(
    () => path,
    ({ confrId }, token) => ({ confrId, roleToken: token ?? '', ...json }),
  );

/** By the name of the row. */
export const REQUESTS: Readonly<Record<string, Request>> = {
  [`GET ${ROUTES.recordingsOfConference}`]: at(({ base, confrId }) => `/${base}/audio/${confrId}`),
  [`GET ${ROUTES.recordingsOfUser}`]: at(({ base, confrId }) => `/${base}/audio/user1/${confrId}`),
  [`GET ${ROUTES.recordingsBySpan}`]: at(({ base }) => `/${base}/audio/${SPAN}`),
  [`GET ${ROUTES.mergedBySpan}`]: at(({ base }) => `/${base}/audio/merge/${SPAN}`),
  [`GET ${ROUTES.ownRecordings}`]: at(({ base }) => `/v1/${base}/recordings`),
  [`GET ${ROUTES.ownRecording}`]: at(({ base, recording }) => `/v1/${base}/recordings/${recording.id}`),
  [`GET ${ROUTES.recordingTimeline}`]: at(({ base, recording }) => `/v1/${base}/recordings/${recording.id}/timeline`),
  [`DELETE ${ROUTES.ownRecording}`]: at(({ base, recording }) => `/v1/${base}/recordings/${recording.id}`),

  [`GET ${ROUTES.file}`]: file,
  [`GET ${ROUTES.file} (unsigned)`]: unsigned,
  [`GET ${ROUTES.file} (another file's signature)`]: othersSignature,
  [`HEAD ${ROUTES.file}`]: file,
  [`HEAD ${ROUTES.file} (unsigned)`]: unsigned,

  [`POST ${ROUTES.token}`]: at(tokenPath, ({ app }) => credentials(app)),
  [`POST ${ROUTES.token} (wrong secret)`]: at(tokenPath, ({ app }) => ({ ...credentials(app), client_secret: 'x' })),
  [`POST ${ROUTES.token} (another app's secret)`]: at(tokenPath, ({ app, other }) => credentials(app, other)),
  [`POST ${ROUTES.revokeToken} (itself)`]: at(revokePath, (_, token) => ({ token: token ?? 'YWMt' })),
  [`POST ${ROUTES.revokeToken} (a user's)`]: at(revokePath, ({ spareToken }) => ({ token: spareToken })),
  [`POST ${ROUTES.revokeToken} (another app's)`]: at(revokePath, ({ tokens }) => ({ token: tokens.otherAppsUser })),

  [`POST ${ROUTES.users}`]: at(
    ({ base }) => `/${base}/users`,
    () => ({ username: 'new', password: 'secret' }),
  ),
  [`DELETE ${ROUTES.user}`]: at(({ base }) => `/${base}/users/${SPARE_USER}`),

  [`POST ${ROUTES.conferences}`]: at(
    ({ base }) => `/${base}/conferences`,
    () => ({}),
  ),
  [`POST ${ROUTES.ownConferences}`]: at(
    ({ base }) => `/v1/${base}/conferences`,
    () => ({}),
  ),
  [`POST ${ROUTES.ownConferences} (in an app that forbids it to users)`]: at(
    ({ base }) => `/v1/${base}/conferences`,
    () => ({}),
  ),
  [`GET ${ROUTES.ownConferences}`]: at(({ base }) => `/v1/${base}/conferences`),
  [`GET ${ROUTES.conference}`]: at(conference),
  [`GET ${ROUTES.conference} (another app's)`]: at(({ base, otherConfrId }) => `/${base}/conferences/${otherConfrId}`),
  [`DELETE ${ROUTES.conference}`]: at(conference),
  [`DELETE ${ROUTES.conference} (another app's)`]: at(
    ({ base, otherConfrId }) => `/${base}/conferences/${otherConfrId}`,
  ),
  [`DELETE ${ROUTES.conferenceUser}`]: at((world) => `${conference(world)}/mia`),

  [`POST ${ROUTES.join}`]: at(joinPath, () => ({ userName: 'una', password: PASSWORD })),
  [`POST ${ROUTES.join} (as an admin)`]: at(joinPath, () => ({ userName: 'una', password: PASSWORD, role: 'admin' })),
  [`POST ${ROUTES.join} (without the password)`]: at(joinPath, () => ({ userName: 'una' })),
  [`POST ${ROUTES.member}`]: at(ownMember, () => ({ role: 'audience' })),
  [`DELETE ${ROUTES.member}`]: at(ownMember),
  [`GET ${ROUTES.recordingControl}`]: at(recordingOf),
  [`GET ${ROUTES.recordingControl} (another app's)`]: at(othersRecording),
  [`POST ${ROUTES.recordingControl}`]: at(recordingOf, () => ({ action: 'stop' })),
  [`POST ${ROUTES.recordingControl} (another app's)`]: at(othersRecording, () => ({ action: 'stop' })),
  [`POST ${ROUTES.whip}`]: ({ member }) => ({ path: member.whip, body: OFFER_SDP, headers: SDP }),
  [`POST ${ROUTES.whip} (going on with the member's)`]: ({ member, pubStreamId }) => ({
    path: `${member.whip}?resume=${pubStreamId}`,
    body: OFFER_SDP,
    headers: SDP,
  }),
  [`DELETE ${ROUTES.whipResource}`]: at(stream),
  [`PATCH ${ROUTES.whipResource}`]: (world) => ({
    path: stream(world),
    body: OFFER_ICE,
    headers: { 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': world.etag },
  }),

  [`GET ${ROUTES.events}`]: (world) => ({ path: events(world), webSocket: true }),
  [`GET ${ROUTES.events} (as no WebSocket)`]: at(events),
  [`GET ${ROUTES.events} (from another origin's page)`]: (world) => ({
    ...{ path: events(world), webSocket: true, headers: { origin: 'https://evil.example' } },
  }),
  [`GET ${ROUTES.events} (another app's)`]: ({ base, otherConfrId }) => ({
    ...{ path: `/v1/${base}/conferences/${otherConfrId}/events`, webSocket: true },
  }),

  [`POST ${ROUTES.whep}`]: (world) => ({
    path: `${own(world)}/publications/${world.pubStreamId}/whep`,
    body: RECEIVE_SDP,
    headers: SDP,
  }),
  [`POST ${ROUTES.whepResource}`]: at(
    ({ subscription }) => subscription.path,
    () => ({ video: false }),
  ),
  [`DELETE ${ROUTES.whepResource}`]: at(({ subscription }) => subscription.path),
  [`PATCH ${ROUTES.whepResource}`]: ({ subscription }) => ({
    path: subscription.path,
    body: OFFER_ICE,
    headers: { 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': subscription.etag },
  }),
  [`POST ${ROUTES.calls}`]: at(calls, () => ({ to: 'mia' })),
  [`POST ${ROUTES.calls} (in an app that forbids it to users)`]: at(calls, () => ({ to: 'mia' })),
  [`GET ${ROUTES.userEvents}`]: (world) => ({ path: userEvents(world), webSocket: true }),
  [`GET ${ROUTES.userEvents} (as no WebSocket)`]: at(userEvents),
  [`GET ${ROUTES.userEvents} (from another origin's page)`]: (world) => ({
    ...{ path: userEvents(world), webSocket: true, headers: { origin: 'https://evil.example' } },
  }),

  [`POST ${EMEDIA_PATHS.ticket}`]: at(
    () => EMEDIA_PATHS.ticket,
    (world, token) => ({ ...userOf(world, token), confrId: world.confrId, password: PASSWORD }),
  ),
  [`POST ${EMEDIA_PATHS.ticket} (without the password)`]: at(
    () => EMEDIA_PATHS.ticket,
    (world, token) => ({ ...userOf(world, token), confrId: world.confrId }),
  ),
  [`POST ${EMEDIA_PATHS.ticket} (another app's)`]: at(
    () => EMEDIA_PATHS.ticket,
    (world, token) => ({ ...userOf(world, token), confrId: world.otherConfrId, password: PASSWORD }),
  ),
  [`POST ${EMEDIA_PATHS.select}`]: at(
    () => EMEDIA_PATHS.select,
    (world, token) => ({ ...userOf(world, token), confrId: world.confrId, password: PASSWORD }),
  ),
  [`POST ${EMEDIA_PATHS.room}`]: at(
    ({ base }) => `/${base}/conferences/room`,
    (world, token) => {
      const { uid: memName, token: given } = userOf(world, token);
      return { roomName: 'room', memName, token: given };
    },
  ),
  [`POST ${EMEDIA_PATHS.kick}`]: withRoleToken(EMEDIA_PATHS.kick, { uids: ['mia'] }),
  [`POST ${EMEDIA_PATHS.disband}`]: withRoleToken(EMEDIA_PATHS.disband, {}),
  [`POST ${EMEDIA_PATHS.roles}`]: withRoleToken(EMEDIA_PATHS.roles, { uids: ['mia'], role: 1 }),
  [`POST ${EMEDIA_PATHS.degrade}`]: withRoleToken(EMEDIA_PATHS.degrade, { uids: ['mia'], role: 1 }),
  [`POST ${EMEDIA_PATHS.attributes}`]: withRoleToken(EMEDIA_PATHS.attributes, { cattrs: [] }),
  [`POST ${EMEDIA_PATHS.liveSettings}`]: withRoleToken(EMEDIA_PATHS.liveSettings, {}),
  [`POST ${EMEDIA_PATHS.liveLayout}`]: withRoleToken(EMEDIA_PATHS.liveLayout, {}),
  [`DELETE ${EMEDIA_PATHS.liveEnd}`]: withRoleToken(EMEDIA_PATHS.liveEnd, {}),
  [`GET ${EMEDIA_PATHS.socket}`]: () => ({ path: EMEDIA_PATHS.socket, webSocket: true }),
  [`GET ${EMEDIA_PATHS.socket} (from another origin's page)`]: () => ({
    ...{ path: EMEDIA_PATHS.socket, webSocket: true, headers: { origin: 'https://evil.example' } },
  }),
  [`GET ${EMEDIA_PATHS.quality}`]: (_, token) => ({
    ...{ path: `${EMEDIA_PATHS.quality}?access_token=${token ?? ''}`, webSocket: true },
  }),

  [`GET ${ROUTES.page}`]: at(() => ROUTES.page),
  [`GET ${ROUTES.docs}`]: at(() => ROUTES.docs),
  'GET /assets/*': at(() => '/assets/console/icon.svg'),
  [`GET ${ROUTES.openapi}`]: at(() => ROUTES.openapi),
  [`GET ${ROUTES.health}`]: at(() => ROUTES.health),
  [`GET ${ROUTES.readiness}`]: at(() => ROUTES.readiness),
  [`GET ${ROUTES.metrics}`]: at(() => ROUTES.metrics),
  [`GET ${ROUTES.metrics} (through a proxy)`]: () => ({
    path: ROUTES.metrics,
    headers: { 'x-forwarded-for': '127.0.0.1' },
  }),
};
