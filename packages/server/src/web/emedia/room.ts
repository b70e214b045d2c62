/** A conference as those see it who came with the vendor's web SDK: its events, told to each of them in the SDK's own words. */

import { applyEvent } from '@callreel/contract/conference-state.ts';
import type {
  ConferenceEvent,
  ConferenceState,
  EndReason,
  MemberInfo,
  PublicationInfo,
} from '@callreel/contract/events.ts';
import type { ConfrId, MemberId } from '@callreel/contract/ids.ts';
import type { FeedFrame } from '../../conference/event-feed.ts';
import type { AppRecord } from '../../store/rows.ts';
import { Attributes } from './attributes.ts';
import type { Told } from './frames.ts';
import type { Seat } from './seat.ts';
import { memberView, type StreamExtras, streamView, switchesOf } from './views.ts';

export type RoomOptions = {
  app: AppRecord;
  confrId: ConfrId;
  /** Of the moment: versions grow also over a restart. */
  firstVersion: number;
  onEmpty(): void;
};

const NO_EXTRAS: StreamExtras = { ext: undefined, name: undefined, version: 1 };

const CLOSED = 11;
const FAILED = 4;
const REFUSED = 2;
/** What the SDK knows of ways to be out; it has no word for being removed. */
const EXIT_REASONS: Readonly<Record<EndReason, number>> = {
  unpublished: 0,
  left: 0,
  kicked: REFUSED,
  tokenRevoked: REFUSED,
  roleLowered: REFUSED,
  connectionLost: FAILED,
  mediaProcessDied: FAILED,
  serverStopped: FAILED,
  dissolved: CLOSED,
  nobodyCame: CLOSED,
  expired: CLOSED,
};

type Ended = Extract<ConferenceEvent, { kind: 'publicationEnded' }>;

export class Room {
  readonly app: AppRecord;
  readonly confrId: ConfrId;
  readonly attributes = new Attributes();
  readonly #options: RoomOptions;
  readonly #seats = new Map<MemberId, Seat>();
  readonly #extras = new Map<string, StreamExtras>();
  /** Of what a member is about to publish. */
  readonly #announced = new Map<string, StreamExtras>();
  #state: ConferenceState | undefined;
  #version: number;

  constructor(options: RoomOptions) {
    this.#options = options;
    this.app = options.app;
    this.confrId = options.confrId;
    this.#version = options.firstVersion;
  }

  seatOf(memberId: string): Seat | undefined {
    return this.#seats.get(memberId as MemberId);
  }

  add(seat: Seat): void {
    this.#seats.set(seat.memberId, seat);
  }

  member(memberId: string): MemberInfo | undefined {
    return this.#state?.members.find((member) => member.memberId === memberId);
  }

  /** All that is there for him to see. */
  snapshotFor(seat: Seat) {
    const { members = [], publications = [] } = this.#state ?? {};
    const streams = publications.filter(({ memberId }) => this.#sees(seat, memberId));
    return {
      cver: this.#version,
      mems: members.map((member) => memberView(this.app, member)),
      streams: streams.map(({ pubStreamId }) => this.#streamView(pubStreamId)),
    };
  }

  /** What the next publication of this member bears, until it is called again. */
  announce(memberId: MemberId, extras: Omit<StreamExtras, 'version'>): void {
    this.#announced.set(memberId, { ...extras, version: 1 });
  }

  /** Its connection was made anew: whoever receives it is to do so anew. */
  renew(pubStreamId: string): void {
    const extras = this.#extras.get(pubStreamId) ?? NO_EXTRAS;
    this.#extras.set(pubStreamId, { ...extras, version: extras.version + 1 });
    this.#tellOfStream(pubStreamId);
  }

  tellAttributes(): void {
    for (const seat of this.#seats.values()) seat.tell({ op: 402, ...this.attributes.view() });
  }

  /** What the conference's feed tells. */
  handle(frame: FeedFrame): void {
    if (frame.kind === 'snapshot') this.#state = frame.state;
    if (frame.kind !== 'event' || this.#state === undefined) return;
    const { event } = frame;
    const before = this.#state;
    this.#state = applyEvent(before, event);
    this.#tell(event, before);
  }

  #tell(event: ConferenceEvent, before: ConferenceState): void {
    switch (event.kind) {
      case 'memberJoined':
        this.#tellOthers(event.member, { op: 300, mem: memberView(this.app, event.member) });
        break;
      case 'memberLeft':
        this.#tellLeft(event.memberId, event.reason, before);
        break;
      case 'memberMuted':
        this.#tellMuted(event.memberId, before);
        break;
      case 'roleChanged':
        this.seatOf(event.memberId)?.tellRole(event.role);
        break;
      case 'publicationAdded':
        this.#tellAdded(event.publication);
        break;
      case 'publicationMuted':
        this.#tellSwitches(event.pubStreamId);
        break;
      case 'publicationEnded':
        this.#tellEnded(event, before);
        break;
      case 'conferenceClosed':
        this.#tellClosed(event.reason);
        break;
      // Nothing that the SDK has a word for: it looks for itself who speaks, and whether a connection stands.
      case 'conferenceBegan':
      case 'memberLost':
      case 'memberBack':
      case 'publicationLost':
      case 'publicationResumed':
      case 'recordingChanged':
      case 'recordingEmpty':
      case 'speaking':
        break;
    }
  }

  #tellMuted(mutedId: string, { publications }: ConferenceState): void {
    for (const { pubStreamId, memberId } of publications) if (memberId === mutedId) this.#tellSwitches(pubStreamId);
  }

  #tellAdded({ pubStreamId, memberId }: PublicationInfo): void {
    this.#extras.set(pubStreamId, this.#announced.get(memberId) ?? NO_EXTRAS);
    this.#tellOfStream(pubStreamId);
  }

  #tellEnded({ memberId, pubStreamId }: Ended, { members }: ConferenceState): void {
    this.#extras.delete(pubStreamId);
    this.seatOf(memberId)?.forget(pubStreamId);
    const owner = members.find((member) => member.memberId === memberId);
    this.#tellOthers(owner, { op: 303, memId: memberId, pubSId: pubStreamId });
  }

  #tellLeft(memberId: string, reason: EndReason, before: ConferenceState): void {
    this.#announced.delete(memberId);
    const seat = this.seatOf(memberId);
    this.#seats.delete(memberId as MemberId);
    if (seat) this.#tellOut(seat, reason);
    const member = before.members.find((each) => each.memberId === memberId);
    this.#tellOthers(member, { op: 301, memId: memberId, reason: 0 });
    if (this.#seats.size === 0) this.#options.onEmpty();
  }

  /** The SDK takes no event of the whole conference's end for what it is: each is told that he is out of it. */
  #tellClosed(reason: EndReason): void {
    const seats = [...this.#seats.values()];
    this.#seats.clear();
    for (const seat of seats) this.#tellOut(seat, reason);
    this.#options.onEmpty();
  }

  #tellOut(seat: Seat, reason: EndReason): void {
    this.#version += 1;
    const frame = { op: 301, cver: this.#version, memId: seat.memberId, reason: EXIT_REASONS[reason] };
    if (!seat.isLeaving) seat.tell(frame);
    seat.finish();
  }

  #tellOfStream(pubStreamId: string): void {
    const pubS = this.#streamView(pubStreamId);
    if (pubS) this.#tellOthers(this.member(pubS.memId), { op: 302, memId: pubS.memId, pubS });
  }

  #tellSwitches(pubStreamId: string): void {
    const publication = this.#state?.publications.find((each) => each.pubStreamId === pubStreamId);
    const owner = publication && this.member(publication.memberId);
    if (publication === undefined || owner === undefined) return;
    this.#tellOthers(owner, { op: 400, streamId: pubStreamId, ...switchesOf(publication, owner) });
  }

  #streamView(pubStreamId: string) {
    const publication = this.#state?.publications.find((each) => each.pubStreamId === pubStreamId);
    const owner = publication && this.member(publication.memberId);
    if (publication === undefined || owner === undefined) return undefined;
    return streamView(this.app, publication, owner, this.#extras.get(pubStreamId) ?? NO_EXTRAS);
  }

  #tellOthers(subject: MemberInfo | undefined, frame: Told): void {
    if (subject === undefined) return;
    this.#version += 1;
    for (const seat of this.#seats.values()) {
      if (seat.userName !== subject.userName) seat.tell({ ...frame, cver: this.#version });
    }
  }

  /** The SDK skips members of its own user's name in a snapshot, and breaks on a stream whose owner it does not know. */
  #sees(seat: Seat, memberId: string): boolean {
    const member = this.member(memberId);
    return member !== undefined && member.userName !== seat.userName;
  }
}
