/** Which members have an event socket open, by how many they have. */
import type { MemberId } from '@callreel/contract/ids.ts';
import type { MemberRef } from './joining.ts';

export type AttendanceEvents = {
  /** The first. */
  onHere(member: MemberRef): void;
  /** The last one is gone. */
  onGone(member: MemberRef): void;
};

export class Attendance {
  readonly #events: AttendanceEvents;
  readonly #counts = new Map<MemberId, number>();

  constructor(events: AttendanceEvents) {
    this.#events = events;
  }

  /** Returns what ends it: harmless when it is called again. */
  begin(member: MemberRef): () => void {
    const count = this.#counts.get(member.memberId) ?? 0;
    this.#counts.set(member.memberId, count + 1);
    if (count === 0) this.#events.onHere(member);
    let open = true;
    return () => {
      if (open) this.#end(member);
      open = false;
    };
  }

  #end(member: MemberRef): void {
    const count = (this.#counts.get(member.memberId) ?? 1) - 1;
    if (count > 0) {
      this.#counts.set(member.memberId, count);
      return;
    }
    this.#counts.delete(member.memberId);
    this.#events.onGone(member);
  }
}
