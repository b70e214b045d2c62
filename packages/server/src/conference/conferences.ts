/**
 * Conferences and their members, from creation to the last leave. One thing at a time per conference: whatever changes it takes its
 * turn, steps its state (`lifecycle.ts`) and has carried out what follows (`enactor.ts`) before the next has its own.
 */
import type {
  ChangeMemberBody,
  ConferenceView,
  ConferenceWithMembers,
  CreateConferenceBody,
  MemberView,
  PublicationKind,
  Role,
} from '@callreel/contract/conference.ts';
import type { ConfrId, MemberId, PubStreamId, UserName } from '@callreel/contract/ids.ts';
import { overWithin, systemTimers, type Timers } from '../base/timers.ts';
import type { AppRecord } from '../store/rows.ts';
import { admit, assertMayBecome, type JoinRequest, type RoleGiver } from './admission.ts';
import { eventsOf, stateOf } from './announcements.ts';
import { ConferenceError } from './conference-error.ts';
import { ConferenceEvents } from './conference-events.ts';
import { ConferenceRegistry } from './conference-registry.ts';
import { ConferenceTimers } from './conference-timers.ts';
import type { ConferencesOptions } from './conferences-options.ts';
import { Enactor } from './enactor.ts';
import { Entrance } from './entrance.ts';
import { EventHub } from './event-hub.ts';
import { type ConferenceFigures, countLives, ReceivedTotals } from './figures.ts';
import { Founding, type FoundingWish } from './founding.ts';
import { type Joined, Joining, type MemberRef } from './joining.ts';
import { LastingWrites } from './lasting-writes.ts';
import { type LifeEvent, step } from './lifecycle.ts';
import {
  expiryOf,
  type LiveConference,
  type LiveMember,
  LONGEST_LIFE_MS,
  latestEndOf,
  type PublicationConnection,
} from './live-conference.ts';
import { MediaEvents } from './media-events.ts';
import { MediaPool } from './media-pool.ts';
import { readOfferFacts } from './offer-facts.ts';
import { Pairs } from './pairs.ts';
import { type Answered, type AssertRoom, Publications } from './publications.ts';
import { Receiving } from './receiving.ts';
import { restoreConference } from './restore.ts';
import { Revocations } from './revocations.ts';
import { Subscriptions } from './subscriptions.ts';
import { Turns } from './turns.ts';
import { conferenceView, conferenceWithMembers, memberView } from './views.ts';

export type { Joined, MemberRef } from './joining.ts';

/** How long a lost connection may be resumed (contract, "What ends what"). */
const HOLD_MS = 45_000;

/** How long stopping waits for files to be written, before it stops the processes that write them. */
const ENDING_LIMIT_MS = 5000;

const hasRoom = async (): Promise<void> => {};

export class Conferences {
  /** Who receives what. */
  readonly receiving: Receiving;
  readonly #options: ConferencesOptions;
  readonly #timers: Timers;
  readonly #live = new ConferenceRegistry();
  readonly #turns = new Turns<ConfrId>();
  readonly events: ConferenceEvents;
  readonly entrance: Entrance;
  /** Conferences of two. */
  readonly pairs: Pairs;
  readonly #hub: EventHub;
  readonly #writes: LastingWrites;
  readonly #media: MediaPool;
  readonly #publications: Publications;
  readonly #enactor: Enactor;
  readonly #founding: Founding;
  readonly #joining: Joining;
  readonly #revocations: Revocations;
  readonly #received = new ReceivedTotals();
  #closing = false;

  constructor(options: ConferencesOptions) {
    const { holdMs = HOLD_MS, timers = systemTimers } = options;
    this.#options = options;
    this.#timers = timers;
    this.#hub = new EventHub({ ...options, timers });
    const handle = (conference: LiveConference, event: LifeEvent) => this.#handle(conference, event);
    this.events = new ConferenceEvents({ live: this.#live, turns: this.#turns, hub: this.#hub, handle });
    const found = this.#found.bind(this);
    this.entrance = new Entrance({ live: this.#live, found });
    const [join, dissolve] = [this.join.bind(this), this.dissolve.bind(this)];
    this.pairs = new Pairs({ live: this.#live, ids: options.ids, found, join, dissolve });
    this.#writes = new LastingWrites({ ...options, timers });
    this.#media = new MediaPool({
      count: options.mediaProcesses,
      spawn: options.spawnMedia,
      events: { onEvent: (event) => told.handle(event), onDied: (ids) => told.handleDied(ids) },
      timers,
      log: options.log,
    });
    this.#publications = new Publications({ ...options, media: this.#media, writes: this.#writes });
    const subscriptions = new Subscriptions({ ...options, media: this.#media });
    this.receiving = new Receiving({
      ...{ live: this.#live, turns: this.#turns, subscriptions },
      assertOpen: () => this.#assertOpen(),
    });
    const told = new MediaEvents({
      ...{ publications: this.#publications, hub: this.#hub, log: options.log, nowMs: () => options.ids.nowMs() },
      handle,
    });
    this.#enactor = new Enactor({
      ...{
        ...options,
        holdMs,
        publications: this.#publications,
        subscriptions,
        writes: this.#writes,
      },
      onHoldOver: (conference, hold) => this.#handle(conference, { kind: 'holdOver', hold }),
      onBegan: (conference) => this.#setEnd(conference),
    });
    this.#founding = new Founding({ ...options, timers, writes: this.#writes });
    this.#joining = new Joining({ ...options, writes: this.#writes });
    this.#revocations = new Revocations({
      ...{ ...options, timers, live: this.#live, turns: this.#turns },
      step: (conference, event) => this.#step(conference, event),
      inBackground: (steps) => this.#inBackground(steps),
    });
  }

  /**
   * Waits for the media processes, then takes up the conferences that were open when the service stopped: their members have the
   * hold's time to come back. @throws ChildError where a media process cannot have its port
   */
  async start(): Promise<void> {
    await this.#media.ready();
    for (const row of await this.#options.store.conferences.open()) {
      const timers = new ConferenceTimers(this.#timers);
      const restored = await restoreConference(this.#options.store, row, this.#now(), timers);
      if (!restored) continue;
      const { conference, lastLeftAt } = restored;
      this.#add(conference);
      await this.#step(conference, { kind: 'restarted' }, lastLeftAt);
    }
    // Also what was revoked while no one looked.
    await this.#revocations.end(LONGEST_LIFE_MS);
    this.#revocations.watch.start();
  }

  /** @throws ConferenceError `busy` while the service stops */
  async create(app: AppRecord, body: CreateConferenceBody, creator: UserName | undefined): Promise<ConferenceView> {
    const conference = await this.#found(app, body, { creator });
    return conferenceView(conference, expiryOf(conference), this.#options.formatTime);
  }

  /** @throws ConferenceError `notFound` */
  async view(app: AppRecord, confrId: ConfrId): Promise<ConferenceWithMembers> {
    const conference = this.#live.conference(app.id, confrId);
    return conferenceWithMembers(conference, expiryOf(conference), this.#options.formatTime);
  }

  /** Ends the conference and everything in it; its recordings are finished and kept. @throws ConferenceError `notFound` */
  dissolve(app: AppRecord, confrId: ConfrId): Promise<void> {
    return this.#turns.take(confrId, () => this.#step(this.#live.conference(app.id, confrId), { kind: 'dissolved' }));
  }

  /** Removes a user for as long as the conference lasts. @throws ConferenceError `notFound` */
  kick(app: AppRecord, confrId: ConfrId, userName: UserName): Promise<void> {
    return this.#turns.take(confrId, async () => {
      const conference = this.#live.conference(app.id, confrId);
      const members = [...conference.members.values()].filter((member) => member.userName === userName);
      if (members.length === 0) throw ConferenceError.notFound('member');
      await this.#options.store.conferences.ban(confrId, userName);
      conference.banned.add(userName);
      await this.#step(conference, { kind: 'removed', memberIds: members.map(({ id }) => id), why: 'kicked' });
    });
  }

  /** The role of a member who is in, by his token. @throws ConferenceError `notFound` */
  roleOf(ref: MemberRef): Role {
    const { conference, member } = this.#live.memberOf(ref);
    return memberView(conference, member).role;
  }

  /** The user behind a member id. @throws ConferenceError `notFound` */
  userOf(app: AppRecord, confrId: ConfrId, memberId: MemberId): UserName {
    return this.#live.member(app.id, confrId, memberId).member.userName;
  }

  /** @throws ConferenceError `notFound`, `wrongPassword`, `banned`, `talkerLimit`, `audienceLimit`, `busy` */
  join(app: AppRecord, confrId: ConfrId, request: JoinRequest): Promise<Joined> {
    return this.#turns.take(confrId, async () => {
      const conference = this.#live.conference(app.id, confrId);
      this.#assertOpen();
      const role = admit(conference, request);
      const expiresAt = latestEndOf(conference);
      const { member, token, joinedAt } = await this.#joining.join(conference, request, role, expiresAt);
      conference.began ??= { monotonicMs: this.#options.nowMs(), wallMs: joinedAt.getTime() };
      conference.members.set(member.id, member);
      await this.#step(conference, { kind: 'joined', memberId: member.id, role });
      return { memberId: member.id, accessId: member.accessId, role, token, expiresAt };
    });
  }

  /** The last one to leave ends the conference. @throws ConferenceError `notFound` */
  leave(ref: MemberRef): Promise<void> {
    return this.#turns.take(ref.confrId, () => {
      const { conference, member } = this.#live.memberOf(ref);
      return this.#step(conference, { kind: 'left', memberId: member.id });
    });
  }

  /**
   * A role that is lowered to audience ends what its member publishes. Who is muted is not heard, nor recorded but as silence.
   * @throws ConferenceError `notFound`, `roleForbids`, `talkerLimit`, `audienceLimit`
   */
  change(
    app: AppRecord,
    confrId: ConfrId,
    memberId: MemberId,
    change: ChangeMemberBody,
    giver: RoleGiver,
  ): Promise<MemberView> {
    return this.#turns.take(confrId, async () => {
      const { conference, member } = this.#live.member(app.id, confrId, memberId);
      const before = memberView(conference, member);
      const { role = before.role, mute: muted = before.muted } = change;
      assertMayBecome(conference, before.role, role, giver);
      await this.#options.store.conferences.changeMember(memberId, { role, muted });
      await this.#step(conference, { kind: 'roleChanged', memberId, role });
      if (muted !== before.muted) await this.#mute(conference, member, muted);
      return memberView(conference, member);
    });
  }

  /**
   * `assertRoom` is asked last, when all else is right.
   * @throws ConferenceError `notFound`, `roleForbids`, `illegalSdp`, `videoLimit`, `busy`, and what `assertRoom` throws
   */
  publish(ref: MemberRef, offer: string, kind: PublicationKind, assertRoom: AssertRoom = hasRoom): Promise<Answered> {
    return this.#turns.take(ref.confrId, async () => {
      const { conference, member } = this.#live.memberOf(ref);
      this.#assertOpen();
      const { publication, answered } = await this.#publications.open(conference, member, offer, kind, assertRoom);
      conference.publications.set(publication.id, publication);
      await this.#step(conference, { kind: 'published', memberId: member.id, id: publication.id });
      return answered;
    });
  }

  /**
   * Goes on with a publication over a new connection, in the same file. `id`: undefined where what was given is nobody's.
   * @throws ConferenceError `illegalSdp`, `notFound`, `busy`
   */
  resume(ref: MemberRef, id: PubStreamId | undefined, offer: string): Promise<Answered> {
    return this.#turns.take(ref.confrId, async () => {
      readOfferFacts(offer, this.#live.memberOf(ref).conference.settings.videoCodecs);
      if (id === undefined) throw ConferenceError.notFound('publication');
      const { conference, publication } = this.#live.publicationOf(ref, id);
      const answered = await this.#publications.resume(conference, publication, offer);
      await this.#step(conference, { kind: 'resumed', id });
      return answered;
    });
  }

  /** The member stays. @throws ConferenceError `notFound` */
  unpublish(ref: MemberRef, id: PubStreamId): Promise<void> {
    return this.#turns.take(ref.confrId, () =>
      this.#step(this.#live.publicationOf(ref, id).conference, { kind: 'unpublished', id }),
    );
  }

  /** The latest connection of a publication. @throws ConferenceError `notFound` */
  connectionOf(ref: MemberRef, id: PubStreamId): PublicationConnection {
    return this.#live.publicationOf(ref, id).publication.connection;
  }

  /** How much runs at this moment, and how much was received. */
  async figures(): Promise<ConferenceFigures> {
    const stats = await this.#media.stats();
    const received = this.#received.take(stats);
    return { ...countLives(this.#live.all()), mediaProcesses: stats, received };
  }

  /** Ends the members whose tokens were revoked just now, by whomever. */
  async endRevoked(): Promise<void> {
    await this.#revocations.end();
  }

  /** Resolves when whatever was asked for, or came about by itself, is carried out. */
  async settled(): Promise<void> {
    await this.#revocations.watch.idle();
    await this.#turns.idle();
    await this.#writes.idle();
  }

  /** Closes every publication's file and the media processes. Members and conferences stay open, for the next start. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    await this.#revocations.watch.stop();
    for (const conference of this.#live.all()) {
      conference.timers.clear();
      this.#handle(conference, { kind: 'stopped' });
    }
    await overWithin(this.#timers, ENDING_LIMIT_MS, this.settled());
    for (const conference of this.#live.all()) conference.timers.clear();
    this.#writes.close();
    this.#hub.closeAll();
    await this.#media.close(graceMs);
  }

  async #mute(conference: LiveConference, member: LiveMember, muted: boolean): Promise<void> {
    member.muted = muted;
    this.#hub.publish(conference.id, [{ kind: 'memberMuted', memberId: member.id, muted }]);
    await this.#publications.muteOf(conference, member.id, muted);
  }

  /** `at`: when what happened came about; now, unless given. */
  async #step(conference: LiveConference, event: LifeEvent, at = this.#date()): Promise<void> {
    const before = conference.life;
    const stepped = step(before, event);
    conference.life = stepped.life;
    this.#hub.publish(conference.id, eventsOf(conference, before, stepped));
    if (stepped.life.phase === 'ended') {
      this.#live.remove(conference.id);
      this.#hub.close(conference.id);
    }
    await this.#enactor.enact(conference, stepped.effects, at);
  }

  /** Of what comes about by itself. */
  #handle(conference: LiveConference, event: LifeEvent): void {
    this.#inBackground([this.#turns.take(conference.id, () => this.#step(conference, event))]);
  }

  #inBackground(steps: readonly Promise<void>[]): void {
    for (const step of steps) {
      step.catch((error: unknown) =>
        this.#options.log.error({ err: error }, 'a conference could not be brought up to date'),
      );
    }
  }

  async #found(app: AppRecord, body: CreateConferenceBody, wish: FoundingWish): Promise<LiveConference> {
    this.#assertOpen();
    const conference = await this.#founding.found(app, body, wish);
    this.#add(conference);
    return conference;
  }

  #add(conference: LiveConference): void {
    this.#live.add(conference);
    this.#hub.open(conference.id, stateOf(conference));
    this.#setEnd(conference);
  }

  /** Its end by itself: nobody came within its delay, or a day is over. */
  #setEnd(conference: LiveConference): void {
    if (this.#closing) return;
    const kind = conference.life.phase === 'waiting' ? 'delayOver' : 'expired';
    const waitMs = expiryOf(conference).getTime() - this.#date().getTime();
    conference.timers.setEnd(waitMs, () => this.#handle(conference, { kind }));
  }

  #assertOpen(): void {
    if (this.#closing) throw ConferenceError.stopping();
  }

  #now(): { monotonicMs: number; wallMs: number } {
    return { monotonicMs: this.#options.nowMs(), wallMs: this.#options.ids.nowMs() };
  }

  #date(): Date {
    return new Date(this.#options.ids.nowMs());
  }
}
