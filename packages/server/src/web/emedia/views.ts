/** Members and publications as the vendor's web SDK knows them. */
import { ROLE_CODES } from '@callreel/contract/conference.ts';
import type { MemberInfo, PublicationInfo } from '@callreel/contract/events.ts';
import type { UserName } from '@callreel/contract/ids.ts';
import type { AppRecord } from '../../store/rows.ts';
import { fullUserName } from '../names.ts';

/** What a stream bears beyond what the conference knows of it. */
export type StreamExtras = {
  ext: string | undefined;
  name: string | undefined;
  /** Grows when its connection is made anew: who receives it does so anew. */
  version: number;
};

/** What the SDK knows of codecs, the usual one first. */
export const SDK_VIDEO_CODECS = ['VP8', 'H264'];

/** The SDK parses it without looking: what is no JSON object would break it. */
const jsonObject = (text: string | null | undefined): { ext: string } | undefined => {
  if (text === null || text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ext: text } : undefined;
  } catch {
    return undefined;
  }
};

export const memberNameOf = (app: AppRecord, member: Pick<MemberInfo, 'userName'>): string =>
  fullUserName(app, member.userName as UserName);

export const memberView = (app: AppRecord, member: MemberInfo) => {
  const name = memberNameOf(app, member);
  return {
    id: member.memberId,
    name,
    nickName: member.nickname ?? name,
    role: ROLE_CODES[member.role],
    ...jsonObject(member.ext),
    vcodes: SDK_VIDEO_CODECS,
  };
};

const bit = (value: boolean): 0 | 1 => (value ? 1 : 0);

/** Who was silenced by an admin is as silent as who did it himself. */
export const switchesOf = (publication: PublicationInfo, owner: MemberInfo) => ({
  voff: bit(publication.videoOff || publication.video === null),
  aoff: bit(publication.audioOff || publication.audio === null || owner.muted),
});

/** Never with an `rtcId`: those count in one page, and are another connection in the next. */
export const streamView = (app: AppRecord, publication: PublicationInfo, owner: MemberInfo, extras: StreamExtras) => ({
  id: publication.pubStreamId,
  memId: publication.memberId,
  memName: memberNameOf(app, owner),
  type: publication.kind === 'desktop' ? 1 : 0,
  ...switchesOf(publication, owner),
  ...(publication.video !== null && { vcodes: [publication.video] }),
  ...(extras.name !== undefined && { name: extras.name }),
  ...jsonObject(extras.ext),
  csrc: 0,
  sver: extras.version,
});
