/** A member who came with the vendor's web SDK: what outlives the socket he came by, until he is out. */
import { ROLE_CODES, type Role } from '@callreel/contract/conference.ts';
import type { MemberId, PubStreamId, SubscriptionId, UserName } from '@callreel/contract/ids.ts';
import type { MemberRef } from '../../conference/conferences.ts';
import type { Told } from './frames.ts';

/** A connection of his page, by the page's own name for it. */
export type PageConnection =
  /** Closed: its page makes it anew. */
  | { kind: 'publication'; id: PubStreamId; isOpen: boolean }
  | { kind: 'subscription'; id: SubscriptionId; publicationId: PubStreamId };

/** To be let talk, or be an admin. An admin agrees by giving the role: what answers the request then is ours to say. */
export type RoleRequest = { role: Role; tsxId: string; arg: string; askedId: MemberId };

/** Where he listens at the moment. */
export type Listener = {
  tell(frame: Told): void;
  /** Another socket of his took its place. */
  replace(): void;
  /** He is out: nothing follows. */
  finish(): void;
};

export class Seat {
  readonly ref: MemberRef;
  /** His member's token: whoever comes back with it goes on as him. */
  readonly sessId: string;
  readonly roleToken: string;
  readonly connections = new Map<string, PageConnection>();
  /** What he asked of an admin, who has not answered it yet. */
  request: RoleRequest | undefined;
  /** He is leaving, or closes the conference: he need not be told. */
  isLeaving = false;
  #listener: Listener | undefined;

  constructor(ref: MemberRef, sessId: string, roleToken: string) {
    this.ref = ref;
    this.sessId = sessId;
    this.roleToken = roleToken;
  }

  get memberId(): MemberId {
    return this.ref.memberId;
  }

  get userName(): UserName {
    return this.ref.userName;
  }

  get isThere(): boolean {
    return this.#listener !== undefined;
  }

  /** What he published or received is over: no connection of his page is its own any more. */
  forget(id: string): void {
    for (const [rtcId, connection] of this.connections) if (connection.id === id) this.connections.delete(rtcId);
  }

  listen(listener: Listener): void {
    const before = this.#listener;
    this.#listener = listener;
    before?.replace();
  }

  /** Harmless where another took its place. */
  stop(listener: Listener): void {
    if (this.#listener === listener) this.#listener = undefined;
  }

  /** An event without the receiver's session, or with another one, breaks the SDK. */
  tell(frame: Told): void {
    this.#listener?.tell({ ...frame, sessId: this.sessId });
  }

  tellRole(role: Role): void {
    this.tell({ op: 412, role: ROLE_CODES[role], roleToken: this.roleToken });
    const { request } = this;
    if (request === undefined || ROLE_CODES[role] < ROLE_CODES[request.role]) return;
    this.request = undefined;
    this.tell({ op: 1001, tsxId: request.tsxId, memId: request.askedId, arg: request.arg, result: 0 });
  }

  finish(): void {
    this.#listener?.finish();
  }
}
