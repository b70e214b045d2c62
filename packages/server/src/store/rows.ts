/** What the store takes and hands out. */
import type { ConferenceType, PublicationKind, Role } from '@callreel/contract/conference.ts';
import type { AccessId, ConfrId, MemberId, PubStreamId, RecordingKey, UserName } from '@callreel/contract/ids.ts';
import type { Container, RecordType } from '@callreel/contract/recording.ts';

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
};

/** A listed file. */
export type RecordingRow = NewRecording & {
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

export type LinkKey = { id: string; key: Uint8Array };
