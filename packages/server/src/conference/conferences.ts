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
import type { MediaEvent } from '../sfu/protocol.ts';
import type { AppRecord } from '../store/rows.ts';
import { admit, assertMayBecome, type JoinRequest, type RoleGiver } from './admission.ts';
import { ConferenceError } from './conference-error.ts';
import { ConferenceRegistry } from './conference-registry.ts';
import { ConferenceTimers } from './conference-timers.ts';
import type { ConferencesOptions } from './conferences-options.ts';
import { Enactor } from './enactor.ts';
import { type ConferenceFigures, countLives, ReceivedTotals } from './figures.ts';
import { Founding } from './founding.ts';
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
import { MediaPool } from './media-pool.ts';
import { readOfferFacts } from './offer-facts.ts';
import { type Answered, type AssertRoom, Publications } from './publications.ts';
import { restoreConference } from './restore.ts';
import { OVERLAP_MS, RevocationWatch } from './revocation-watch.ts';
import { Turns } from './turns.ts';
import { conferenceView, conferenceWithMembers, memberView } from './views.ts';

export type { Joined, MemberRef } from './joining.ts';

/** How long a lost connection may be resumed (contract, "What ends what"). */
const HOLD_MS = 45_000;

/** How long stopping waits for files to be written, before it stops the processes that write them. */
const ENDING_LIMIT_MS = 5000;

const hasRoom = async (): Promise<void> => {};

export class Conferences {
  readonly #options: ConferencesOptions;
  readonly #timers: Timers;
  readonly #live = new ConferenceRegistry();
  readonly #turns = new Turns<ConfrId>();
  readonly #writes: LastingWrites;
  readonly #media: MediaPool;
  readonly #publications: Publications;
  readonly #enactor: Enactor;
  readonly #founding: Founding;
  readonly #joining: Joining;
  readonly #watch: RevocationWatch;
  readonly #received = new ReceivedTotals();
  #closing = false;

  constructor(options: ConferencesOptions) {
    const { holdMs = HOLD_MS, timers = systemTimers } = options;
    this.#options = options;
    this.#timers = timers;
    this.#writes = new LastingWrites({ ...options, timers });
    this.#media = new MediaPool({
      count: options.mediaProcesses,
      spawn: options.spawnMedia,
      events: { onEvent: (event) => this.#handleMedia(event), onDied: (ids) => this.#handleDied(ids) },
      timers,
      log: options.log,
    });
    this.#publications = new Publications({ ...options, media: this.#media, writes: this.#writes });
    this.#enactor = new Enactor({
      ...options,
      holdMs,
      publications: this.#publications,
      writes: this.#writes,
      onHoldOver: (conference, hold) => this.#handle(conference, { kind: 'holdOver', hold }),
      onBegan: (conference) => this.#setEnd(conference),
    });
    this.#founding = new Founding({ ...options, timers, writes: this.#writes });
    this.#joining = new Joining({ ...options, writes: this.#writes });
    this.#watch = new RevocationWatch({
      ...{ ...options, timers },
      // One conference that takes long does not keep it from looking at the others.
      end: async (withinMs) => this.#inBackground(await this.#endRevokedWithin(withinMs)),
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
      this.#live.add(conference);
      this.#setEnd(conference);
      await this.#step(conference, { kind: 'restarted' }, lastLeftAt);
    }
    // Also what was revoked while no one looked.
    await Promise.all(await this.#endRevokedWithin(LONGEST_LIFE_MS));
    this.#watch.start();
  }

  /** @throws ConferenceError `busy` while the service stops */
  async create(app: AppRecord, body: CreateConferenceBody, creator: UserName | undefined): Promise<ConferenceView> {
    this.#assertOpen();
    const conference = await this.#founding.found(app, body, creator);
    this.#live.add(conference);
    this.#setEnd(conference);
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
    await Promise.all(await this.#endRevokedWithin(OVERLAP_MS));
  }

  /** Resolves when whatever was asked for, or came about by itself, is carried out. */
  async settled(): Promise<void> {
    await this.#watch.idle();
    await this.#turns.idle();
    await this.#writes.idle();
  }

  /** Closes every publication's file and the media processes. Members and conferences stay open, for the next start. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    await this.#watch.stop();
    for (const conference of this.#live.all()) {
      conference.timers.clear();
      this.#handle(conference, { kind: 'stopped' });
    }
    await overWithin(this.#timers, ENDING_LIMIT_MS, this.settled());
    for (const conference of this.#live.all()) conference.timers.clear();
    this.#writes.close();
    await this.#media.close(graceMs);
  }

  /** Whoever is out already, or just coming in, is found so when it is his conference's turn. */
  async #endRevokedWithin(ms: number): Promise<Promise<void>[]> {
    if (this.#live.isEmpty) return [];
    const revoked = await this.#options.store.tokens.revokedMembers(ms);
    return [...Map.groupBy(revoked, ({ confrId }) => confrId)].flatMap(([confrId, members]) => {
      const conference = this.#live.find(confrId);
      const memberIds = members.map(({ memberId }) => memberId);
      if (conference === undefined) return [];
      return this.#turns.take(confrId, () =>
        this.#step(conference, { kind: 'removed', memberIds, why: 'tokenRevoked' }),
      );
    });
  }

  async #mute(conference: LiveConference, member: LiveMember, muted: boolean): Promise<void> {
    member.muted = muted;
    const own = [...conference.publications.values()].filter(({ memberId }) => memberId === member.id);
    // One that cannot be told is gone with its process.
    await Promise.allSettled(own.map((publication) => this.#publications.mute(publication, muted)));
  }

  /** `at`: when what happened came about; now, unless given. */
  async #step(conference: LiveConference, event: LifeEvent, at = this.#date()): Promise<void> {
    const { life, effects } = step(conference.life, event);
    conference.life = life;
    if (life.phase === 'ended') this.#live.remove(conference.id);
    await this.#enactor.enact(conference, effects, at);
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

  #handleMedia(event: MediaEvent): void {
    if (event.kind === 'recordingEnded') {
      if (event.error !== undefined) this.#options.log.error(event, 'a recording was cut short');
      return;
    }
    const conference = this.#publications.conferenceOf(event.publicationId);
    if (conference === undefined) return;
    const { kind, publicationId: id } = event;
    this.#handle(conference, kind === 'lost' ? { kind, id, atMs: this.#options.ids.nowMs() } : { kind, id });
  }

  #handleDied(ids: PubStreamId[]): void {
    const byConference = Map.groupBy(ids, (id) => this.#publications.conferenceOf(id));
    for (const [conference, lost] of byConference)
      if (conference) this.#handle(conference, { kind: 'mediaDied', ids: lost });
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
