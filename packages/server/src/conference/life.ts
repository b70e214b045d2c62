/** The states of a conference, its members and their publications, and what a change of state asks to be done. */
import type { Role } from '@callreel/contract/conference.ts';
import type { EndReason } from '@callreel/contract/events.ts';
import type { MemberId, PubStreamId } from '@callreel/contract/ids.ts';

export type { EndReason } from '@callreel/contract/events.ts';

/** Tells a hold that was released from the one that came after it. */
export type HoldId = number;

export type PublicationLife =
  | { kind: 'open' }
  /** Its connection was lost then (milliseconds since 1970), and may be resumed until the hold is over. */
  | { kind: 'held'; hold: HoldId; sinceMs: number };

/** What his event sockets say of a member: he never had one, has one, or had one. While he has one, he is there. */
export type Presence = 'unknown' | 'here' | 'gone';

export type MemberLife = {
  role: Role;
  /** Of one of whom nothing is heard any more; he may come back until the hold is over. */
  hold: HoldId | undefined;
  presence: Presence;
  publications: ReadonlyMap<PubStreamId, PublicationLife>;
};

export type ConferenceLife = {
  /** Nobody came yet; somebody did; it is over. */
  phase: 'waiting' | 'running' | 'ended';
  members: ReadonlyMap<MemberId, MemberLife>;
  /** How many holds there were. */
  holds: number;
  /** A call of two: it is over for both when one is out. */
  isPair: boolean;
};

export type Effect =
  /** Tell `holdOver` when the hold's time is up. */
  | { kind: 'hold'; hold: HoldId }
  | { kind: 'release'; hold: HoldId }
  /** Close its connection and its file. `lostAtMs`: it ended when its connection was lost. */
  | { kind: 'endPublication'; id: PubStreamId; reason: EndReason; lostAtMs?: number }
  /** His token dies too. */
  | { kind: 'endMember'; memberId: MemberId; reason: EndReason }
  /** The first one is in. */
  | { kind: 'beginConference' }
  | { kind: 'endConference'; reason: EndReason };

export type Step = { life: ConferenceLife; effects: readonly Effect[] };

export const beginMember = (role: Role): MemberLife => ({
  role,
  hold: undefined,
  presence: 'unknown',
  publications: new Map(),
});

/** A conference that nobody came to yet, or one that did not end, with who was in it. */
export const beginLife = (
  phase: 'waiting' | 'running',
  roles: Iterable<readonly [MemberId, Role]> = [],
  isPair = false,
): ConferenceLife => ({
  phase,
  members: new Map([...roles].map(([memberId, role]) => [memberId, beginMember(role)])),
  holds: 0,
  isPair,
});
