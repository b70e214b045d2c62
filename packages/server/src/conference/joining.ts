/** What a join writes down: the member and his token, both or neither. */
import type { Role } from '@callreel/contract/conference.ts';
import {
  type ConfrId,
  type IdSource,
  type MemberId,
  makeAccessId,
  makeMemberId,
  type UserName,
} from '@callreel/contract/ids.ts';
import type { RecordingState } from '@callreel/contract/recording-state.ts';
import type { Store } from '../store/store.ts';
import type { JoinRequest } from './admission.ts';
import type { LastingWrites } from './lasting-writes.ts';
import type { LiveConference, LiveMember } from './live-conference.ts';

/** A member as a token names him. */
export type MemberRef = { appId: number; confrId: ConfrId; memberId: MemberId; userName: UserName };

export type Joined = {
  memberId: MemberId;
  accessId: string;
  role: Role;
  token: string;
  expiresAt: Date;
  recording: RecordingState;
};

/** `userToken`: the token it was got with, which takes it along when it is revoked. */
export type IssueMemberToken = (
  member: MemberRef,
  ttlSeconds: number,
  userToken: string | undefined,
) => Promise<{ token: string }>;

export type JoiningOptions = {
  store: Pick<Store, 'conferences' | 'tokens'>;
  writes: LastingWrites;
  ids: IdSource;
  issueMemberToken: IssueMemberToken;
};

type Written = { member: LiveMember; token: string; joinedAt: Date };

export class Joining {
  readonly #options: JoiningOptions;

  constructor(options: JoiningOptions) {
    this.#options = options;
  }

  /** What fails leaves no member behind. */
  async join(conference: LiveConference, request: JoinRequest, role: Role, expiresAt: Date): Promise<Written> {
    const { ids } = this.#options;
    conference.memberOrdinal += 1;
    const member: LiveMember = {
      id: makeMemberId(conference.id, conference.memberOrdinal),
      userName: request.userName,
      accessId: makeAccessId(ids),
      nickname: request.nickname ?? null,
      ext: request.ext ?? null,
      muted: false,
    };
    const joinedAt = new Date(ids.nowMs());
    try {
      const ttlSeconds = Math.ceil((expiresAt.getTime() - joinedAt.getTime()) / 1000);
      const token = await this.#issueToken(conference, member, ttlSeconds, request.userToken);
      await this.#insert(conference, member, role, joinedAt);
      return { member, token, joinedAt };
    } catch (error) {
      await this.#undo(member.id, joinedAt);
      throw error;
    }
  }

  async #issueToken(
    { app, id: confrId }: LiveConference,
    { id: memberId, userName }: LiveMember,
    ttlSeconds: number,
    userToken: string | undefined,
  ): Promise<string> {
    const ref = { appId: app.id, confrId, memberId, userName };
    return (await this.#options.issueMemberToken(ref, ttlSeconds, userToken)).token;
  }

  async #insert(conference: LiveConference, member: LiveMember, role: Role, joinedAt: Date): Promise<void> {
    const { store } = this.#options;
    await store.conferences.insertMember({
      ...{ ...member, confrId: conference.id, appId: conference.app.id, role, joinedAt },
      leftAt: null,
    });
    if (conference.began === null) await store.conferences.markBegan(conference.id, joinedAt);
  }

  /** A statement that timed out may have been carried out all the same. */
  async #undo(memberId: MemberId, at: Date): Promise<void> {
    const { store, writes } = this.#options;
    await writes.write(async () => {
      await store.tokens.revokeMember(memberId);
      await store.conferences.markLeft(memberId, at);
    });
  }
}
