/** The paths of the REST interface, in one place: for the router and for everyone who builds a URL. */

export const ROUTES = {
  page: '/',
  health: '/healthz',
  readiness: '/readyz',
  metrics: '/metrics',
  openapi: '/openapi.json',
  docs: '/docs',
  file: '/files/*',
  token: '/:org/:app/token',
  users: '/:org/:app/users',
  user: '/:org/:app/users/:username',
  conferences: '/:org/:app/conferences',
  conference: '/:org/:app/conferences/:confrId',
  conferenceUser: '/:org/:app/conferences/:confrId/:userName',
  recordingsOfConference: '/:org/:app/audio/:confrId',
  recordingsOfUser: '/:org/:app/audio/:userName/:confrId',
  recordingsBySpan: '/:org/:app/audio/:beginTime/:endTime/:startId/:length',
  mergedBySpan: '/:org/:app/audio/merge/:beginTime/:endTime/:startId/:length',
  ownConferences: '/v1/:org/:app/conferences',
  join: '/v1/:org/:app/conferences/:confrId/join',
  member: '/v1/:org/:app/conferences/:confrId/members/:memberId',
  recordingControl: '/v1/:org/:app/conferences/:confrId/recording',
  whip: '/v1/:org/:app/conferences/:confrId/whip',
  whipResource: '/v1/:org/:app/conferences/:confrId/whip/:pubStreamId',
  events: '/v1/:org/:app/conferences/:confrId/events',
  whep: '/v1/:org/:app/conferences/:confrId/publications/:pubStreamId/whep',
  whepResource: '/v1/:org/:app/conferences/:confrId/publications/:pubStreamId/whep/:subscriptionId',
  calls: '/v1/:org/:app/calls',
  userEvents: '/v1/:org/:app/users/me/events',
  ownRecordings: '/v1/:org/:app/recordings',
  ownRecording: '/v1/:org/:app/recordings/:id',
  recordingTimeline: '/v1/:org/:app/recordings/:id/timeline',
  revokeToken: '/v1/:org/:app/tokens/revoke',
} as const;

/** The names of the parameters in a route. */
export type ParamName<Route extends string> = Route extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParamName<`/${Rest}`>
  : Route extends `${string}:${infer Name}`
    ? Name
    : never;

/** The path of a route with its parameters filled in, encoded. */
export const pathOf = <Route extends string>(route: Route, params: Record<ParamName<Route>, string>): string =>
  route.replace(/:([A-Za-z]+)/g, (_, name: ParamName<Route>) => encodeURIComponent(params[name]));
