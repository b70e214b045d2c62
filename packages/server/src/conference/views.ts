/** Conferences in the vendor's shape. */
import { type ConferenceView, type ConferenceWithMembers, ROLE_CODES } from '@callreel/contract/conference.ts';
import { conferenceTypeCode, type LiveConference } from './live-conference.ts';

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

export const conferenceWithMembers = (
  conference: LiveConference,
  expireDate: Date,
  format: FormatTime,
): ConferenceWithMembers => ({
  ...conferenceView(conference, expireDate, format),
  mems: [...conference.members.values()].map((member) => ({
    memberId: member.id,
    memName: `${conference.app.org}#${conference.app.name}_${member.userName}`,
    role: ROLE_CODES[member.role],
  })),
});
