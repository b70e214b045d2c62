/** The four retrieval calls. What is unknown to them is an empty list and no error. */
import { parseConfrId } from '@callreel/contract/ids.ts';
import { RecordingView } from '@callreel/contract/recording.ts';
import { type ParamName, ROUTES } from '@callreel/contract/routes.ts';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { SpanRow } from '../../store/rows.ts';
import type { Store } from '../../store/store.ts';
import { takeJson } from '../bodies.ts';
import type { Gate } from '../gate.ts';
import type { Links } from '../links.ts';
import { readUserName } from '../names.ts';
import { recordingView } from '../recording-view.ts';
import { readSpan } from '../span.ts';
import type { DisplayTime } from '../times.ts';
import { paramsOf, type Routes } from '../web-app.ts';

export type RecordingRouteParts = { gate: Gate; recordings: Store['recordings']; links: Links; time: DisplayTime };

type SpanRoute = typeof ROUTES.recordingsBySpan | typeof ROUTES.mergedBySpan;

export const recordingRoutes =
  ({ gate, recordings, links, time }: RecordingRouteParts): Routes =>
  async (app) => {
    takeJson(app);

    const list = async (request: FastifyRequest, found: Promise<SpanRow[]>): Promise<RecordingView[]> => {
      const [rows, link] = await Promise.all([found, links.signer()]);
      const means = { app: gate.appOf(request), time, link };
      return rows.map((row) => recordingView(row, means));
    };

    const optionsOf = <Route extends Parameters<typeof paramsOf>[0]>(route: Route, summary: string) => ({
      onRequest: gate.only('app'),
      schema: { tags: ['recordings'], summary, params: paramsOf(route), response: { 200: Type.Array(RecordingView) } },
    });

    app.get(
      ROUTES.recordingsOfConference,
      optionsOf(ROUTES.recordingsOfConference, 'All files of a conference, ascending by id'),
      async (request) => {
        const confrId = parseConfrId(request.params.confrId);
        return confrId ? list(request, recordings.byConference(gate.appOf(request).id, confrId)) : [];
      },
    );

    app.get(
      ROUTES.recordingsOfUser,
      optionsOf(ROUTES.recordingsOfUser, "One user's files in a conference"),
      async (request) => {
        const owner = gate.appOf(request);
        const confrId = parseConfrId(request.params.confrId);
        const userName = readUserName(owner, request.params.userName);
        return confrId && userName ? list(request, recordings.byMember(owner.id, confrId, userName)) : [];
      },
    );

    const spanHandler =
      (find: (appId: number, params: Record<ParamName<SpanRoute>, string>) => Promise<SpanRow[]>) =>
      async (request: FastifyRequest): Promise<RecordingView[]> =>
        list(request, find(gate.appOf(request).id, request.params as Record<ParamName<SpanRoute>, string>));

    app.get(
      ROUTES.recordingsBySpan,
      optionsOf(ROUTES.recordingsBySpan, 'A page of all files listed in a span of time, ascending by id'),
      spanHandler((appId, params) => {
        const { begin, end, startId, length } = readSpan(params, time);
        return recordings.bySpan(appId, begin, end, startId, length);
      }),
    );

    app.get(
      ROUTES.mergedBySpan,
      optionsOf(ROUTES.mergedBySpan, 'A page of the merged files listed in a span of time, ascending by id'),
      spanHandler((appId, params) => {
        const { begin, end, startId, length } = readSpan(params, time);
        return recordings.mergedBySpan(appId, begin, end, startId, length);
      }),
    );
  };
