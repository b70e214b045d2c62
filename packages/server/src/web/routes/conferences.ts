/** The vendor's calls for conferences, and our own that creates one. */
import {
  ConferencePage,
  ConferenceQuery,
  ConferenceView,
  ConferenceWithMembers,
  CreateConferenceBody,
} from '@callreel/contract/conference.ts';
import { DONE, DoneView } from '@callreel/contract/done.ts';
import { type ConfrId, parseConfrId, type UserName } from '@callreel/contract/ids.ts';
import { ROUTES } from '@callreel/contract/routes.ts';
import type { FastifyRequest } from 'fastify';
import type { AppRecord } from '../../store/rows.ts';
import type { Store } from '../../store/store.ts';
import { takeJson } from '../bodies.ts';
import { conferenceSummary, cursorAfterConference, readConferenceQuery } from '../conference-query.ts';
import type { ConferencesPort } from '../conferences-port.ts';
import { WebError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import { readUserName } from '../names.ts';
import type { DisplayTime } from '../times.ts';
import type { Verified } from '../tokens.ts';
import { paramsOf, type Routes } from '../web-app.ts';

export type ConferenceRouteParts = {
  gate: Gate;
  conferences: ConferencesPort;
  search: Store['conferenceSearch'];
  time: DisplayTime;
};

/** An id of another form is that of no conference. */
export const confrIdIn = (params: { confrId: string }): ConfrId => {
  const confrId = parseConfrId(params.confrId);
  if (confrId === undefined) throw WebError.noSuch('conference');
  return confrId;
};

/** Who will be the conference's admin: a user who creates it himself, or whom the app names. */
const creatorOf = (app: AppRecord, holder: Verified, body: CreateConferenceBody): UserName | undefined => {
  const named = body.creator === undefined ? undefined : readUserName(app, body.creator);
  if (body.creator !== undefined && named === undefined) {
    throw WebError.illegalArgument('creator', 'the name of a user of this application');
  }
  if (holder.kind === 'app') return named;
  if (named !== undefined && named !== holder.userName)
    throw WebError.forbidden('A user creates a conference for himself alone');
  return holder.userName;
};

export const conferenceRoutes =
  ({ gate, conferences, search, time }: ConferenceRouteParts): Routes =>
  async (app) => {
    takeJson(app);
    const usersMayCreate = async (request: FastifyRequest): Promise<void> => {
      const allowed = gate.holderOf(request).kind === 'app' || gate.appOf(request).usersMayCreate;
      if (!allowed) throw WebError.forbidden('This application lets no user create conferences');
    };

    const createSchema = {
      tags: ['conferences'],
      summary: 'Creates a conference',
      body: CreateConferenceBody,
      response: { 200: ConferenceView },
    };

    app.post(
      ROUTES.conferences,
      { onRequest: gate.only('app'), schema: { ...createSchema, params: paramsOf(ROUTES.conferences) } },
      async (request) => {
        const owner = gate.appOf(request);
        return conferences.create(owner, request.body, creatorOf(owner, gate.holderOf(request), request.body));
      },
    );

    app.post(
      ROUTES.ownConferences,
      {
        onRequest: [gate.only('app', 'user'), usersMayCreate],
        schema: { ...createSchema, params: paramsOf(ROUTES.ownConferences) },
      },
      async (request) => {
        const owner = gate.appOf(request);
        return conferences.create(owner, request.body, creatorOf(owner, gate.holderOf(request), request.body));
      },
    );

    app.get(
      ROUTES.ownConferences,
      {
        onRequest: gate.only('app'),
        schema: {
          tags: ['conferences'],
          summary: 'Finds conferences by state and time of creation, the newest first',
          params: paramsOf(ROUTES.ownConferences),
          querystring: ConferenceQuery,
          response: { 200: ConferencePage },
        },
      },
      async (request): Promise<ConferencePage> => {
        const owner = gate.appOf(request);
        const { filter, limit } = readConferenceQuery(request.query, time);
        // One more than is shown tells whether there is another page.
        const rows = await search.newest(owner.id, filter, limit + 1);
        const shown = rows.slice(0, limit);
        const last = shown.at(-1);
        return {
          conferences: shown.map((row) => conferenceSummary(row, owner, time)),
          ...(last && rows.length > limit && { cursor: cursorAfterConference(last) }),
        };
      },
    );

    app.get(
      ROUTES.conference,
      {
        onRequest: gate.only('app'),
        schema: {
          tags: ['conferences'],
          summary: 'A conference and who is in it',
          params: paramsOf(ROUTES.conference),
          response: { 200: ConferenceWithMembers },
        },
      },
      async (request) => conferences.view(gate.appOf(request), confrIdIn(request.params)),
    );

    app.delete(
      ROUTES.conference,
      {
        onRequest: gate.only('app'),
        schema: {
          tags: ['conferences'],
          summary: 'Ends a conference for everyone; its recordings are finished and kept',
          params: paramsOf(ROUTES.conference),
          response: { 200: DoneView },
        },
      },
      async (request) => {
        await conferences.dissolve(gate.appOf(request), confrIdIn(request.params));
        return DONE;
      },
    );

    app.delete(
      ROUTES.conferenceUser,
      {
        onRequest: gate.only('app'),
        schema: {
          tags: ['conferences'],
          summary: 'Removes a user from a conference for as long as it lasts',
          params: paramsOf(ROUTES.conferenceUser),
          response: { 200: DoneView },
        },
      },
      async (request) => {
        const owner = gate.appOf(request);
        const confrId = confrIdIn(request.params);
        const userName = readUserName(owner, request.params.userName);
        if (userName === undefined) throw WebError.noSuch('member');
        await conferences.kick(owner, confrId, userName);
        return DONE;
      },
    );
  };
