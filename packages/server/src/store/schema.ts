/** The tables as the queries see them: column names in camel case, times as Date, int8 as number. */
import type { ConferenceType, PublicationKind, Role } from '@callreel/contract/conference.ts';
import type { AccessId, ConfrId, MemberId, PubStreamId, RecordingKey, UserName } from '@callreel/contract/ids.ts';
import type { Container, RecordType } from '@callreel/contract/recording.ts';
import type { RecordingAction } from '@callreel/contract/recording-control.ts';
import type { RecordingState } from '@callreel/contract/recording-state.ts';
import type { ColumnType, Generated } from 'kysely';
import type { ChronicleNote } from './chronicles.ts';
import type { JsonObject, RemovalReason, RetentionAlarmKind } from './rows.ts';

/** Written as text: the driver would make a PostgreSQL array of a JSON one. */
type Json = ColumnType<JsonObject, string, string>;

export type Schema = {
  app: {
    id: Generated<number>;
    uuid: Generated<string>;
    org: string;
    name: string;
    clientId: string;
    clientSecretHash: Uint8Array;
    retentionDays: number;
    usersMayCreate: Generated<boolean>;
  };
  appCounter: {
    appId: number;
    n: Generated<number>;
    lastTime: Generated<Date>;
    /** Null before the first file. */
    keptDays: Generated<number | null>;
    keptDaysBefore: Generated<number | null>;
  };
  retentionEra: { appId: number; fromId: number; fromTime: Date; retentionDays: number };
  appUser: { appId: number; name: UserName; passwordHash: string };
  token: {
    hash: Uint8Array;
    appId: number;
    kind: 'app' | 'user' | 'member';
    userName: UserName | null;
    confrId: ConfrId | null;
    memberId: MemberId | null;
    expiresAt: Date | null;
    revokedAt: Date | null;
    /** The hash of the token that it was got with, and dies with. */
    parent: Generated<Uint8Array | null>;
  };
  conference: {
    id: ConfrId;
    appId: number;
    type: ConferenceType;
    password: string;
    rec: boolean;
    recMerge: boolean;
    recording: RecordingState;
    creator: UserName | null;
    settings: Json;
    createdAt: Date;
    beganAt: Date | null;
    endedAt: Date | null;
    latestAt: Date;
  };
  member: {
    id: MemberId;
    confrId: ConfrId;
    appId: number;
    userName: UserName;
    accessId: AccessId;
    role: Role;
    muted: Generated<boolean>;
    nickname: string | null;
    ext: string | null;
    joinedAt: Date;
    leftAt: Date | null;
  };
  publication: {
    id: PubStreamId;
    confrId: ConfrId;
    memberId: MemberId;
    kind: PublicationKind;
    startedAt: Date;
    endedAt: Date | null;
  };
  /** What happened in a conference, some of it a row. */
  chronicle: { id: Generated<number>; confrId: ConfrId; notes: ColumnType<ChronicleNote[], string, never> };
  recording: {
    appId: number;
    id: number;
    recordTime: Date;
    expireTime: Date;
    recordingKey: RecordingKey;
    confrId: ConfrId;
    confrType: ConferenceType;
    confrBeginTime: Date;
    confrEndTime: Date | null;
    memberId: MemberId;
    userName: UserName;
    accessId: AccessId;
    pubStreamId: PubStreamId | null;
    recordType: RecordType;
    objectKey: string;
    container: Container;
    sizeBytes: number;
    durationMs: number;
    facts: Json;
    /** Null for a merged recording. */
    report: ColumnType<JsonObject | null, string | null, never>;
    /** Null unless it is being removed. */
    removalAt: Generated<Date | null>;
    removalReason: Generated<RemovalReason | null>;
  };
  recordingTombstone: {
    appId: number;
    id: number;
    recordingKey: RecordingKey;
    recordTime: Date;
    reason: RemovalReason;
    removedAt: Date;
  };
  retentionClock: { bootId: string; wallTime: Date; sinceBootMs: number };
  retentionAlarm: {
    kind: RetentionAlarmKind;
    appId: number;
    detail: string;
    raisedAt: Date;
    confirmedAt: Date | null;
  };
  recordingWork: {
    recordingKey: RecordingKey;
    appId: number;
    confrId: ConfrId;
    begunAt: Generated<Date>;
    settledAt: Date | null;
    /** Null: begun by an earlier version. */
    pubStreamId: PubStreamId | null;
    /** Why there is no file; null where there is one, or may yet be. */
    emptyReason: Generated<string | null>;
  };
  recordingOrder: {
    confrId: ConfrId;
    id: Generated<number>;
    at: Date;
    action: RecordingAction;
    pubStreamId: PubStreamId | null;
    memberId: MemberId | null;
    userName: UserName | null;
  };
  merge: { confrId: ConfrId; recordingKey: RecordingKey; begunAt: Generated<Date>; finishedAt: Date | null };
  conferenceBan: { confrId: ConfrId; userName: UserName };
  linkKey: { id: string; key: Uint8Array; createdAt: Generated<Date>; retiredAt: Date | null };
};
