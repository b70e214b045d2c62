/** Conferences that live through anything: a history of joins, losses, kills and outages is carried out on the real thing. */
import {
  type ConfrId,
  type MemberId,
  type PubStreamId,
  parseConfrId,
  type RecordingKey,
  type UserName,
} from '@callreel/contract/ids.ts';
import type { RecordingAction } from '@callreel/contract/recording-control.ts';
import { CHROMIUM_OFFER as OFFER } from '@callreel/media/sdp/offers-fixture.ts';
import { VirtualTime } from '@callreel/server/base/virtual-time-fixture.ts';
import type { Joined, MemberRef } from '@callreel/server/conference/conferences.ts';
import type { AppRecord } from '@callreel/server/store/rows.ts';
import type { Store } from '@callreel/server/store/store.ts';
import { Tokens } from '@callreel/server/web/tokens.ts';
import type { TestPostgres } from '../postgres.ts';
import { createApp } from '../store-rows.ts';
import { type Action, type Happening, OF_ALL } from './world-actions.ts';
import type { FactReader } from './world-facts.ts';
import { count, MEDIA_PROCESSES, turn, WorldNode } from './world-node.ts';
import { WorldSockets } from './world-sockets.ts';
import { hashOf, isRefusal, modulo, USERS, userAt } from './world-users.ts';

export type Member = MemberRef & Joined;
export type Publication = { id: PubStreamId; owner: Member };

/** The longest pause between two tries of a write that the database did not take. */
export const RETRY_MS = 31_000;
export const DELAY_MS = 120_000;
const SMALL = { maxTalkerCount: 2, maxVideoCount: 2, maxAudienceCount: 1 } as const;

export type WorldParts = { postgres: TestPostgres; store: Store; facts: FactReader };

export class World {
  readonly parts: WorldParts;
  readonly app: AppRecord;
  readonly time = new VirtualTime();
  readonly #tokens: Tokens;
  readonly #userTokens = new Map<UserName, string>();
  node: WorldNode;

  readonly conferences: ConfrId[] = [];
  readonly members: Member[] = [];
  readonly publications: Publication[] = [];
  /** How often each was told. */
  readonly recordingsEnded = new Map<RecordingKey, number>();
  readonly conferencesEnded = new Map<ConfrId, number>();
  /** A process ended before it had told all there was to tell: the sweep at the next start takes that up, which is not here. */
  cutShort = false;
  /** What the database was not there for may be missing from it until then. */
  writesDueMs = 0;
  /** When each was lost that did not come back. */
  readonly lost = new Map<PubStreamId, number>();
  /** Something else than its hold may have ended it. */
  readonly excused = new Set<PubStreamId>();
  /** Their tokens are revoked, and the service is yet to find out. */
  readonly doomed = new Set<MemberId>();
  /** When each lost all that he had; until he is heard of again. */
  readonly adrift = new Map<string, number>();
  readonly sockets = new WorldSockets();

  private constructor(parts: WorldParts, app: AppRecord) {
    this.parts = parts;
    this.app = app;
    this.#tokens = new Tokens({ store: parts.store, nowMs: this.time.nowMs });
    this.node = this.#newNode();
  }

  static async begin(parts: WorldParts): Promise<World> {
    const world = new World(parts, await createApp(parts.store));
    for (const user of USERS) await world.#signIn(user);
    await world.node.conferences.start();
    for (const small of [true, false]) await world.#attempt({ kind: 'create', rec: true, small });
    return world;
  }

  async happen(happening: Happening): Promise<void> {
    switch (happening.kind) {
      case 'burst':
        await Promise.all(happening.actions.map((action) => this.#attempt(action)));
        await this.settled();
        break;
      case 'leap':
        await this.leap(happening.byMs);
        break;
      case 'restart':
        await this.#restart();
        break;
      case 'kill':
        await this.#kill(happening.actions, happening.afterTurns);
        break;
    }
  }

  /** Lets time go by until everything must be over. */
  async outlive(): Promise<void> {
    this.#mend();
    await this.leap(RETRY_MS);
    await this.leap(25 * 3600_000);
    await this.leap(RETRY_MS);
  }

  /** Leaves nothing to the next one: whatever was found. */
  async abandon(): Promise<void> {
    if (this.node.isAlive) await this.node.kill();
    for (const row of await this.parts.store.conferences.open()) {
      await this.parts.store.conferences.markEnded(row.id, new Date());
    }
  }

  async leap(byMs: number): Promise<void> {
    await this.time.leap(byMs, () => this.settled());
  }

  async settled(): Promise<void> {
    await this.node.conferences.settled();
    this.#noteOutage();
  }

  async #attempt(action: Action): Promise<void> {
    const { node } = this;
    try {
      await this.#perform(action);
    } catch (error) {
      if (node.isAlive && !isRefusal(error)) throw error;
    }
  }

  async #perform(action: Action): Promise<void> {
    const { conferences } = this.node;
    switch (action.kind) {
      case 'create': {
        const body = { rec: action.rec, confrDelayMillis: DELAY_MS, ...(action.small ? SMALL : {}) };
        const confrId = parseConfrId((await conferences.create(this.app, body, undefined)).id);
        if (confrId === undefined) return;
        this.conferences.push(confrId);
        this.sockets.listen(conferences, this.app.id, confrId);
        return;
      }
      case 'join':
        return this.#withConference(action.conference, (confrId) => this.#join(confrId, action));
      case 'leave':
        return this.#withMember(action.member, (member) => {
          this.#excuse(({ owner }) => owner === member);
          return conferences.leave(member);
        });
      case 'kick':
        return this.#withConference(action.conference, (confrId) => {
          this.#excuse(({ owner }) => owner.confrId === confrId);
          return conferences.kick(this.app, confrId, userAt(action.user));
        });
      case 'change':
        return this.#withMember(action.member, async (member) => {
          if (action.role === 'audience') this.#excuse(({ owner }) => owner === member);
          const { confrId, memberId } = member;
          await conferences.change(this.app, confrId, memberId, { role: action.role, mute: action.mute }, 'app');
        });
      case 'publish':
        return this.#withMember(action.member, async (owner) => {
          const { pubStreamId: id } = await conferences.publishing.publish(
            owner,
            action.legal ? OFFER : 'x',
            action.as,
          );
          this.publications.push({ id, owner });
          this.adrift.delete(owner.memberId);
        });
      case 'unpublish':
        return this.#withPublication(action.publication, async ({ id, owner }) => {
          this.excused.add(id);
          await conferences.publishing.unpublish(owner, id);
          // He is there: he asked for it.
          this.adrift.delete(owner.memberId);
        });
      case 'resume':
        return this.#withPublication(action.publication, async ({ id, owner }) => {
          await conferences.publishing.resume(owner, id, OFFER);
          this.lost.delete(id);
          this.adrift.delete(owner.memberId);
        });
      case 'lose':
        return this.#withPublication(action.publication, async ({ id }) => {
          if (!this.node.media.open.includes(id)) return;
          if (!this.lost.has(id)) this.lost.set(id, this.time.nowMs());
          this.node.media.lose(id);
        });
      case 'connect':
        return this.#withPublication(action.publication, async ({ id, owner }) => {
          if (!this.node.media.open.includes(id)) return;
          this.lost.delete(id);
          this.adrift.delete(owner.memberId);
          this.node.media.connect(id);
        });
      case 'record':
        return this.#withConference(action.conference, (confrId) => this.#order(confrId, null, action.action));
      case 'recordOne':
        return this.#withPublication(action.publication, ({ id, owner }) =>
          this.#order(owner.confrId, id, action.action),
        );
      case 'failRecording':
        return this.#withPublication(action.publication, async ({ id }) => this.node.media.failRecording(id));
      case 'attach':
        return this.#withMember(action.member, async (member) => {
          this.sockets.attend(conferences, member);
          this.adrift.delete(member.memberId);
        });
      case 'detach':
        return this.#withMember(action.member, async (member) => this.#detach(member));
      case 'revoke':
        return this.#withMember(action.member, async ({ token }) => {
          this.#doom();
          await this.parts.store.tokens.revoke(hashOf(token));
        });
      case 'revokeUser':
      case 'deleteUser':
        return this.#signOut(userAt(action.user), action.kind === 'deleteUser');
      case 'dissolve':
        return this.#withConference(action.conference, (confrId) => {
          this.#excuse(({ owner }) => owner.confrId === confrId);
          return conferences.dissolve(this.app, confrId);
        });
      case 'die':
        this.#die(action.process % MEDIA_PROCESSES);
        return;
      case 'breakDown':
        this.node.guarded.breakDown(action.outage, action.afterCalls);
        return;
      case 'mend':
        this.#mend();
        return;
    }
  }

  async #withMember(index: number, act: (member: Member) => Promise<void>): Promise<void> {
    const present = this.members.filter((member) => this.#isPresent(member));
    const member = modulo(index < OF_ALL ? present : this.members, index);
    if (member !== undefined) await act(member);
  }

  async #withPublication(index: number, act: (publication: Publication) => Promise<void>): Promise<void> {
    const open = this.publications.filter(({ id }) => this.node.media.open.includes(id));
    const publication = modulo(index < OF_ALL ? open : this.publications, index);
    if (publication !== undefined) await act(publication);
  }

  async #withConference(index: number, act: (confrId: ConfrId) => Promise<void>): Promise<void> {
    const confrId = modulo(index < OF_ALL ? this.conferences.slice(-2) : this.conferences, index);
    if (confrId !== undefined) await act(confrId);
  }

  #isPresent(member: Member): boolean {
    try {
      return this.node.conferences.roleOf(member) !== undefined;
    } catch {
      return false;
    }
  }

  async #join(confrId: ConfrId, { user, role, asUser }: Extract<Action, { kind: 'join' }>): Promise<void> {
    const userName = userAt(user);
    const userToken = asUser ? this.#userTokens.get(userName) : undefined;
    const request = { userName, role, trusted: true, ...(userToken && { userToken }) };
    const joined = await this.node.conferences.join(this.app, confrId, request);
    this.members.push({ ...joined, appId: this.app.id, confrId, userName });
  }

  async #order(confrId: ConfrId, pubStreamId: PubStreamId | null, action: RecordingAction): Promise<void> {
    await this.node.conferences.recording.order(this.app, confrId, { action, pubStreamId, by: 'app' }, async () => {});
  }

  async #signIn(user: UserName): Promise<void> {
    await this.parts.store.users.create(this.app.id, user, 'hash').catch(() => {});
    this.#userTokens.set(user, (await this.#tokens.issueUser(this.app, user, undefined)).token);
  }

  async #signOut(user: UserName, deleted: boolean): Promise<void> {
    this.#doom();
    const token = this.#userTokens.get(user) ?? '';
    if (deleted) await this.parts.store.users.remove(this.app.id, user);
    else await this.parts.store.tokens.revoke(hashOf(token));
    await this.#signIn(user);
  }

  #detach({ memberId }: Member): void {
    const now = this.time.nowMs();
    if (!this.sockets.drop(memberId, now)) return;
    const own = this.publications.filter(({ id, owner }) => owner.memberId === memberId && !this.lost.has(id));
    if (!own.some(({ id }) => this.node.media.open.includes(id))) this.adrift.set(memberId, now);
  }

  #die(process: number): void {
    const before = new Set(this.node.media.open);
    this.node.media.die(process);
    const gone = new Set([...before].filter((id) => !this.node.media.open.includes(id)));
    this.#excuse(({ id }) => gone.has(id));
    this.#setAdrift(({ memberId }) => {
      const own = this.publications.filter(({ owner, id }) => owner.memberId === memberId && before.has(id));
      return !this.sockets.isHere(memberId) && own.length > 0 && own.every(({ id }) => gone.has(id));
    });
  }

  async #restart(): Promise<void> {
    this.#mend();
    if (this.time.nowMs() < this.writesDueMs) this.cutShort = true;
    this.#excuse(() => true);
    await this.node.stop();
    await this.#startAnother();
  }

  async #kill(actions: readonly Action[], afterTurns: number): Promise<void> {
    this.cutShort = true;
    this.#excuse(() => true);
    const underWay = Promise.all(actions.map((action) => this.#attempt(action)));
    for (let turns = 0; turns < afterTurns; turns++) await turn();
    await this.node.kill();
    await underWay;
    await this.#startAnother();
  }

  async #startAnother(): Promise<void> {
    this.node = this.#newNode();
    await this.node.conferences.start();
    this.writesDueMs = 0;
    this.lost.clear();
    this.sockets.forget();
    this.#setAdrift(() => true);
    for (const { id } of await this.parts.store.conferences.open()) {
      if (this.conferences.includes(id)) this.sockets.listen(this.node.conferences, this.app.id, id);
    }
    await this.leap(0);
  }

  #mend(): void {
    this.#noteOutage();
    this.node.guarded.mend();
  }

  #noteOutage(): void {
    if (this.node.guarded.isBroken) this.writesDueMs = this.time.nowMs() + RETRY_MS;
  }

  #excuse(whether: (publication: Publication) => boolean): void {
    for (const publication of this.publications) if (whether(publication)) this.excused.add(publication.id);
  }

  #doom(): void {
    for (const { memberId } of this.members) this.doomed.add(memberId);
  }

  #setAdrift(whether: (member: Member) => boolean): void {
    for (const member of this.members) if (whether(member)) this.adrift.set(member.memberId, this.time.nowMs());
  }

  #newNode(): WorldNode {
    let answers = 0;
    return new WorldNode({
      ...this.parts,
      tokens: this.#tokens,
      time: this.time,
      log: this.parts.postgres.log,
      pause: async () => {
        for (let turns = answers++ % 3; turns > 0; turns--) await turn();
      },
      onRecordingEnded: count(this.recordingsEnded),
      onConferenceEnded: count(this.conferencesEnded),
    });
  }
}
