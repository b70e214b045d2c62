import type { CreateConferenceBody } from '@callreel/contract/conference.ts';
import type { ConfrId, UserName } from '@callreel/contract/ids.ts';
import type { AppRecord, ConferenceRow } from '../store/rows.ts';
import type { ConferenceTimers } from './conference-timers.ts';
import { beginLife } from './life.ts';
import type { LiveConference } from './live-conference.ts';
import { readConferenceSettings, readConferenceType } from './settings.ts';

export type NewConference = {
  id: ConfrId;
  app: AppRecord;
  body: CreateConferenceBody;
  creator: UserName | undefined;
  createdAt: Date;
  timers: ConferenceTimers;
};

/** Nobody has come yet. */
export const newConference = ({ id, app, body, creator, createdAt, timers }: NewConference): LiveConference => ({
  id,
  app,
  type: readConferenceType(body),
  password: body.password ?? '',
  rec: (body.rec ?? false) || (body.recMerge ?? false),
  recMerge: body.recMerge ?? false,
  creator: creator ?? null,
  settings: readConferenceSettings(body),
  createdAt,
  began: null,
  life: beginLife('waiting'),
  members: new Map(),
  publications: new Map(),
  memberOrdinal: 0,
  banned: new Set(),
  timers,
});

/** As the store keeps a new one. */
export const conferenceRow = (conference: LiveConference): ConferenceRow => {
  const { id, app, type, password, rec, recMerge, creator, settings, createdAt } = conference;
  return {
    ...{ id, appId: app.id, type, password, rec, recMerge, creator, settings, createdAt },
    beganAt: null,
    endedAt: null,
  };
};
