/**
 * Conferences and their members, from creation to the last leave. One at a time per conference: every change to it takes its
 * turn, so that a leave, a kick and a dissolution at the same moment end things once.
 */
import type {
  ConferenceView,
  ConferenceWithMembers,
  CreateConferenceBody,
  PublicationKind,
  Role,
} from '@callreel/contract/conference.ts';
import {
  type ConfrId,
  type IdSource,
  type MemberId,
  makeAccessId,
  makeConfrId,
  makeMemberId,
  type PubStreamId,
  type RecordingKey,
  type UserName,
} from '@callreel/contract/ids.ts';
import type { Logger } from '../base/log.ts';
import type { MediaEvent } from '../sfu/protocol.ts';
import type { AppRecord } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { admit, type JoinRequest } from './admission.ts';
import { ConferenceError } from './conference-error.ts';
import type { LiveConference, LiveMember } from './live-conference.ts';
import { MediaPool, type SpawnMediaProcess } from './media-pool.ts';
import { HOLD_MS, Publications } from './publications.ts';
import { restoreConference } from './restore.ts';
import { readConferenceSettings, readConferenceType } from './settings.ts';
import { Turns } from './turns.ts';
import { conferenceView, conferenceWithMembers, type FormatTime } from './views.ts';

/** A member as a token names him. */
export type MemberRef = { appId: number; confrId: ConfrId; memberId: MemberId; userName: UserName };

export type Joined = { memberId: MemberId; accessId: string; role: Role; token: string; expiresAt: Date };

export type ConferencesOptions = {
  store: Store;
  ids: IdSource;
  /** Milliseconds on the monotonic clock. */
  nowMs: () => number;
  bootId: string;
  formatTime: FormatTime;
  mediaProcesses: number;
  spawnMedia: SpawnMediaProcess;
  issueMemberToken(member: MemberRef, ttlSeconds: number): Promise<{ token: string }>;
  onRecordingEnded(recordingKey: RecordingKey): void;
  onConferenceEnded(confrId: ConfrId): void;
  log: Logger;
  /** For tests; the contract's 45 s otherwise. */
  holdMs?: number;
};

/** No conference outlives a day: `expireDate` says so, and member tokens end with it. */
const LONGEST_LIFE_MS = 24 * 3600 * 1000;

export class Conferences {
  readonly #options: ConferencesOptions;
  readonly #live = new Map<ConfrId, LiveConference>();
  readonly #turns = new Turns<ConfrId>();
  readonly #media: MediaPool;
  readonly #publications: Publications;
  readonly #holdMs: number;
  #closed = false;

  constructor(options: ConferencesOptions) {
    this.#options = options;
    this.#holdMs = options.holdMs ?? HOLD_MS;
    this.#media = new MediaPool({
      count: options.mediaProcesses,
      spawn: options.spawnMedia,
      events: { onEvent: (event) => this.#handleMedia(event), onDied: (ids) => this.#handleDied(ids) },
      log: options.log,
    });
    this.#publications = new Publications({
      ...options,
      media: this.#media,
      holdMs: this.#holdMs,
      onHoldOver: (conference, member) => this.#handleHoldOver(conference, member),
    });
  }

  /**
   * Waits for the media processes, then takes up the conferences that were open when the service stopped: their members have the
   * hold's time to come back. @throws ChildError where a media process cannot have its port
   */
  async start(): Promise<void> {
    await this.#media.ready();
    for (const row of await this.#options.store.conferences.open()) {
      const conference = await restoreConference(this.#options.store, row, this.#now());
      if (!conference) continue;
      this.#live.set(conference.id, conference);
      this.#armEndTimer(conference);
      for (const member of conference.members.values()) this.#holdMember(conference, member);
      if (conference.began && conference.members.size === 0) await this.#end(conference, 'left');
    }
  }

  async create(app: AppRecord, body: CreateConferenceBody, creator: UserName | undefined): Promise<ConferenceView> {
    const conference: LiveConference = {
      id: makeConfrId(this.#options.ids),
      app,
      type: readConferenceType(body),
      password: body.password ?? '',
      rec: (body.rec ?? false) || (body.recMerge ?? false),
      recMerge: body.recMerge ?? false,
      creator: creator ?? null,
      settings: readConferenceSettings(body),
      createdAt: this.#date(),
      began: null,
      members: new Map(),
      memberOrdinal: 0,
      banned: new Set(),
      endTimer: undefined,
    };
    const { id, type, password, rec, recMerge, settings, createdAt } = conference;
    await this.#options.store.conferences.insert({
      ...{ id, appId: app.id, type, password, rec, recMerge, creator: conference.creator, settings, createdAt },
      beganAt: null,
      endedAt: null,
    });
    this.#live.set(id, conference);
    this.#armEndTimer(conference);
    return conferenceView(conference, this.#expiry(conference), this.#options.formatTime);
  }

  /** @throws ConferenceError `notFound` */
  async view(app: AppRecord, confrId: ConfrId): Promise<ConferenceWithMembers> {
    const conference = this.#of(app.id, confrId);
    return conferenceWithMembers(conference, this.#expiry(conference), this.#options.formatTime);
  }

  /** Ends the conference and everything in it; its recordings are finished and kept. @throws ConferenceError `notFound` */
  dissolve(app: AppRecord, confrId: ConfrId): Promise<void> {
    return this.#turns.take(confrId, () => this.#end(this.#of(app.id, confrId), 'dissolved'));
  }

  /** Removes a user for as long as the conference lasts. @throws ConferenceError `notFound` */
  kick(app: AppRecord, confrId: ConfrId, userName: UserName): Promise<void> {
    return this.#turns.take(confrId, async () => {
      const conference = this.#of(app.id, confrId);
      const members = [...conference.members.values()].filter((member) => member.userName === userName);
      if (members.length === 0) throw ConferenceError.notFound('member');
      conference.banned.add(userName);
      await this.#options.store.conferences.ban(confrId, userName);
      for (const member of members) await this.#endMember(conference, member, 'kicked');
    });
  }

  /** The role of a member who is in, by his token. @throws ConferenceError `notFound` */
  roleOf(member: MemberRef): Role {
    return this.#memberOf(member).member.role;
  }

  /** The user behind a member id. @throws ConferenceError `notFound` */
  userOf(app: AppRecord, confrId: ConfrId, memberId: MemberId): UserName {
    const member = this.#of(app.id, confrId).members.get(memberId);
    if (!member) throw ConferenceError.notFound('member');
    return member.userName;
  }

  /** @throws ConferenceError `notFound`, `wrongPassword`, `banned`, `talkerLimit`, `audienceLimit` */
  join(app: AppRecord, confrId: ConfrId, request: JoinRequest): Promise<Joined> {
    return this.#turns.take(confrId, async () => {
      const conference = this.#of(app.id, confrId);
      const role = admit(conference, request);
      const member = await this.#addMember(conference, request.userName, role);
      const ttlSeconds = Math.ceil((this.#expiry(conference).getTime() - this.#date().getTime()) / 1000);
      const ref = { appId: app.id, confrId, memberId: member.id, userName: member.userName };
      const { token } = await this.#options.issueMemberToken(ref, ttlSeconds);
      return { memberId: member.id, accessId: member.accessId, role, token, expiresAt: this.#expiry(conference) };
    });
  }

  /** The last one to leave ends the conference. @throws ConferenceError `notFound` */
  leave(ref: MemberRef): Promise<void> {
    return this.#turns.take(ref.confrId, () => {
      const { conference, member } = this.#memberOf(ref);
      return this.#endMember(conference, member, 'left');
    });
  }

  /** @throws ConferenceError `notFound`, `roleForbids`, `videoLimit`, `illegalSdp`, `busy` */
  publish(ref: MemberRef, offer: string, kind: PublicationKind): Promise<{ pubStreamId: PubStreamId; answer: string }> {
    return this.#turns.take(ref.confrId, () => {
      const { conference, member } = this.#memberOf(ref);
      this.#releaseHold(member);
      return this.#publications.publish(conference, member, offer, kind);
    });
  }

  /** @throws ConferenceError `notFound`, `illegalSdp`, `busy` */
  resume(ref: MemberRef, id: PubStreamId, offer: string): Promise<{ pubStreamId: PubStreamId; answer: string }> {
    return this.#turns.take(ref.confrId, () => this.#publications.resume(this.#memberOf(ref).member, id, offer));
  }

  /** The member stays. @throws ConferenceError `notFound` */
  unpublish(ref: MemberRef, id: PubStreamId): Promise<void> {
    return this.#turns.take(ref.confrId, () => this.#publications.unpublish(this.#memberOf(ref).member, id));
  }

  /** Closes every publication's file and the media processes. Members and conferences stay open, for the next start. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    for (const conference of this.#live.values()) {
      clearTimeout(conference.endTimer);
      for (const member of conference.members.values()) {
        this.#releaseHold(member);
        await this.#publications.endAllOf(member, 'serverStopped');
      }
    }
    await this.#media.close(graceMs);
  }

  async #addMember(conference: LiveConference, userName: UserName, role: Role): Promise<LiveMember> {
    const { store, ids } = this.#options;
    conference.memberOrdinal += 1;
    const member: LiveMember = {
      id: makeMemberId(conference.id, conference.memberOrdinal),
      userName,
      accessId: makeAccessId(ids),
      role,
      publications: new Map(),
      holdTimer: undefined,
    };
    const joinedAt = this.#date();
    const { id, accessId } = member;
    await store.conferences.insertMember({
      ...{ id, confrId: conference.id, appId: conference.app.id, userName, accessId, role, joinedAt },
      leftAt: null,
    });
    conference.members.set(id, member);
    if (!conference.began) {
      conference.began = { monotonicMs: this.#options.nowMs(), wallMs: joinedAt.getTime() };
      await store.conferences.markBegan(conference.id, joinedAt);
      this.#armEndTimer(conference);
    }
    return member;
  }

  async #endMember(conference: LiveConference, member: LiveMember, reason: string): Promise<void> {
    if (!conference.members.delete(member.id)) return;
    this.#releaseHold(member);
    const leftAt = this.#date();
    await this.#options.store.tokens.revokeMember(member.id);
    await this.#publications.endAllOf(member, reason);
    await this.#options.store.conferences.markLeft(member.id, leftAt);
    if (conference.members.size === 0) await this.#end(conference, reason, leftAt);
  }

  async #end(conference: LiveConference, reason: string, at = this.#date()): Promise<void> {
    if (!this.#live.delete(conference.id)) return;
    clearTimeout(conference.endTimer);
    const members = [...conference.members.values()];
    conference.members.clear();
    for (const member of members) {
      this.#releaseHold(member);
      await this.#options.store.tokens.revokeMember(member.id);
      await this.#options.store.conferences.markLeft(member.id, at);
    }
    await this.#options.store.conferences.markEnded(conference.id, at);
    await Promise.all(members.map((member) => this.#publications.endAllOf(member, reason)));
    this.#options.log.info({ confrId: conference.id, reason }, 'conference ended');
    this.#options.onConferenceEnded(conference.id);
  }

  #handleMedia(event: MediaEvent): void {
    switch (event.kind) {
      case 'connected':
        this.#publications.handleConnected(event.publicationId);
        return;
      case 'lost':
        this.#publications.handleLost(event.publicationId);
        return;
      case 'recordingEnded':
        if (event.error !== undefined) this.#options.log.error(event, 'a recording was cut short');
        return;
    }
  }

  #handleDied(ids: PubStreamId[]): void {
    this.#inBackground(
      this.#publications.handleDied(ids).then((lost) => {
        for (const { conference, member } of lost) this.#holdMember(conference, member);
      }),
    );
  }

  /** A member who has nothing left but what was lost ends with it. */
  #handleHoldOver(conference: LiveConference, member: LiveMember): void {
    if (member.publications.size > 0 || this.#closed) return;
    this.#inBackground(this.#turns.take(conference.id, () => this.#endMember(conference, member, 'connectionLost')));
  }

  #holdMember(conference: LiveConference, member: LiveMember): void {
    this.#releaseHold(member);
    member.holdTimer = setTimeout(() => this.#handleHoldOver(conference, member), this.#holdMs);
  }

  #releaseHold(member: LiveMember): void {
    clearTimeout(member.holdTimer);
    member.holdTimer = undefined;
  }

  #armEndTimer(conference: LiveConference): void {
    clearTimeout(conference.endTimer);
    const waitMs = Math.max(0, this.#expiry(conference).getTime() - this.#date().getTime());
    const end = () => this.#inBackground(this.#turns.take(conference.id, () => this.#end(conference, 'expired')));
    conference.endTimer = setTimeout(end, waitMs);
  }

  /** When it will be dissolved by itself: nobody came within its delay, or a day is over. */
  #expiry(conference: LiveConference): Date {
    const lifeMs = conference.began ? LONGEST_LIFE_MS : conference.settings.confrDelayMs;
    return new Date(conference.createdAt.getTime() + lifeMs);
  }

  #of(appId: number, confrId: ConfrId): LiveConference {
    const conference = this.#live.get(confrId);
    if (!conference || conference.app.id !== appId) throw ConferenceError.notFound('conference');
    return conference;
  }

  #memberOf(ref: MemberRef): { conference: LiveConference; member: LiveMember } {
    const conference = this.#of(ref.appId, ref.confrId);
    const member = conference.members.get(ref.memberId);
    if (!member) throw ConferenceError.notFound('member');
    return { conference, member };
  }

  #inBackground(work: Promise<unknown>): void {
    work.catch((error: unknown) =>
      this.#options.log.error({ err: error }, 'a conference could not be brought up to date'),
    );
  }

  #now(): { monotonicMs: number; wallMs: number } {
    return { monotonicMs: this.#options.nowMs(), wallMs: this.#options.ids.nowMs() };
  }

  #date(): Date {
    return new Date(this.#options.ids.nowMs());
  }
}
