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
  Role,
} from '@callreel/contract/conference.ts';
import type { ConfrId, MemberId, UserName } from '@callreel/contract/ids.ts';
import { overWithin, systemTimers, type Timers } from '../base/timers.ts';
import type { AppRecord } from '../store/rows.ts';
import { admit, assertMayBecome, type JoinRequest, type RoleGiver } from './admission.ts';
import { ConferenceError } from './conference-error.ts';
import { ConferenceEvents } from './conference-events.ts';
import { ConferenceRegistry } from './conference-registry.ts';
import { ConferenceTimers } from './conference-timers.ts';
import type { ConferencesOptions } from './conferences-options.ts';
import { Course } from './course.ts';
import { Enactor } from './enactor.ts';
import { Entrance } from './entrance.ts';
import { EventHub } from './event-hub.ts';
import { type ConferenceFigures, countLives, ReceivedTotals } from './figures.ts';
import { Founding, type FoundingWish } from './founding.ts';
import { type Joined, Joining, type MemberRef } from './joining.ts';
import { LastingWrites } from './lasting-writes.ts';
import type { LifeEvent } from './lifecycle.ts';
import { expiryOf, type LiveConference, type LiveMember, LONGEST_LIFE_MS, latestEndOf } from './live-conference.ts';
import { LiveRecordings } from './live-recordings.ts';
import { MediaEvents } from './media-events.ts';
import { MediaPool } from './media-pool.ts';
import { Pairs } from './pairs.ts';
import { Publications } from './publications.ts';
import { Publishing } from './publishing.ts';
import { Receiving } from './receiving.ts';
import { RecordingControl } from './recording-control.ts';
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

export class Conferences {
  /** Who publishes what. */
  readonly publishing: Publishing;
  /** Who receives what. */
  readonly receiving: Receiving;
  /** What is recorded. */
  readonly recording: RecordingControl;
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
  readonly #course: Course;
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
    const [live, turns, hub, nowMs] = [this.#live, this.#turns, this.#hub, () => options.ids.nowMs()];
    this.#course = new Course({
      ...{ live, turns, hub, nowMs, log: options.log },
      enact: (...work) => this.#enactor.enact(...work),
    });
    const handle = (conference: LiveConference, event: LifeEvent) => this.#course.handle(conference, event);
    const step = (conference: LiveConference, event: LifeEvent) => this.#course.step(conference, event);
    const assertOpen = this.#assertOpen.bind(this);
    this.events = new ConferenceEvents({ live, turns, hub, handle });
    const found = this.#found.bind(this);
    this.entrance = new Entrance({ live, found });
    const [join, dissolve] = [this.join.bind(this), this.dissolve.bind(this)];
    this.pairs = new Pairs({ live, ids: options.ids, found, join, dissolve });
    this.#writes = new LastingWrites({ ...options, timers });
    this.#media = new MediaPool({
      count: options.mediaProcesses,
      spawn: options.spawnMedia,
      events: { onEvent: (event) => told.handle(event), onDied: (ids) => told.handleDied(ids) },
      timers,
      log: options.log,
    });
    const recordings = new LiveRecordings({ ...options, media: this.#media, writes: this.#writes });
    this.#publications = new Publications({ ...options, media: this.#media, recordings, writes: this.#writes });
    const subscriptions = new Subscriptions({ ...options, media: this.#media });
    this.publishing = new Publishing({ live, turns, publications: this.#publications, assertOpen, step });
    this.receiving = new Receiving({ live, turns, subscriptions, assertOpen });
    this.recording = new RecordingControl({ ...options, live, turns, hub, recordings, nowMs, assertOpen });
    const told = new MediaEvents({
      ...{ publications: this.#publications, recordings, hub, log: options.log, nowMs, handle },
    });
    this.#enactor = new Enactor({
      ...{
        ...options,
        holdMs,
        publications: this.#publications,
        subscriptions,
        writes: this.#writes,
      },
      onHoldOver: (conference, hold) => handle(conference, { kind: 'holdOver', hold }),
      onBegan: (conference) => this.#course.setEnd(conference),
    });
    this.#founding = new Founding({ ...options, timers, writes: this.#writes });
    this.#joining = new Joining({ ...options, writes: this.#writes });
    this.#revocations = new Revocations({
      ...{ ...options, timers, live, turns, step },
      inBackground: (steps) => this.#course.inBackground(steps),
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
      this.#course.begin(conference);
      await this.#course.step(conference, { kind: 'restarted' }, lastLeftAt);
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
    return this.#turns.take(confrId, () =>
      this.#course.step(this.#live.conference(app.id, confrId), { kind: 'dissolved' }),
    );
  }

  /** Removes a user for as long as the conference lasts. @throws ConferenceError `notFound` */
  kick(app: AppRecord, confrId: ConfrId, userName: UserName): Promise<void> {
    return this.#turns.take(confrId, async () => {
      const conference = this.#live.conference(app.id, confrId);
      const members = [...conference.members.values()].filter((member) => member.userName === userName);
      if (members.length === 0) throw ConferenceError.notFound('member');
      await this.#options.store.conferences.ban(confrId, userName);
      conference.banned.add(userName);
      await this.#course.step(conference, { kind: 'removed', memberIds: members.map(({ id }) => id), why: 'kicked' });
    });
  }

  /** The role of a member who is in, by his token. @throws ConferenceError `notFound` */
  roleOf(ref: MemberRef): Role {
    const { conference, member } = this.#live.memberOf(ref);
    return memberView(conference, member).role;
  }

  /** Whether he is in, by his token. The store hears of his end a moment after those who follow the conference. */
  isIn({ appId, confrId, memberId }: MemberRef): boolean {
    const conference = this.#live.find(confrId);
    return conference?.app.id === appId && conference.members.has(memberId);
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
      await this.#course.step(conference, { kind: 'joined', memberId: member.id, role });
      const { recording } = conference;
      return { memberId: member.id, accessId: member.accessId, role, token, expiresAt, recording };
    });
  }

  /** The last one to leave ends the conference. @throws ConferenceError `notFound` */
  leave(ref: MemberRef): Promise<void> {
    return this.#turns.take(ref.confrId, () => {
      const { conference, member } = this.#live.memberOf(ref);
      return this.#course.step(conference, { kind: 'left', memberId: member.id });
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
      await this.#course.step(conference, { kind: 'roleChanged', memberId, role });
      if (muted !== before.muted) await this.#mute(conference, member, muted);
      return memberView(conference, member);
    });
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
    this.#course.close();
    await this.#revocations.watch.stop();
    for (const conference of this.#live.all()) {
      conference.timers.clear();
      this.#course.handle(conference, { kind: 'stopped' });
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

  async #found(app: AppRecord, body: CreateConferenceBody, wish: FoundingWish): Promise<LiveConference> {
    this.#assertOpen();
    const conference = await this.#founding.found(app, body, wish);
    this.#course.begin(conference);
    return conference;
  }

  #assertOpen(): void {
    if (this.#closing) throw ConferenceError.stopping();
  }

  #now(): { monotonicMs: number; wallMs: number } {
    return { monotonicMs: this.#options.nowMs(), wallMs: this.#options.ids.nowMs() };
  }
}
