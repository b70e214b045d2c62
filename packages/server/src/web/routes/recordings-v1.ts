/** Our own calls for recordings: search, facts, deletion. What is unknown to them is a 404. */
import { DONE, DoneView } from '@callreel/contract/done.ts';
import type { RecordingKey } from '@callreel/contract/ids.ts';
import { RecordingPage, RecordingQuery, ReportedRecording } from '@callreel/contract/recording.ts';
import { ROUTES } from '@callreel/contract/routes.ts';
import { RecordingTimeline } from '@callreel/contract/timeline.ts';
import type { FastifyRequest } from 'fastify';
import type { Store } from '../../store/store.ts';
import { takeJson } from '../bodies.ts';
import { WebError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import type { Links } from '../links.ts';
import { recordingDetails, reportedRecording } from '../recording-details.ts';
import { cursorAfter, readRecordingQuery } from '../recording-query.ts';
import type { ViewMeans } from '../recording-view.ts';
import { recordingTimeline } from '../timeline/recording-timeline.ts';
import type { DisplayTime } from '../times.ts';
import { paramsOf, type Routes } from '../web-app.ts';

export type OwnRecordingRouteParts = {
  gate: Gate;
  store: Pick<Store, 'chronicles' | 'conferences' | 'recordings' | 'recordingSearch' | 'removals'>;
  links: Links;
  time: DisplayTime;
  /** It is marked; nothing but its removal is left to do. */
  onRecordingDeleted: (recordingKey: RecordingKey) => void;
};

const ID = /^[1-9]\d{0,14}$/;

/** An id of another form is that of no recording. */
const idIn = (params: { id: string }): number => {
  if (!ID.test(params.id)) throw WebError.noSuch('recording');
  return Number(params.id);
};

export const ownRecordingRoutes =
  ({ gate, store, links, time, onRecordingDeleted }: OwnRecordingRouteParts): Routes =>
  async (app) => {
    takeJson(app);

    const meansFor = async (request: FastifyRequest): Promise<ViewMeans> => ({
      app: gate.appOf(request),
      time,
      link: await links.signer(),
    });

    app.get(
      ROUTES.ownRecordings,
      {
        onRequest: gate.only('app'),
        schema: {
          tags: ['recordings'],
          summary: 'Finds recordings, the newest first; expired and deleted ones are left out',
          params: paramsOf(ROUTES.ownRecordings),
          querystring: RecordingQuery,
          response: { 200: RecordingPage },
        },
      },
      async (request): Promise<RecordingPage> => {
        const means = await meansFor(request);
        const wanted = readRecordingQuery(request.query, means.app, time);
        if (wanted.kind === 'none') return { recordings: [] };
        const { filter, limit } = wanted;
        // One more than is shown tells whether there is another page.
        const rows = await store.recordingSearch.newest(means.app.id, filter, limit + 1);
        const shown = rows.slice(0, limit);
        const last = shown.at(-1);
        return {
          recordings: shown.map((row) => recordingDetails(row, means)),
          ...(last && rows.length > limit && { cursor: cursorAfter(last) }),
        };
      },
    );

    app.get(
      ROUTES.ownRecording,
      {
        onRequest: gate.only('app'),
        schema: {
          tags: ['recordings'],
          summary: 'A recording, the facts of its file, and how complete it is',
          params: paramsOf(ROUTES.ownRecording),
          response: { 200: ReportedRecording },
        },
      },
      async (request) => {
        const means = await meansFor(request);
        const id = idIn(request.params);
        const row = await store.recordingSearch.byId(means.app.id, id);
        if (row === undefined) throw WebError.noSuch('recording');
        return reportedRecording(row, await store.recordingSearch.reportOf(means.app.id, id), means);
      },
    );

    app.get(
      ROUTES.recordingTimeline,
      {
        onRequest: gate.only('app'),
        schema: {
          tags: ['recordings'],
          summary: 'Who was there, published, was silenced and spoke, in the times of the file',
          params: paramsOf(ROUTES.recordingTimeline),
          response: { 200: RecordingTimeline },
        },
      },
      async (request) => {
        const owner = gate.appOf(request);
        const recording = await store.recordingSearch.byId(owner.id, idIn(request.params));
        if (recording === undefined) throw WebError.noSuch('recording');
        const { confrId } = recording;
        const [members, publications, notes, recordings, reports] = await Promise.all([
          store.conferences.members(confrId),
          store.conferences.publications(confrId),
          store.chronicles.of(confrId),
          store.recordings.byConference(owner.id, confrId),
          store.recordingSearch.reportsOf(owner.id, confrId),
        ]);
        return recordingTimeline({ app: owner, recording, members, publications, notes, recordings, reports });
      },
    );

    app.delete(
      ROUTES.ownRecording,
      {
        onRequest: gate.only('app'),
        schema: {
          tags: ['recordings'],
          summary: 'Deletes a recording for good: out of every listing and its link dead at once, its file soon after',
          params: paramsOf(ROUTES.ownRecording),
          response: { 200: DoneView },
        },
      },
      async (request) => {
        const { id: appId } = gate.appOf(request);
        const recordingKey = await store.removals.beginDeleted(appId, idIn(request.params), new Date());
        if (recordingKey === undefined) throw WebError.noSuch('recording');
        onRecordingDeleted(recordingKey);
        return DONE;
      },
    );
  };
