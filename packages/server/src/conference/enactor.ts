/** Carries out what the state machine asks to be done: timers, the media processes, the store, and who waits to be told. */
import type { ConfrId, MemberId } from '@callreel/contract/ids.ts';
import type { Logger } from '../base/log.ts';
import type { Store } from '../store/store.ts';
import type { LastingWrites } from './lasting-writes.ts';
import type { Effect, EndReason, HoldId } from './life.ts';
import type { LiveConference } from './live-conference.ts';
import type { Publications } from './publications.ts';
import type { Subscriptions } from './subscriptions.ts';

export type EnactorOptions = {
  store: Pick<Store, 'conferences' | 'tokens'>;
  publications: Publications;
  subscriptions: Subscriptions;
  writes: LastingWrites;
  holdMs: number;
  log: Logger;
  onHoldOver(conference: LiveConference, hold: HoldId): void;
  onBegan(conference: LiveConference): void;
  /** Once for each conference, when the store knows that it is over. */
  onConferenceEnded(confrId: ConfrId): void;
};

type LastEffect = Extract<Effect, { kind: 'endConference' }>;

export class Enactor {
  readonly #options: EnactorOptions;

  constructor(options: EnactorOptions) {
    this.#options = options;
  }

  /**
   * Does all of it, side by side; a conference's end comes last. `at` is when it came about. One that fails does not keep the others
   * from being done. @throws the first failure, when all the rest is done
   */
  async enact(conference: LiveConference, effects: readonly Effect[], at: Date): Promise<void> {
    const last = effects.find((effect): effect is LastEffect => effect.kind === 'endConference');
    const results = await Promise.allSettled(effects.map((effect) => this.#do(conference, effect, at)));
    if (last) await this.#endConference(conference, last.reason, at);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  /** Timers are set and released before it returns. */
  #do(conference: LiveConference, effect: Effect, at: Date): Promise<void> {
    switch (effect.kind) {
      case 'hold':
        return this.#hold(conference, effect.hold);
      case 'release':
        conference.timers.release(effect.hold);
        return DONE;
      case 'beginConference':
        this.#options.onBegan(conference);
        return DONE;
      case 'endPublication':
        return this.#endPublication(conference, effect, at);
      case 'endMember':
        return this.#endMember(conference, effect.memberId, at);
      case 'endConference':
        conference.timers.clear();
        return DONE;
    }
  }

  #hold(conference: LiveConference, hold: HoldId): Promise<void> {
    const { holdMs, onHoldOver } = this.#options;
    conference.timers.hold(hold, holdMs, () => onHoldOver(conference, hold));
    return DONE;
  }

  async #endPublication(
    conference: LiveConference,
    { id, reason, lostAtMs }: Extract<Effect, { kind: 'endPublication' }>,
    at: Date,
  ): Promise<void> {
    const publication = conference.publications.get(id);
    if (publication === undefined) return;
    conference.publications.delete(id);
    this.#options.subscriptions.forgetPublication(conference, id);
    await this.#options.publications.end(publication, reason, lostAtMs === undefined ? at : new Date(lostAtMs));
  }

  async #endMember(conference: LiveConference, memberId: MemberId, at: Date): Promise<void> {
    const { store, writes, subscriptions } = this.#options;
    conference.members.delete(memberId);
    await subscriptions.endOfMember(conference, memberId);
    await writes.write(async () => {
      // In this order: killed between the two, the next start still finds him in, and out by his token.
      await store.tokens.revokeMember(memberId);
      await store.conferences.markLeft(memberId, at);
    });
  }

  async #endConference({ id }: LiveConference, reason: EndReason, at: Date): Promise<void> {
    const { store, writes, log, onConferenceEnded } = this.#options;
    await writes.write(async () => {
      await store.conferences.markEnded(id, at);
      log.info({ confrId: id, reason }, 'conference ended');
      onConferenceEnded(id);
    });
  }
}

const DONE = Promise.resolve();
