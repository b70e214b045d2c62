/** What the store takes and hands out. */
import type { ConferenceType, PublicationKind, Role } from '@callreel/contract/conference.ts';
import type { AccessId, ConfrId, MemberId, PubStreamId, RecordingKey, UserName } from '@callreel/contract/ids.ts';
import type { Container, RecordType } from '@callreel/contract/recording.ts';
import type { RecordingAction } from '@callreel/contract/recording-control.ts';
import type { RecordingState } from '@callreel/contract/recording-state.ts';

/** Facts without a column of their own; kept as JSON. */
export type JsonObject = Record<string, unknown>;

/** A tenant. Its names are kept as given and found whatever their case. */
export type AppRecord = {
  id: number;
  uuid: string;
  org: string;
  name: string;
  clientId: string;
  retentionDays: number;
  /** Whether users create conferences with their own tokens. */
  usersMayCreate: boolean;
};

export type NewApp = {
  org: string;
  name: string;
  clientId: string;
  /** SHA-256. */
  clientSecretHash: Uint8Array;
  /** 30 unless given. */
  retentionDays?: number;
};

export type UserRecord = { name: UserName; passwordHash: string };

export type TokenSubject =
  | { kind: 'app' }
  | { kind: 'user'; userName: UserName }
  | { kind: 'member'; userName: UserName; confrId: ConfrId; memberId: MemberId };

export type TokenRecord = {
  appId: number;
  subject: TokenSubject;
  /** Null: never. */
  expiresAt: Date | null;
  revokedAt: Date | null;
};

export type ConferenceRow = {
  id: ConfrId;
  appId: number;
  type: ConferenceType;
  /** Empty: none. */
  password: string;
  rec: boolean;
  recMerge: boolean;
  /** What holds for those publications that come from now on; `stopped` where it is over. */
  recording: RecordingState;
  creator: UserName | null;
  settings: JsonObject;
  createdAt: Date;
  /** The first join. */
  beganAt: Date | null;
  /** The last leave, or when it was dissolved. */
  endedAt: Date | null;
};

export type MemberRow = {
  id: MemberId;
  confrId: ConfrId;
  appId: number;
  userName: UserName;
  accessId: AccessId;
  role: Role;
  /** An admin or the application silenced him. */
  muted: boolean;
  /** What to show of him, and whatever else his client says of him to the others. */
  nickname: string | null;
  ext: string | null;
  joinedAt: Date;
  leftAt: Date | null;
};

export type PublicationRow = {
  id: PubStreamId;
  confrId: ConfrId;
  memberId: MemberId;
  kind: PublicationKind;
  startedAt: Date;
  endedAt: Date | null;
};

/** An order to start or stop recording by hand. */
export type RecordingOrderRow = {
  confrId: ConfrId;
  at: Date;
  action: RecordingAction;
  /** Null: the conference as a whole. */
  pubStreamId: PubStreamId | null;
  /** Who gave it; both null: the application. */
  memberId: MemberId | null;
  userName: UserName | null;
};

/** A finished file that is stored, before it is listed. */
export type NewRecording = {
  recordingKey: RecordingKey;
  appId: number;
  confrId: ConfrId;
  memberId: MemberId;
  userName: UserName;
  accessId: AccessId;
  /** Null for a merged recording. */
  pubStreamId: PubStreamId | null;
  recordType: RecordType;
  /** Where the object store has it. */
  objectKey: string;
  container: Container;
  sizeBytes: number;
  durationMs: number;
  /** startMs, endMs, video, audio and what else is known of it. */
  facts: JsonObject;
  /** How complete it is, as a RecordingReport; a merged recording has none. Rows that are read do not hold it. */
  report?: JsonObject;
};

/** A listed file. */
export type RecordingRow = Omit<NewRecording, 'report'> & {
  /** Grows within an app, with recordTime. */
  id: number;
  /** When it was listed. */
  recordTime: Date;
  /** recordTime and the app's retention at that time. */
  expireTime: Date;
  confrType: ConferenceType;
  confrBeginTime: Date;
  /** Of a conference that still runs: its latest known moment. */
  confrEndTime: Date;
};

/** What the calls by time show of a listed file. */
export type SpanRow = Omit<RecordingRow, 'recordingKey' | 'container' | 'sizeBytes' | 'durationMs' | 'facts'>;

export type LinkKey = { id: string; key: Uint8Array };

/** Its time was over, or its app ordered it. */
export type RemovalReason = 'expired' | 'deleted';

/** A file that is on its way out: no listing shows it, its object may or may not be there still. */
export type RecordingInRemoval = { recordingKey: RecordingKey; objectKey: string };

/**
 * `clock`: the clock cannot be trusted. `share`: too many of an app's files would go at once, and not for their age, or too many of those to go
 * are not in the store.
 */
export type RetentionAlarmKind = 'clock' | 'share';

export type RetentionAlarm = {
  kind: RetentionAlarmKind;
  /** 0 for an alarm that is no app's. */
  appId: number;
  /** For the operator: names the cause. */
  detail: string;
  raisedAt: Date;
  /** When an operator said that all is well: the next sweep goes on. */
  confirmedAt: Date | null;
};

/** The clocks of a machine at one moment. */
export type ClockMark = { bootId: string; wallTime: Date; sinceBootMs: number };
