/** Who may join, and as what. */
import type { Role } from '@callreel/contract/conference.ts';
import type { UserName } from '@callreel/contract/ids.ts';
import { ConferenceError } from './conference-error.ts';
import { countRole, type LiveConference } from './live-conference.ts';

export type JoinRequest = {
  userName: UserName;
  role?: Role;
  password?: string;
  /** The application's own server asks: no password is needed, and a role may be given. */
  trusted: boolean;
};

/** The role to join with. @throws ConferenceError `banned`, `wrongPassword`, `talkerLimit`, `audienceLimit` */
export const admit = (conference: LiveConference, request: JoinRequest): Role => {
  if (conference.banned.has(request.userName)) throw ConferenceError.banned();
  if (!request.trusted && !knowsPassword(conference, request)) throw ConferenceError.wrongPassword();
  const role = roleFor(conference, request);
  const { maxAudience, maxTalkers } = conference.settings;
  const isAudience = role === 'audience';
  const taken = countRole(conference, isAudience);
  if (isAudience && taken >= maxAudience) throw ConferenceError.full('audienceLimit', maxAudience);
  if (!isAudience && taken >= maxTalkers) throw ConferenceError.full('talkerLimit', maxTalkers);
  return role;
};

const knowsPassword = ({ password }: LiveConference, request: JoinRequest): boolean =>
  password === '' || request.password === password;

const roleFor = (conference: LiveConference, request: JoinRequest): Role => {
  if (request.trusted && request.role) return request.role;
  return request.userName === conference.creator ? 'admin' : conference.settings.defaultRole;
};
