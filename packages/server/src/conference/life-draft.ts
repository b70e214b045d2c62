import type { MemberId, PubStreamId } from '@callreel/contract/ids.ts';
import type { ConferenceLife, Effect, EndReason, HoldId, MemberLife, Presence, PublicationLife, Step } from './life.ts';

/** A state while it changes: each step writes down what is to be done about it. */
export class Draft {
  phase: ConferenceLife['phase'];
  readonly members: Map<MemberId, MemberLife>;
  readonly effects: Effect[] = [];
  readonly isPair: boolean;
  #holds: number;

  constructor({ phase, members, holds, isPair }: ConferenceLife) {
    this.phase = phase;
    this.members = new Map(members);
    this.#holds = holds;
    this.isPair = isPair;
  }

  step(): Step {
    const { phase, members, effects } = this;
    return { life: { phase, members, holds: this.#holds, isPair: this.isPair }, effects };
  }

  ownerOf(id: PubStreamId): MemberId | undefined {
    for (const [memberId, { publications }] of this.members) if (publications.has(id)) return memberId;
    return undefined;
  }

  publication(id: PubStreamId): PublicationLife | undefined {
    const owner = this.ownerOf(id);
    return owner && this.members.get(owner)?.publications.get(id);
  }

  /** Undefined takes it out. What was held before is released. */
  setPublication(memberId: MemberId, id: PubStreamId, publication: PublicationLife | undefined): void {
    const member = this.members.get(memberId);
    if (member === undefined) return;
    const before = member.publications.get(id);
    if (before?.kind === 'held') this.#release(before.hold);
    const publications = new Map(member.publications);
    if (publication === undefined) publications.delete(id);
    else publications.set(id, publication);
    this.members.set(memberId, { ...member, publications });
  }

  newHold(): HoldId {
    this.#holds += 1;
    this.effects.push({ kind: 'hold', hold: this.#holds });
    return this.#holds;
  }

  holdMember(memberId: MemberId): void {
    this.releaseMember(memberId);
    const member = this.members.get(memberId);
    if (member !== undefined) this.members.set(memberId, { ...member, hold: this.newHold() });
  }

  releaseMember(memberId: MemberId): void {
    const member = this.members.get(memberId);
    if (member?.hold === undefined) return;
    this.#release(member.hold);
    this.members.set(memberId, { ...member, hold: undefined });
  }

  setPresence(memberId: MemberId, presence: Presence): void {
    const member = this.members.get(memberId);
    if (member !== undefined) this.members.set(memberId, { ...member, presence });
  }

  endPublication(id: PubStreamId, reason: EndReason): void {
    const owner = this.ownerOf(id);
    const publication = this.publication(id);
    if (owner === undefined || publication === undefined) return;
    const lost = publication.kind === 'held' ? { lostAtMs: publication.sinceMs } : {};
    this.setPublication(owner, id, undefined);
    this.effects.push({ kind: 'endPublication', id, reason, ...lost });
  }

  endPublicationsOf(memberId: MemberId, reason: EndReason): void {
    for (const id of this.members.get(memberId)?.publications.keys() ?? []) this.endPublication(id, reason);
  }

  endMember(memberId: MemberId, reason: EndReason): void {
    if (!this.members.has(memberId)) return;
    this.endPublicationsOf(memberId, reason);
    this.releaseMember(memberId);
    this.members.delete(memberId);
    this.effects.push({ kind: 'endMember', memberId, reason });
  }

  /** The last one to go ends the conference; of two, the first. */
  endMembers(memberIds: readonly MemberId[], reason: EndReason): void {
    const before = this.members.size;
    for (const memberId of memberIds) this.endMember(memberId, reason);
    const isOver = this.members.size === 0 || (this.isPair && this.members.size < before);
    if (this.phase === 'running' && isOver) this.endConference(reason);
  }

  endConference(reason: EndReason): void {
    for (const memberId of [...this.members.keys()]) this.endMember(memberId, reason);
    this.phase = 'ended';
    this.effects.push({ kind: 'endConference', reason });
  }

  #release(hold: HoldId): void {
    this.effects.push({ kind: 'release', hold });
  }
}
