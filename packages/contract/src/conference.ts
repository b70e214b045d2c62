/** What conferences, members and publications are, on the wire and in the service. */
import { type Static, Type } from 'typebox';

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

export const VIDEO_CODEC_NAMES = ['VP8', 'H264'] as const;
export type VideoCodecName = (typeof VIDEO_CODEC_NAMES)[number];

export const CreateConferenceBody = Type.Object(
  {
    confrType: Type.Optional(Type.Union([Type.Literal(10), Type.Literal(11), Type.Literal(12)])),
    password: Type.Optional(Type.String({ maxLength: 128 })),
    confrDelayMillis: Type.Optional(Type.Integer({ minimum: 1000, maximum: 86_400_000 })),
    memDefaultRole: Type.Optional(Type.Union([Type.Literal(1), Type.Literal(3), Type.Literal(7)])),
    allowAudienceTalk: Type.Optional(Type.Boolean()),
    creator: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    rec: Type.Optional(Type.Boolean()),
    recMerge: Type.Optional(Type.Boolean()),
    supportWechatMiniProgram: Type.Optional(Type.Boolean()),
    useVCodes: Type.Optional(
      Type.Array(Type.Union([Type.Literal('H264'), Type.Literal('VP8')]), { minItems: 1, maxItems: 4 }),
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
  type: Type.Integer(),
  mixed: Type.Boolean(),
  password: Type.String(),
  audienceLimit: Type.Integer(),
  talkerLimit: Type.Integer(),
  expireDate: Type.String(),
  allowAudienceTalk: Type.Boolean(),
});
export type ConferenceView = Static<typeof ConferenceView>;

export const ConferenceMemberView = Type.Object({
  memberId: Type.String(),
  memName: Type.String(),
  role: Type.Integer(),
});

export const ConferenceWithMembers = Type.Object({
  ...ConferenceView.properties,
  mems: Type.Array(ConferenceMemberView),
});
export type ConferenceWithMembers = Static<typeof ConferenceWithMembers>;

export const JoinBody = Type.Object({
  password: Type.Optional(Type.String({ maxLength: 128 })),
  userName: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  role: Type.Optional(Type.Union([Type.Literal('audience'), Type.Literal('talker'), Type.Literal('admin')])),
});
export type JoinBody = Static<typeof JoinBody>;

export const JoinView = Type.Object({
  memberId: Type.String(),
  accessId: Type.String(),
  role: Type.Union([Type.Literal('audience'), Type.Literal('talker'), Type.Literal('admin')]),
  token: Type.String(),
  expiresAt: Type.String(),
  whip: Type.String(),
  leave: Type.String(),
});
export type JoinView = Static<typeof JoinView>;
