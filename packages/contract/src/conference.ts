/** What conferences, members and publications are, on the wire and in the service. */
import { type Static, Type } from 'typebox';
import { RecordingState } from './recording-state.ts';

/** The vendor's conference types, by their number on the wire. */
export const CONFERENCE_TYPE_CODES = { COMMUNICATION: 10, COMMUNICATION_MIX: 11, LIVE: 12 } as const;
export type GroupConferenceType = keyof typeof CONFERENCE_TYPE_CODES;
/** `CONFR` is a one-to-one call. */
export type ConferenceType = GroupConferenceType | 'CONFR';

/** The vendor's roles, by their number on the wire. */
export const ROLE_CODES = { audience: 1, talker: 3, admin: 7 } as const;
export type Role = keyof typeof ROLE_CODES;

/** Camera and microphone together, or a shared screen. */
export type PublicationKind = 'av' | 'desktop';

/** In the order in which they are taken of a sender that offers several, unless the conference has an order of its own. */
export const VIDEO_CODEC_NAMES = ['VP8', 'H264', 'VP9', 'AV1', 'H265'] as const;
export type VideoCodecName = (typeof VIDEO_CODEC_NAMES)[number];

/** Sound is Opus; G.711, which gateways to telephones send, only where no Opus is offered. */
export const AUDIO_CODEC_NAMES = ['opus', 'PCMU', 'PCMA'] as const;
export type AudioCodecName = (typeof AUDIO_CODEC_NAMES)[number];

const VideoCodec = Type.Union([
  Type.Literal('VP8'),
  Type.Literal('H264'),
  Type.Literal('VP9'),
  Type.Literal('AV1'),
  Type.Literal('H265'),
]);

export const CreateConferenceBody = Type.Object(
  {
    confrType: Type.Optional(
      Type.Union([Type.Literal(10), Type.Literal(11), Type.Literal(12)], {
        description: '10 COMMUNICATION (usual), 11 COMMUNICATION_MIX, 12 LIVE',
      }),
    ),
    password: Type.Optional(Type.String({ maxLength: 128, description: 'What users join with; none unless given' })),
    confrDelayMillis: Type.Optional(
      Type.Integer({
        minimum: 1000,
        maximum: 86_400_000,
        description: 'If nobody joined by then it ends; 120000 unless given',
      }),
    ),
    memDefaultRole: Type.Optional(
      Type.Union([Type.Literal(1), Type.Literal(3), Type.Literal(7)], {
        description: '1 audience, 3 talker (usual), 7 admin',
      }),
    ),
    allowAudienceTalk: Type.Optional(Type.Boolean({ description: 'Whether an admin may let the audience talk' })),
    creator: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: 'The user who will be its admin' }),
    ),
    rec: Type.Optional(Type.Boolean({ description: 'Whether each publication is recorded' })),
    recMerge: Type.Optional(Type.Boolean({ description: 'Whether a merged file is made too; implies rec' })),
    supportWechatMiniProgram: Type.Optional(Type.Boolean({ description: 'Forces H264 and VP8' })),
    useVCodes: Type.Optional(
      Type.Array(VideoCodec, {
        minItems: 1,
        maxItems: VIDEO_CODEC_NAMES.length,
        description: `Video codecs, the preferred one first; each publication is sent with one. ${VIDEO_CODEC_NAMES.join(', ')} unless given`,
      }),
    ),
    maxTalkerCount: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    maxVideoCount: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    maxAudienceCount: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000 })),
  },
  { additionalProperties: true },
);
export type CreateConferenceBody = Static<typeof CreateConferenceBody>;

export const ConferenceView = Type.Object({
  error: Type.Literal(0),
  id: Type.String(),
  type: Type.Integer({ description: '10, 11 or 12' }),
  mixed: Type.Boolean({ description: 'Always false: sound is not mixed on the server' }),
  password: Type.String({ description: 'Empty where there is none' }),
  audienceLimit: Type.Integer(),
  talkerLimit: Type.Integer(),
  expireDate: Type.String({ description: 'When it ends at the latest, in the display time zone' }),
  allowAudienceTalk: Type.Boolean(),
});
export type ConferenceView = Static<typeof ConferenceView>;

export const ConferenceMemberView = Type.Object({
  memberId: Type.String(),
  memName: Type.String({ description: 'org#app_user1' }),
  role: Type.Integer({ description: '1 audience, 3 talker, 7 admin' }),
});

export const ConferenceWithMembers = Type.Object({
  ...ConferenceView.properties,
  mems: Type.Array(ConferenceMemberView),
});
export type ConferenceWithMembers = Static<typeof ConferenceWithMembers>;

export const ConferenceState = Type.Union([Type.Literal('waiting'), Type.Literal('running'), Type.Literal('ended')], {
  description: 'waiting: nobody came yet',
});
export type ConferenceState = Static<typeof ConferenceState>;

export const ConferenceQuery = Type.Object(
  {
    state: Type.Optional(ConferenceState),
    beginTime: Type.Optional(Type.String({ description: 'Of createTime: yyyyMMddHHmmss in the display time zone' })),
    endTime: Type.Optional(Type.String({ description: 'Likewise; both ends count' })),
    cursor: Type.Optional(Type.String({ description: 'That of the page before' })),
    limit: Type.Optional(Type.String({ description: '1 to 100; 50 unless given' })),
  },
  { additionalProperties: false },
);
export type ConferenceQuery = Static<typeof ConferenceQuery>;

export const ConferenceSummary = Type.Object({
  confrId: Type.String(),
  confrType: Type.String({ description: 'COMMUNICATION, COMMUNICATION_MIX, LIVE or CONFR' }),
  state: ConferenceState,
  creator: Type.Optional(Type.String({ description: 'org#app_user1' })),
  rec: Type.Boolean({ description: 'As it was created' }),
  recMerge: Type.Boolean(),
  recording: RecordingState,
  memberCount: Type.Integer({ description: 'Who is in at the moment' }),
  createTime: Type.String({ description: 'yyyy-MM-dd HH:mm:ss in the display time zone, as all times' }),
  beginTime: Type.Optional(Type.String({ description: 'First join' })),
  endTime: Type.Optional(Type.String({ description: 'Last leave, or when it was dissolved' })),
});
export type ConferenceSummary = Static<typeof ConferenceSummary>;

export const ConferencePage = Type.Object({
  conferences: Type.Array(ConferenceSummary, { description: 'The newest first' }),
  cursor: Type.Optional(Type.String({ description: 'For the next page; absent on the last' })),
});
export type ConferencePage = Static<typeof ConferencePage>;

export const JoinBody = Type.Object({
  password: Type.Optional(Type.String({ maxLength: 128 })),
  userName: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  role: Type.Optional(Type.Union([Type.Literal('audience'), Type.Literal('talker'), Type.Literal('admin')])),
  nickname: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 64,
      description: 'What the others are shown of him; his name unless given',
    }),
  ),
  ext: Type.Optional(
    Type.String({
      maxLength: 1024,
      description: 'Anything that his client has to tell the others of him; not looked at',
    }),
  ),
});
export type JoinBody = Static<typeof JoinBody>;

export const ChangeMemberBody = Type.Object(
  {
    role: Type.Optional(Type.Union([Type.Literal('audience'), Type.Literal('talker'), Type.Literal('admin')])),
    mute: Type.Optional(
      Type.Boolean({ description: 'Whether the microphone is silenced for everyone, and in the file' }),
    ),
  },
  { minProperties: 1 },
);
export type ChangeMemberBody = Static<typeof ChangeMemberBody>;

export const MemberView = Type.Object({
  memberId: Type.String(),
  userName: Type.String(),
  role: Type.Union([Type.Literal('audience'), Type.Literal('talker'), Type.Literal('admin')]),
  muted: Type.Boolean(),
});
export type MemberView = Static<typeof MemberView>;

export const JoinView = Type.Object({
  memberId: Type.String(),
  accessId: Type.String(),
  role: Type.Union([Type.Literal('audience'), Type.Literal('talker'), Type.Literal('admin')]),
  token: Type.String({ description: 'Good for this conference alone' }),
  expiresAt: Type.String({ description: 'RFC 3339, in UTC' }),
  recording: RecordingState,
  whip: Type.String({ description: 'Where to publish: POST an SDP offer' }),
  leave: Type.String({ description: 'How to leave: DELETE' }),
  events: Type.String({ description: 'Where to hear what happens: a WebSocket' }),
});
export type JoinView = Static<typeof JoinView>;
