/** Recording by hand: of a whole conference, or of one publication. Whoever orders it, REST or the vendor's SDK, comes here. */

import type { ConfrId, PubStreamId } from '@callreel/contract/ids.ts';
import type {
  RecordingAction,
  RecordingLogEntry,
  RecordingStatus,
  RecordingStatusWithLog,
} from '@callreel/contract/recording-control.ts';
import type { RecordingState } from '@callreel/contract/recording-state.ts';
import type { Logger } from '../base/log.ts';
import type { AppRecord } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { ConferenceError } from './conference-error.ts';
import type { ConferenceRegistry } from './conference-registry.ts';
import type { EventHub } from './event-hub.ts';
import type { MemberRef } from './joining.ts';
import { type LiveConference, type LivePublication, roleIn } from './live-conference.ts';
import type { LiveRecordings } from './live-recordings.ts';
import type { AssertRoom } from './publications.ts';
import type { Turns } from './turns.ts';

export type RecordingControlOptions = {
  store: Pick<Store, 'conferences' | 'recordingOrders'>;
  live: ConferenceRegistry;
  turns: Turns<ConfrId>;
  hub: EventHub;
  recordings: LiveRecordings;
  log: Logger;
  /** Milliseconds since 1970. */
  nowMs: () => number;
  /** Throws while the service stops. */
  assertOpen(): void;
};

export type RecordingOrder = {
  action: RecordingAction;
  /** Null: the conference. Undefined where what was given is nobody's. */
  pubStreamId: PubStreamId | null | undefined;
  /** A member must be an admin. */
  by: 'app' | MemberRef;
};

const STATE_AFTER = {
  start: 'recording',
  stop: 'stopped',
  pause: 'paused',
  resume: 'recording',
} as const satisfies Record<RecordingAction, RecordingState>;

/** They go on with a recording that there is: what is stopped stays so. */
const isOfOneThatRuns = (action: RecordingAction): boolean => action === 'pause' || action === 'resume';

export class RecordingControl {
  readonly #options: RecordingControlOptions;

  constructor(options: RecordingControlOptions) {
    this.#options = options;
  }

  /**
   * A conference's order holds for all its publications and for those that come later; one that is stopped is neither paused nor
   * resumed with the others. Ordered twice it is done once. `assertRoom` is asked where another recording begins.
   * @throws ConferenceError `notFound`, `roleForbids`, `notRecorded`, `busy`, and what `assertRoom` throws
   */
  order(app: AppRecord, confrId: ConfrId, order: RecordingOrder, assertRoom: AssertRoom): Promise<RecordingStatus> {
    const { live, turns, assertOpen } = this.#options;
    return turns.take(confrId, async () => {
      const conference = live.conference(app.id, confrId);
      this.#assertMay(order.by);
      assertOpen();
      const target = targetOf(conference, order.pubStreamId);
      if (isOfOneThatRuns(order.action) && (target ?? conference).recording === 'stopped') {
        throw ConferenceError.notRecorded(target ? 'This publication' : 'This conference');
      }
      await this.#carryOut(conference, target, order, assertRoom);
      return statusOf(conference);
    });
  }

  /** Of one that is over too, as long as anything is known of it. @throws ConferenceError `notFound` */
  async status(app: AppRecord, confrId: ConfrId): Promise<RecordingStatus> {
    const { live, store } = this.#options;
    const conference = live.find(confrId);
    if (conference?.app.id === app.id) return statusOf(conference);
    if (!(await store.conferences.find(app.id, confrId))) throw ConferenceError.notFound('conference');
    return { confrId, state: 'stopped', publications: [] };
  }

  /** With who ordered what. @throws ConferenceError `notFound` */
  async statusWithLog(app: AppRecord, confrId: ConfrId): Promise<RecordingStatusWithLog> {
    const status = await this.status(app, confrId);
    const orders = await this.#options.store.recordingOrders.latest(confrId);
    const log = orders.map(({ at, action, pubStreamId, memberId, userName }): RecordingLogEntry => {
      const by = memberId !== null && userName !== null ? { kind: 'member' as const, memberId, userName } : null;
      return { at: at.toISOString(), action, pubStreamId, by: by ?? { kind: 'app' } };
    });
    return { ...status, log };
  }

  /** There will be no file of a recording. Told while its conference goes on. */
  tellEmpty(confrId: ConfrId, pubStreamId: PubStreamId, reason: string): void {
    this.#options.hub.publish(confrId, [{ kind: 'recordingEmpty', pubStreamId, reason }]);
  }

  #assertMay(by: RecordingOrder['by']): void {
    if (by === 'app') return;
    const { conference, member } = this.#options.live.memberOf(by);
    if (roleIn(conference, member.id) !== 'admin') {
      throw ConferenceError.roleForbids('Only an admin of the conference may start and stop its recording');
    }
  }

  async #carryOut(
    conference: LiveConference,
    target: LivePublication | undefined,
    order: RecordingOrder,
    assertRoom: AssertRoom,
  ): Promise<void> {
    const wanted = STATE_AFTER[order.action];
    const changed = (target ? [target] : publicationsFor(conference, order.action)).filter(
      ({ recording }) => recording !== wanted,
    );
    const changesConference = target === undefined && conference.recording !== wanted;
    if (changed.length === 0 && !changesConference) return;
    if (order.action === 'start') await assertRoom();
    await this.#write(conference, order, target ? undefined : wanted);
    if (changesConference) {
      conference.recording = wanted;
      this.#tell(conference, null, wanted);
    }
    const results = await Promise.allSettled(changed.map((each) => this.#set(conference, each, wanted)));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed && target) throw failed.reason;
    // One of many that cannot be told is gone with its media process, and ends by that.
    if (failed) this.#options.log.warn({ confrId: conference.id, err: failed.reason }, 'not all recordings were told');
  }

  /** First, so that nothing is recorded, or not recorded, that the log does not tell of. */
  async #write(conference: LiveConference, order: RecordingOrder, state: RecordingState | undefined): Promise<void> {
    const { store, nowMs } = this.#options;
    const { action, pubStreamId = null, by } = order;
    const { memberId, userName } = by === 'app' ? { memberId: null, userName: null } : by;
    const at = new Date(nowMs());
    await store.recordingOrders.write({ confrId: conference.id, at, action, pubStreamId, memberId, userName }, state);
  }

  async #set(conference: LiveConference, publication: LivePublication, wanted: RecordingState): Promise<void> {
    const changed = await this.#options.recordings.set(conference, publication, wanted);
    if (changed) this.#tell(conference, publication.id, wanted);
  }

  #tell({ id }: LiveConference, pubStreamId: PubStreamId | null, state: RecordingState): void {
    this.#options.hub.publish(id, [{ kind: 'recordingChanged', pubStreamId, state }]);
  }
}

const targetOf = (
  { publications }: LiveConference,
  id: PubStreamId | null | undefined,
): LivePublication | undefined => {
  if (id === null) return undefined;
  const publication = id && publications.get(id);
  if (publication === undefined) throw ConferenceError.notFound('publication');
  return publication;
};

const publicationsFor = ({ publications }: LiveConference, action: RecordingAction): LivePublication[] =>
  [...publications.values()].filter(({ recording }) => !isOfOneThatRuns(action) || recording !== 'stopped');

const statusOf = ({ id, recording, publications }: LiveConference): RecordingStatus => ({
  confrId: id,
  state: recording,
  publications: [...publications.values()].map((publication) => ({
    pubStreamId: publication.id,
    memberId: publication.memberId,
    state: publication.recording,
  })),
});
