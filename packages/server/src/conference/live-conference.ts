/** A conference while it runs: what the service keeps in memory of it. The store holds what must outlive the process. */
import type {
  AudioCodecName,
  ConferenceType,
  PublicationKind,
  Role,
  VideoCodecName,
} from '@callreel/contract/conference.ts';
import type { RecordingState } from '@callreel/contract/events.ts';
import type {
  AccessId,
  ConfrId,
  MemberId,
  PubStreamId,
  RecordingKey,
  SubscriptionId,
  UserName,
} from '@callreel/contract/ids.ts';
import type { AppRecord } from '../store/rows.ts';
import type { ConferenceTimers } from './conference-timers.ts';
import type { ConferenceLife } from './life.ts';

/** What was asked for at creation, with the defaults filled in. */
export type ConferenceSettings = {
  confrDelayMs: number;
  defaultRole: Role;
  /** Whether an admin may let a listener speak. The application always may. */
  allowAudienceTalk: boolean;
  /** In order of preference. */
  videoCodecs: VideoCodecName[];
  maxTalkers: number;
  /** Publications with video. */
  maxVideos: number;
  maxAudience: number;
  /** The name it is joined by; most have none. */
  roomName?: string;
};

/** Milliseconds on the monotonic clock and since 1970, of one and the same moment. */
export type Moment = { monotonicMs: number; wallMs: number };

export type LiveConference = {
  readonly id: ConfrId;
  readonly app: AppRecord;
  readonly type: ConferenceType;
  readonly password: string;
  /** As it was asked for at creation. */
  readonly rec: boolean;
  readonly recMerge: boolean;
  /** What holds for those publications that come from now on; each that is live has its own. */
  recording: RecordingState;
  readonly creator: UserName | null;
  readonly settings: ConferenceSettings;
  readonly createdAt: Date;
  /** The first join: conference time 0. */
  began: Moment | null;
  /** Who is in, as what, and what of it is held: changed by `step` alone. */
  life: ConferenceLife;
  /** Whoever is in `life`. */
  readonly members: Map<MemberId, LiveMember>;
  /** Whatever is in `life`. */
  readonly publications: Map<PubStreamId, LivePublication>;
  readonly subscriptions: Map<SubscriptionId, LiveSubscription>;
  /** Of the latest member: no id is given twice. */
  memberOrdinal: number;
  readonly banned: Set<UserName>;
  readonly timers: ConferenceTimers;
};

export type LiveMember = {
  readonly id: MemberId;
  readonly userName: UserName;
  readonly accessId: AccessId;
  /** What to show of him, and whatever else his client says of him; others are told. */
  readonly nickname: string | null;
  readonly ext: string | null;
  /** An admin or the application silenced his microphone. */
  muted: boolean;
};

export type LivePublication = {
  readonly id: PubStreamId;
  readonly memberId: MemberId;
  readonly kind: PublicationKind;
  /** Null: it is not recorded, and `recording` is `stopped`. */
  recordingKey: RecordingKey | null;
  readonly hasVideo: boolean;
  /** The codecs; null: it has no such track. */
  readonly audio: AudioCodecName | null;
  readonly video: VideoCodecName | null;
  /** As its publisher says of it. */
  audioOff: boolean;
  videoOff: boolean;
  recording: RecordingState;
  connection: PublicationConnection;
};

/** What a member receives. */
export type LiveSubscription = {
  readonly id: SubscriptionId;
  readonly memberId: MemberId;
  readonly publicationId: PubStreamId;
  readonly connection: PublicationConnection;
  /** Sound and picture, as far as the publication has them. */
  sends: { audio: boolean; video: boolean };
};

export type PublicationConnection = {
  /** Names it: another offer, another tag. */
  tag: string;
  /** What its peer's ICE goes by (RFC 8839). */
  iceUfrag: string;
};

/** No conference outlives a day: `expireDate` says so, and member tokens end with it. */
export const LONGEST_LIFE_MS = 24 * 3600 * 1000;

export const latestEndOf = ({ createdAt }: LiveConference): Date => new Date(createdAt.getTime() + LONGEST_LIFE_MS);

/** When it ends by itself: nobody came within its delay, or a day is over. */
export const expiryOf = (conference: LiveConference): Date => {
  if (conference.life.phase !== 'waiting') return latestEndOf(conference);
  return new Date(conference.createdAt.getTime() + conference.settings.confrDelayMs);
};

const CONFERENCE_TYPE_CODES_BY_NAME = { COMMUNICATION: 10, COMMUNICATION_MIX: 11, LIVE: 12, CONFR: 10 } as const;

export const conferenceTypeCode = (type: ConferenceType): number => CONFERENCE_TYPE_CODES_BY_NAME[type];

export const roleIn = ({ life }: LiveConference, memberId: MemberId): Role | undefined =>
  life.members.get(memberId)?.role;

/** How many listen, or how many may speak. */
export const countRole = ({ life }: LiveConference, audience: boolean): number =>
  [...life.members.values()].filter(({ role }) => (role === 'audience') === audience).length;

export const countVideos = ({ publications }: LiveConference): number =>
  [...publications.values()].filter(({ hasVideo }) => hasVideo).length;
