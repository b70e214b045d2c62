/** Ends the members whose tokens were revoked, by whomever. */
import type { ConfrId } from '@callreel/contract/ids.ts';
import type { Logger } from '../base/log.ts';
import type { Timers } from '../base/timers.ts';
import type { Store } from '../store/store.ts';
import type { ConferenceRegistry } from './conference-registry.ts';
import type { LifeEvent } from './lifecycle.ts';
import type { LiveConference } from './live-conference.ts';
import { OVERLAP_MS, RevocationWatch } from './revocation-watch.ts';
import type { Turns } from './turns.ts';

export type RevocationsOptions = {
  store: Pick<Store, 'tokens'>;
  live: ConferenceRegistry;
  turns: Turns<ConfrId>;
  timers: Timers;
  /** Milliseconds on the monotonic clock. */
  nowMs: () => number;
  log: Logger;
  step(conference: LiveConference, event: LifeEvent): Promise<void>;
  inBackground(steps: readonly Promise<void>[]): void;
};

export class Revocations {
  readonly #options: RevocationsOptions;
  /** Looks by itself, once it is started. */
  readonly watch: RevocationWatch;

  constructor(options: RevocationsOptions) {
    this.#options = options;
    this.watch = new RevocationWatch({
      ...options,
      // One conference that takes long does not keep it from looking at the others.
      end: async (withinMs) => options.inBackground(await this.#beginEnding(withinMs)),
    });
  }

  /** Resolves when all are out whose tokens were revoked within this time; just now, unless given. */
  async end(withinMs = OVERLAP_MS): Promise<void> {
    await Promise.all(await this.#beginEnding(withinMs));
  }

  /** Whoever is out already, or just coming in, is found so when it is his conference's turn. */
  async #beginEnding(withinMs: number): Promise<Promise<void>[]> {
    const { live, store, turns, step } = this.#options;
    if (live.isEmpty) return [];
    const revoked = await store.tokens.revokedMembers(withinMs);
    return [...Map.groupBy(revoked, ({ confrId }) => confrId)].flatMap(([confrId, members]) => {
      const conference = live.find(confrId);
      const memberIds = members.map(({ memberId }) => memberId);
      if (conference === undefined) return [];
      return turns.take(confrId, () => step(conference, { kind: 'removed', memberIds, why: 'tokenRevoked' }));
    });
  }
}
