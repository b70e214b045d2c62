/** A server process of which a test says in turn what happens, and what time it is. */
import type { CreateConferenceBody } from '@callreel/contract/conference.ts';
import { type ConfrId, parseConfrId, type RecordingKey, type UserName } from '@callreel/contract/ids.ts';
import { VirtualTime } from '@callreel/server/base/virtual-time-fixture.ts';
import type { AppRecord } from '@callreel/server/store/rows.ts';
import type { Store } from '@callreel/server/store/store.ts';
import { Tokens } from '@callreel/server/web/tokens.ts';
import type { TestPostgres } from '../postgres.ts';
import { createApp } from '../store-rows.ts';
import type { Member } from './world.ts';
import { WorldNode } from './world-node.ts';

export type StageParts = { postgres: TestPostgres; store: Store };

export class Stage {
  readonly #parts: StageParts;
  readonly app: AppRecord;
  readonly time = new VirtualTime();
  readonly recordingsEnded: RecordingKey[] = [];
  readonly conferencesEnded: ConfrId[] = [];
  node: WorldNode;

  private constructor(parts: StageParts, app: AppRecord) {
    this.#parts = parts;
    this.app = app;
    this.node = this.#newNode();
  }

  static async open(parts: StageParts): Promise<Stage> {
    return new Stage(parts, await createApp(parts.store));
  }

  async create(body: CreateConferenceBody = { rec: true }): Promise<ConfrId> {
    const { id } = await this.node.conferences.create(this.app, body, undefined);
    const confrId = parseConfrId(id);
    if (confrId === undefined) throw new TypeError(`id: ${id} is none of a conference`);
    return confrId;
  }

  async join(confrId: ConfrId, name: string): Promise<Member> {
    const userName = name as UserName;
    const joined = await this.node.conferences.join(this.app, confrId, { userName, trusted: true });
    return { ...joined, appId: this.app.id, confrId, userName };
  }

  /** The users who are in; undefined when the conference is over. */
  async namesIn(confrId: ConfrId): Promise<string[] | undefined> {
    const view = await this.node.conferences.view(this.app, confrId).catch(() => undefined);
    return view?.mems.map(({ memName }) => memName.slice(memName.lastIndexOf('_') + 1));
  }

  /** Time goes by, and what is due happens. */
  leap(byMs: number): Promise<void> {
    return this.time.leap(byMs, () => this.node.conferences.settled());
  }

  /** The next process finds what this one left. */
  async restart(how: 'stop' | 'kill'): Promise<void> {
    await this.node[how]();
    this.node = this.#newNode();
    await this.node.conferences.start();
    await this.leap(0);
  }

  async close(): Promise<void> {
    if (this.node.isAlive) await this.node.stop();
  }

  #newNode(): WorldNode {
    const { store, postgres } = this.#parts;
    return new WorldNode({
      ...{ store, time: this.time, log: postgres.log, tokens: new Tokens({ store, nowMs: this.time.nowMs }) },
      pause: async () => {},
      onRecordingEnded: (key) => void this.recordingsEnded.push(key),
      onConferenceEnded: (confrId) => void this.conferencesEnded.push(confrId),
    });
  }
}
