/** Who may join and as what, and who may become what. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { ROLE_CODES, type Role } from '@callreel/contract/conference.ts';
import type { UserName } from '@callreel/contract/ids.ts';
import { ConferenceError } from './conference-error.ts';
import { countRole, type LiveConference } from './live-conference.ts';

export type JoinRequest = {
  userName: UserName;
  /** Who is not trusted may ask for less than he would get, unless it is his conference. */
  role?: Role;
  password?: string;
  /** What the others are told of him beyond his name. */
  nickname?: string;
  ext?: string;
  /** The application's own server asks: no password is needed, and a role may be given. */
  trusted: boolean;
  /** The user's token that asks: the member's dies with it. */
  userToken?: string;
};

/** Whose word a change of role is. */
export type RoleGiver = 'app' | 'admin';

/** The role to join with. @throws ConferenceError `banned`, `wrongPassword`, `talkerLimit`, `audienceLimit` */
export const admit = (conference: LiveConference, request: JoinRequest): Role => {
  if (conference.banned.has(request.userName)) throw ConferenceError.banned();
  if (!request.trusted && !knowsPassword(conference, request)) throw ConferenceError.wrongPassword();
  const role = roleFor(conference, request);
  assertRoom(conference, role);
  return role;
};

/** @throws ConferenceError `roleForbids`, `talkerLimit`, `audienceLimit` */
export const assertMayBecome = (conference: LiveConference, from: Role, to: Role, giver: RoleGiver): void => {
  if ((from === 'audience') === (to === 'audience')) return;
  if (from === 'audience' && giver === 'admin' && !conference.settings.allowAudienceTalk) {
    throw ConferenceError.roleForbids('The audience of this conference may not talk');
  }
  assertRoom(conference, to);
};

const assertRoom = (conference: LiveConference, role: Role): void => {
  const { maxAudience, maxTalkers } = conference.settings;
  const isAudience = role === 'audience';
  const taken = countRole(conference, isAudience);
  if (isAudience && taken >= maxAudience) throw ConferenceError.full('audienceLimit', maxAudience);
  if (!isAudience && taken >= maxTalkers) throw ConferenceError.full('talkerLimit', maxTalkers);
};

const knowsPassword = ({ password }: LiveConference, request: JoinRequest): boolean =>
  password === '' || (request.password !== undefined && timingSafeEqual(digest(request.password), digest(password)));

/** Equal lengths let the comparison take the same time whatever differs. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const roleFor = (conference: LiveConference, { userName, trusted, role: wanted }: JoinRequest): Role => {
  if (trusted && wanted !== undefined) return wanted;
  if (userName === conference.creator) return 'admin';
  const { defaultRole } = conference.settings;
  return wanted !== undefined && ROLE_CODES[wanted] < ROLE_CODES[defaultRole] ? wanted : defaultRole;
};
