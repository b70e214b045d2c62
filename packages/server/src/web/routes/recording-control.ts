/** Recording by hand: what is recorded, who ordered it, and orders. */
import { parsePubStreamId } from '@callreel/contract/ids.ts';
import { RecordingOrderBody, RecordingStatus, RecordingStatusWithLog } from '@callreel/contract/recording-control.ts';
import { ROUTES } from '@callreel/contract/routes.ts';
import { adminOrApp } from '../admin-or-app.ts';
import { takeJson } from '../bodies.ts';
import type { ConferencesPort } from '../conferences-port.ts';
import type { Gate } from '../gate.ts';
import type { DiskRoom } from '../load/disk-room.ts';
import { paramsOf, type Routes } from '../web-app.ts';
import { confrIdIn } from './conferences.ts';

export type RecordingControlParts = { gate: Gate; conferences: ConferencesPort; disk: DiskRoom };

export const recordingControlRoutes =
  ({ gate, conferences, disk }: RecordingControlParts): Routes =>
  async (app) => {
    takeJson(app);

    app.get(
      ROUTES.recordingControl,
      {
        onRequest: gate.only('app', 'member'),
        schema: {
          tags: ['recordings'],
          summary: 'What of a conference is recorded now and, for the application, who ordered it',
          params: paramsOf(ROUTES.recordingControl),
          response: { 200: RecordingStatusWithLog },
        },
      },
      async (request) => {
        const owner = gate.appOf(request);
        const confrId = confrIdIn(request.params);
        const { recording } = conferences;
        const isApp = gate.holderOf(request).kind === 'app';
        return isApp ? recording.statusWithLog(owner, confrId) : recording.status(owner, confrId);
      },
    );

    app.post(
      ROUTES.recordingControl,
      {
        onRequest: [gate.only('app', 'member'), adminOrApp(gate, conferences)],
        schema: {
          tags: ['recordings'],
          summary: 'Starts, stops, pauses or resumes the recording of a conference, or of one publication',
          params: paramsOf(ROUTES.recordingControl),
          body: RecordingOrderBody,
          response: { 200: RecordingStatus },
        },
      },
      async (request) => {
        const { action, pubStreamId } = request.body;
        const holder = gate.holderOf(request);
        const order = {
          action,
          pubStreamId: pubStreamId === undefined ? null : parsePubStreamId(pubStreamId),
          by: holder.kind === 'member' ? holder : ('app' as const),
        };
        return conferences.recording.order(gate.appOf(request), confrIdIn(request.params), order, disk.assertRoom);
      },
    );
  };
