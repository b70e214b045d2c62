/** A server process of the world: the real conferences, with media processes and a clock that do as they are told. */
import type { ConfrId, RecordingKey } from '@callreel/contract/ids.ts';
import type { Timers } from '@callreel/server/base/timers.ts';
import type { VirtualTime } from '@callreel/server/base/virtual-time-fixture.ts';
import { Conferences } from '@callreel/server/conference/conferences.ts';
import { ScriptedMedia } from '@callreel/server/conference/scripted-media-fixture.ts';
import type { Store } from '@callreel/server/store/store.ts';
import type { Tokens } from '@callreel/server/web/tokens.ts';
import type { TestPostgres } from '../postgres.ts';
import { ids } from '../store-rows.ts';
import { GuardedStore } from './guarded-store.ts';

export type NodeParts = {
  store: Store;
  tokens: Tokens;
  time: VirtualTime;
  log: TestPostgres['log'];
  /** How long a media process takes over an answer. */
  pause: () => Promise<void>;
  onRecordingEnded: (key: RecordingKey) => void;
  onConferenceEnded: (confrId: ConfrId) => void;
};

export const MEDIA_PROCESSES = 2;

/** Of the event loop. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** How often each was told. */
export const count =
  <Key>(told: Map<Key, number>) =>
  (key: Key): void =>
    void told.set(key, (told.get(key) ?? 0) + 1);

export class WorldNode {
  readonly media: ScriptedMedia;
  readonly guarded: GuardedStore;
  readonly conferences: Conferences;
  readonly #timers: Timers & { kill(): void };
  #alive = true;

  constructor({ store, tokens, time, log, pause, onRecordingEnded, onConferenceEnded }: NodeParts) {
    this.media = new ScriptedMedia(pause);
    this.guarded = new GuardedStore(store);
    this.#timers = time.timers();
    const whileAlive =
      <Told>(tell: (told: Told) => void) =>
      (told: Told) => {
        if (this.#alive) tell(told);
      };
    this.conferences = new Conferences({
      ...{ store: this.guarded.parts, log, nowMs: time.nowMs, timers: this.#timers, bootId: '' },
      ids: { ...ids, nowMs: time.nowMs },
      formatTime: (instant) => instant.toISOString(),
      issueMemberToken: (...request) => tokens.issueMember(...request),
      mediaProcesses: MEDIA_PROCESSES,
      spawnMedia: this.media.spawn,
      onRecordingEnded: whileAlive(onRecordingEnded),
      onConferenceEnded: whileAlive(onConferenceEnded),
    });
  }

  get isAlive(): boolean {
    return this.#alive;
  }

  async stop(): Promise<void> {
    await this.conferences.close(0);
    this.#alive = false;
  }

  /** In the middle of whatever it does. */
  async kill(): Promise<void> {
    this.#alive = false;
    this.#timers.kill();
    this.media.vanish();
    await this.guarded.kill();
    await this.conferences.settled();
    // What it still set, it would not have lived to set.
    this.#timers.kill();
  }
}
