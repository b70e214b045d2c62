/** Conferences of two, made for a one-to-one call: both are in from the beginning, and nobody else comes. */
import type { CreateConferenceBody } from '@callreel/contract/conference.ts';
import type { ConfrId, IdSource, UserName } from '@callreel/contract/ids.ts';
import type { AppRecord } from '../store/rows.ts';
import type { JoinRequest } from './admission.ts';
import type { ConferenceRegistry } from './conference-registry.ts';
import type { FoundingWish } from './founding.ts';
import type { Joined } from './joining.ts';
import type { LiveConference } from './live-conference.ts';

/** Of a one-to-one call: the caller's, then the callee's. */
export type Pair<Each> = readonly [Each, Each];
export type PairWish = { rec: boolean; recMerge: boolean };
export type PairMade = { confrId: ConfrId; joined: Pair<Joined> };

export type PairsOptions = {
  live: ConferenceRegistry;
  ids: IdSource;
  found(app: AppRecord, body: CreateConferenceBody, wish: FoundingWish): Promise<LiveConference>;
  join(app: AppRecord, confrId: ConfrId, request: JoinRequest): Promise<Joined>;
  dissolve(app: AppRecord, confrId: ConfrId): Promise<void>;
};

/** Camera and screen of both. */
const LIMITS = { maxTalkerCount: 2, maxVideoCount: 4, maxAudienceCount: 0 } as const;
const PASSWORD_BYTES = 18;

export class Pairs {
  readonly #options: PairsOptions;

  constructor(options: PairsOptions) {
    this.#options = options;
  }

  /**
   * With both in it: it is over when one of them is out. What fails leaves nothing behind.
   * @throws ConferenceError `busy`, and what issuing a token throws
   */
  async make(app: AppRecord, wish: PairWish, [caller, callee]: Pair<JoinRequest>): Promise<PairMade> {
    const { ids, found, join, dissolve } = this.#options;
    // Nobody else knows it: the two are let in here.
    const password = Buffer.from(ids.randomBytes(PASSWORD_BYTES)).toString('base64url');
    const body = { ...wish, ...LIMITS, password };
    const { id: confrId } = await found(app, body, { creator: caller.userName, type: 'CONFR' });
    try {
      return { confrId, joined: [await join(app, confrId, caller), await join(app, confrId, callee)] };
    } catch (error) {
      await dissolve(app, confrId).catch(() => {});
      throw error;
    }
  }

  /** Whether he is in one. */
  hold(app: AppRecord, userName: UserName): boolean {
    return this.#options.live.isInPair(app.id, userName);
  }
}
