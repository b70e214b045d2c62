/** Which class of call a route is: what it counts as, and whether it is served when there is no room for more. */
import { ROUTES } from '@callreel/contract/routes.ts';
import type { FastifyRequest } from 'fastify';

export type CallClass =
  | 'retrieval'
  | 'management'
  | 'joins'
  /** Goes on with what a member has, or frees it: counted for him alone, and served under any load. */
  | 'own'
  /** Is asked by whoever watches over the service, and served under any load. */
  | 'probe';

/** Every route that is not here is of the class `management`. */
const CLASSES: Readonly<Record<string, CallClass>> = {
  [`GET ${ROUTES.recordingsOfConference}`]: 'retrieval',
  [`GET ${ROUTES.recordingsOfUser}`]: 'retrieval',
  [`GET ${ROUTES.recordingsBySpan}`]: 'retrieval',
  [`GET ${ROUTES.mergedBySpan}`]: 'retrieval',
  [`GET ${ROUTES.ownRecordings}`]: 'retrieval',
  [`GET ${ROUTES.ownRecording}`]: 'retrieval',
  [`GET ${ROUTES.recordingTimeline}`]: 'retrieval',
  [`POST ${ROUTES.join}`]: 'joins',
  [`POST ${ROUTES.whip}`]: 'joins',
  [`GET ${ROUTES.events}`]: 'joins',
  [`POST ${ROUTES.calls}`]: 'joins',
  [`GET ${ROUTES.userEvents}`]: 'joins',
  [`DELETE ${ROUTES.whipResource}`]: 'own',
  [`PATCH ${ROUTES.whipResource}`]: 'own',
  [`DELETE ${ROUTES.member}`]: 'own',
  [`POST ${ROUTES.whep}`]: 'joins',
  [`POST ${ROUTES.whepResource}`]: 'own',
  [`DELETE ${ROUTES.whepResource}`]: 'own',
  [`PATCH ${ROUTES.whepResource}`]: 'own',
  [`GET ${ROUTES.health}`]: 'probe',
  [`GET ${ROUTES.readiness}`]: 'probe',
  [`GET ${ROUTES.metrics}`]: 'probe',
};

export const classOf = ({ method, routeOptions }: FastifyRequest): CallClass =>
  CLASSES[`${method === 'HEAD' ? 'GET' : method} ${routeOptions.url}`] ?? 'management';
