/** Conferences in the vendor's shape, and members in ours. */
import {
  type ConferenceView,
  type ConferenceWithMembers,
  type MemberView,
  ROLE_CODES,
} from '@callreel/contract/conference.ts';
import { conferenceTypeCode, type LiveConference, type LiveMember, roleIn } from './live-conference.ts';

/** Formats an instant as `yyyy-MM-dd HH:mm:ss` in the display time zone. */
export type FormatTime = (instant: Date) => string;

export const conferenceView = (conference: LiveConference, expireDate: Date, format: FormatTime): ConferenceView => ({
  error: 0,
  id: conference.id,
  type: conferenceTypeCode(conference.type),
  mixed: false,
  password: conference.password,
  audienceLimit: conference.settings.maxAudience,
  talkerLimit: conference.settings.maxTalkers,
  expireDate: format(expireDate),
  allowAudienceTalk: conference.settings.allowAudienceTalk,
});

const roleOf = (conference: LiveConference, member: LiveMember) => roleIn(conference, member.id) ?? 'audience';

export const conferenceWithMembers = (
  conference: LiveConference,
  expireDate: Date,
  format: FormatTime,
): ConferenceWithMembers => ({
  ...conferenceView(conference, expireDate, format),
  mems: [...conference.members.values()].map((member) => ({
    memberId: member.id,
    memName: `${conference.app.org}#${conference.app.name}_${member.userName}`,
    role: ROLE_CODES[roleOf(conference, member)],
  })),
});

export const memberView = (conference: LiveConference, member: LiveMember): MemberView => ({
  memberId: member.id,
  userName: member.userName,
  role: roleOf(conference, member),
  muted: member.muted,
});
