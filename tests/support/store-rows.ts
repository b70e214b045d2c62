/** Rows for tests: whole ones, of which a test names only what it is about. */
import { randomBytes } from 'node:crypto';
import type { IdSource, RecordingKey, UserName } from '@callreel/contract/ids.ts';
import { makeAccessId, makeConfrId, makeMemberId, makePubStreamId, makeRecordingKey } from '@callreel/contract/ids.ts';
import type { AppRecord, ConferenceRow, MemberRow, NewRecording } from '@callreel/server/store/rows.ts';
import type { Store } from '@callreel/server/store/store.ts';

export const ids: IdSource = { nowMs: Date.now, randomBytes: (count) => randomBytes(count) };

/** A new app of an org and a name that no other test has. */
export const createApp = (store: Store, retentionDays = 30): Promise<AppRecord> => {
  const name = randomBytes(6).toString('hex');
  return store.apps.create({ org: 'acme', name, clientId: 'id', clientSecretHash: randomBytes(32), retentionDays });
};

export const conferenceRow = (appId: number, given: Partial<ConferenceRow> = {}): ConferenceRow => ({
  id: makeConfrId(ids),
  appId,
  type: 'COMMUNICATION',
  password: '',
  rec: true,
  recMerge: false,
  recording: 'recording',
  creator: null,
  settings: {},
  createdAt: new Date(),
  beganAt: null,
  endedAt: null,
  ...given,
});

export const createConference = async (
  store: Store,
  appId: number,
  given: Partial<ConferenceRow> = {},
): Promise<ConferenceRow> => {
  const row = conferenceRow(appId, given);
  await store.conferences.insert(row);
  return row;
};

export const memberRow = (conference: ConferenceRow, ordinal: number, given: Partial<MemberRow> = {}): MemberRow => ({
  id: makeMemberId(conference.id, ordinal),
  confrId: conference.id,
  appId: conference.appId,
  userName: `user${ordinal}` as UserName,
  accessId: makeAccessId(ids),
  role: 'talker',
  muted: false,
  nickname: null,
  ext: null,
  joinedAt: new Date(),
  leftAt: null,
  ...given,
});

/** A recording of the first member's that is begun. */
export const beginWork = (store: Store, { id, appId }: ConferenceRow, key: RecordingKey): Promise<void> =>
  store.recordingWork.begin(key, appId, id, makePubStreamId(ids, 10, makeMemberId(id, 1)));

export const newRecording = (conference: ConferenceRow, given: Partial<NewRecording> = {}): NewRecording => {
  const recordingKey = makeRecordingKey(ids);
  const memberId = makeMemberId(conference.id, 1);
  const isMerged = given.recordType === 'MERGE_ALL';
  return {
    recordingKey,
    appId: conference.appId,
    confrId: conference.id,
    memberId,
    userName: 'user1' as UserName,
    accessId: makeAccessId(ids),
    pubStreamId: isMerged ? null : makePubStreamId(ids, 10, memberId),
    recordType: 'ONLY_REC_ONE_AV',
    objectKey: `acme/app/20190221/${recordingKey}.webm`,
    container: 'webm',
    sizeBytes: 1000,
    durationMs: 1234.5,
    facts: { startMs: 0, endMs: 1234.5 },
    ...given,
  };
};
