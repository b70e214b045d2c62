/** The event sockets of the world's members, and what a client makes of all that a conference tells. */
import assert from 'node:assert/strict';
import { applyEvent } from '@callreel/contract/conference-state.ts';
import type { ConferenceState } from '@callreel/contract/events.ts';
import type { ConfrId, MemberId } from '@callreel/contract/ids.ts';
import type { Conferences, MemberRef } from '@callreel/server/conference/conferences.ts';

export class WorldSockets {
  /** What was heard of each conference since this process began. */
  readonly heard = new Map<ConfrId, ConferenceState>();
  readonly #open = new Map<MemberId, () => void>();
  readonly #goneMs = new Map<MemberId, number>();

  listen({ events }: Conferences, appId: number, confrId: ConfrId): void {
    let seq = 0;
    events.follow(appId, confrId, undefined, (frame) => {
      const before = this.heard.get(confrId);
      if (frame.kind === 'snapshot') {
        seq = frame.seq;
        this.heard.set(confrId, frame.state);
      }
      if (frame.kind !== 'event') return;
      assert.ok(before && before.closed === null, 'an event before the snapshot, or after the end');
      assert.equal(frame.seq, seq + 1);
      seq = frame.seq;
      this.heard.set(confrId, applyEvent(before, frame.event));
    });
  }

  attend({ events }: Conferences, member: MemberRef): void {
    this.drop(member.memberId, 0);
    this.#open.set(member.memberId, events.attend(member));
  }

  /** Whether he had one. */
  drop(memberId: MemberId, nowMs: number): boolean {
    const end = this.#open.get(memberId);
    if (end === undefined) return false;
    this.#open.delete(memberId);
    this.#goneMs.set(memberId, nowMs);
    end();
    return true;
  }

  isHere(memberId: MemberId): boolean {
    return this.#open.has(memberId);
  }

  /** He has one, or had one so lately. */
  keeps(memberId: MemberId, nowMs: number, holdMs: number): boolean {
    return this.isHere(memberId) || nowMs - (this.#goneMs.get(memberId) ?? Number.NEGATIVE_INFINITY) < holdMs;
  }

  /** Their process is gone. */
  forget(): void {
    this.#open.clear();
    this.#goneMs.clear();
    this.heard.clear();
  }
}
