/**
 * What ends what: the contract's table as a state machine. An event goes in; the next state comes out, and what is to be done about
 * it. Nothing here waits, writes or looks at a clock, so that the whole table can be read, and tried, in one place.
 */
import type { Role } from '@callreel/contract/conference.ts';
import type { MemberId, PubStreamId } from '@callreel/contract/ids.ts';
import { beginMember, type ConferenceLife, type HoldId, type MemberLife, type Step } from './life.ts';
import { Draft } from './life-draft.ts';

type Events = {
  joined: { memberId: MemberId; role: Role };
  left: { memberId: MemberId };
  removed: { memberIds: readonly MemberId[]; why: 'kicked' | 'tokenRevoked' };
  roleChanged: { memberId: MemberId; role: Role };
  published: { memberId: MemberId; id: PubStreamId };
  unpublished: { id: PubStreamId };
  connected: { id: PubStreamId };
  lost: { id: PubStreamId; atMs: number };
  resumed: { id: PubStreamId };
  /** The first of his event sockets is open. */
  attached: { memberId: MemberId };
  /** The last of them is gone, and he did not leave. */
  detached: { memberId: MemberId };
  holdOver: { hold: HoldId };
  mediaDied: { ids: readonly PubStreamId[] };
  /** The service stops; the conference goes on after its next start. */
  stopped: Record<never, never>;
  /** The service is back, and knows of no connection. */
  restarted: Record<never, never>;
  dissolved: Record<never, never>;
  /** The time in which somebody should have come. */
  delayOver: Record<never, never>;
  /** The longest time a conference may last. */
  expired: Record<never, never>;
};

export type LifeEvent<Kind extends keyof Events = keyof Events> = {
  [Each in Kind]: { kind: Each } & Events[Each];
}[Kind];

const hasPublications = ({ publications }: MemberLife): boolean => publications.size > 0;

/** All he published is lost: he is not known to be there. */
const isLost = ({ publications }: MemberLife): boolean =>
  publications.size > 0 && [...publications.values()].every(({ kind }) => kind === 'held');

/** Something of him is connected. */
const isHeard = ({ presence, publications }: MemberLife): boolean =>
  presence === 'here' || [...publications.values()].some(({ kind }) => kind === 'open');

/** When his last connection is given up: by another publication, even one that is held in its turn, by an event socket, or by a later hold. */
const isKept = ({ presence, hold, publications }: MemberLife): boolean =>
  publications.size > 1 || presence === 'here' || hold !== undefined;

const goOn = (draft: Draft, id: PubStreamId): void => {
  const owner = draft.ownerOf(id);
  if (owner === undefined) return;
  draft.releaseMember(owner);
  draft.setPublication(owner, id, { kind: 'open' });
};

const holdIfUnheard = (draft: Draft, memberId: MemberId): void => {
  const member = draft.members.get(memberId);
  if (member && member.hold === undefined && !isHeard(member)) draft.holdMember(memberId);
};

/** Who ended all he published by himself stays; unless he had event sockets, and they are gone: then nothing tells that he is there. */
const holdIfGone = (draft: Draft, memberId: MemberId): void => {
  if (draft.members.get(memberId)?.presence === 'gone') holdIfUnheard(draft, memberId);
};

/** The table. What an event speaks of that is over already is left alone: each ends once, whatever ends it. */
const TABLE: { [Kind in keyof Events]: (draft: Draft, event: LifeEvent<Kind>) => void } = {
  joined: (draft, { memberId, role }) => {
    draft.members.set(memberId, beginMember(role));
    if (draft.phase === 'waiting') draft.effects.push({ kind: 'beginConference' });
    draft.phase = 'running';
  },

  left: (draft, { memberId }) => draft.endMembers([memberId], 'left'),

  removed: (draft, { memberIds, why }) => draft.endMembers(memberIds, why),

  roleChanged: (draft, { memberId, role }) => {
    const member = draft.members.get(memberId);
    if (member === undefined) return;
    draft.members.set(memberId, { ...member, role });
    if (role !== 'audience' || !hasPublications(member)) return;
    draft.endPublicationsOf(memberId, 'roleLowered');
    if (isLost(member)) holdIfUnheard(draft, memberId);
    else holdIfGone(draft, memberId);
  },

  published: (draft, { memberId, id }) => {
    draft.releaseMember(memberId);
    draft.setPublication(memberId, id, { kind: 'open' });
  },

  unpublished: (draft, { id }) => {
    const owner = draft.ownerOf(id);
    draft.endPublication(id, 'unpublished');
    if (owner !== undefined) holdIfGone(draft, owner);
  },

  connected: (draft, { id }) => goOn(draft, id),

  resumed: (draft, { id }) => goOn(draft, id),

  lost: (draft, { id, atMs }) => {
    const owner = draft.ownerOf(id);
    if (owner === undefined || draft.publication(id)?.kind === 'held') return;
    draft.setPublication(owner, id, { kind: 'held', hold: draft.newHold(), sinceMs: atMs });
  },

  attached: (draft, { memberId }) => {
    draft.releaseMember(memberId);
    draft.setPresence(memberId, 'here');
  },

  detached: (draft, { memberId }) => {
    draft.setPresence(memberId, 'gone');
    holdIfGone(draft, memberId);
  },

  holdOver: (draft, { hold }) => {
    for (const [memberId, member] of [...draft.members]) {
      if (member.hold === hold) return draft.endMembers([memberId], 'connectionLost');
      for (const [id, publication] of member.publications) {
        if (publication.kind !== 'held' || publication.hold !== hold) continue;
        draft.endPublication(id, 'connectionLost');
        if (!isKept(member)) draft.endMembers([memberId], 'connectionLost');
        return;
      }
    }
  },

  mediaDied: (draft, { ids }) => {
    const owners = new Set(ids.map((id) => draft.ownerOf(id)).filter((owner) => owner !== undefined));
    for (const id of ids) draft.endPublication(id, 'mediaProcessDied');
    for (const owner of owners) {
      if (draft.members.get(owner)?.publications.size === 0) holdIfUnheard(draft, owner);
      else holdIfGone(draft, owner);
    }
  },

  stopped: (draft) => {
    for (const memberId of [...draft.members.keys()]) {
      draft.endPublicationsOf(memberId, 'serverStopped');
      draft.releaseMember(memberId);
    }
  },

  restarted: (draft) => {
    for (const memberId of [...draft.members.keys()]) {
      draft.setPresence(memberId, 'unknown');
      draft.holdMember(memberId);
    }
    if (draft.phase === 'running' && draft.members.size < (draft.isPair ? 2 : 1)) draft.endConference('left');
  },

  dissolved: (draft) => draft.endConference('dissolved'),

  delayOver: (draft) => {
    if (draft.phase === 'waiting') draft.endConference('nobodyCame');
  },

  expired: (draft) => draft.endConference('expired'),
};

const apply = <Kind extends keyof Events>(draft: Draft, event: LifeEvent<Kind>): void =>
  TABLE[event.kind](draft, event);

/** What an event makes of a conference. Nothing happens any more to one that has ended. */
export const step = (life: ConferenceLife, event: LifeEvent): Step => {
  if (life.phase === 'ended') return { life, effects: [] };
  const draft = new Draft(life);
  apply(draft, event);
  return draft.step();
};
