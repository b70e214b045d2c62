/** A conference while it runs: what the service keeps in memory of it. The store holds what must outlive the process. */
import type { ConferenceType, PublicationKind, Role, VideoCodecName } from '@callreel/contract/conference.ts';
import type { AccessId, ConfrId, MemberId, PubStreamId, RecordingKey, UserName } from '@callreel/contract/ids.ts';
import type { AppRecord } from '../store/rows.ts';

/** What was asked for at creation, with the defaults filled in. */
export type ConferenceSettings = {
  confrDelayMs: number;
  defaultRole: Role;
  allowAudienceTalk: boolean;
  /** In order of preference. */
  videoCodecs: VideoCodecName[];
  maxTalkers: number;
  maxVideos: number;
  maxAudience: number;
};

/** Milliseconds on the monotonic clock and since 1970, of one and the same moment. */
export type Moment = { monotonicMs: number; wallMs: number };

export type LiveConference = {
  readonly id: ConfrId;
  readonly app: AppRecord;
  readonly type: ConferenceType;
  readonly password: string;
  readonly rec: boolean;
  readonly recMerge: boolean;
  readonly creator: UserName | null;
  readonly settings: ConferenceSettings;
  readonly createdAt: Date;
  /** The first join: conference time 0. */
  began: Moment | null;
  readonly members: Map<MemberId, LiveMember>;
  /** Counts every member there ever was, so that ids are not given twice. */
  memberOrdinal: number;
  readonly banned: Set<UserName>;
  /** Dissolves it when nobody came in time, or when its longest life is over. */
  endTimer: NodeJS.Timeout | undefined;
};

export type LiveMember = {
  readonly id: MemberId;
  readonly userName: UserName;
  readonly accessId: AccessId;
  role: Role;
  readonly publications: Map<PubStreamId, LivePublication>;
  /** Ends a member whose every connection was lost with a process that died. */
  holdTimer: NodeJS.Timeout | undefined;
};

export type LivePublication = {
  readonly id: PubStreamId;
  readonly kind: PublicationKind;
  readonly recordingKey: RecordingKey | null;
  connection: PublicationConnection;
};

/** `held`: the connection was lost and may be resumed until the timer fires. */
export type PublicationConnection =
  | { kind: 'connecting' }
  | { kind: 'live' }
  | { kind: 'held'; timer: NodeJS.Timeout }
  | { kind: 'ending' };

const CONFERENCE_TYPE_CODES_BY_NAME = { COMMUNICATION: 10, COMMUNICATION_MIX: 11, LIVE: 12, CONFR: 10 } as const;

export const conferenceTypeCode = (type: ConferenceType): number => CONFERENCE_TYPE_CODES_BY_NAME[type];

export const publicationsOf = (conference: LiveConference): LivePublication[] =>
  [...conference.members.values()].flatMap((member) => [...member.publications.values()]);

export const countRole = (conference: LiveConference, audience: boolean): number =>
  [...conference.members.values()].filter((member) => (member.role === 'audience') === audience).length;
