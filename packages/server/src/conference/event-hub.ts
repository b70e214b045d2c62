/**
 * Where what happens in conferences is told, and followed: one feed for each that is open on this node. It knows of no sockets; the
 * event sockets, and whoever else speaks to callers, are its followers.
 */
import { applyEvent } from '@callreel/contract/conference-state.ts';
import type { ConferenceEvent, ConferenceState, EventCursor } from '@callreel/contract/events.ts';
import type { ConfrId, IdSource, MemberId, PubStreamId } from '@callreel/contract/ids.ts';
import type { Timers } from '../base/timers.ts';
import { EventFeed, type FeedFrame, type Follower, type StopFollowing } from './event-feed.ts';
import { Speakers } from './speakers.ts';

export type EventHubOptions = {
  ids: IdSource;
  timers: Timers;
  /** Follows every feed from its opening on. */
  chronicle?: KeepFrame;
};

export type KeepFrame = (confrId: ConfrId, frame: FeedFrame) => void;

/**
 * More than a busy call of nine says in a minute, which is longer than the hold of 45 s: who comes back later has nothing to go on with.
 * At most some 100 kB a conference.
 */
const KEPT = 256;
const EPOCH_BYTES = 9;

type Open = { feed: EventFeed; speakers: Speakers };

export class EventHub {
  readonly #options: EventHubOptions;
  readonly #open = new Map<ConfrId, Open>();

  constructor(options: EventHubOptions) {
    this.#options = options;
  }

  open(confrId: ConfrId, state: ConferenceState): void {
    const { ids, timers, chronicle } = this.#options;
    const epoch = Buffer.from(ids.randomBytes(EPOCH_BYTES)).toString('base64url');
    const feed = new EventFeed({ epoch, state, apply: applyEvent, nowMs: () => ids.nowMs(), kept: KEPT });
    const speakers = new Speakers({
      timers,
      onChanged: (memberIds) => feed.publish({ kind: 'speaking', memberIds }),
    });
    if (chronicle) feed.follow(undefined, (frame) => chronicle(confrId, frame));
    this.#open.set(confrId, { feed, speakers });
  }

  /** What is told of a conference that is not open is told to nobody. */
  publish(confrId: ConfrId, events: readonly ConferenceEvent[]): void {
    const open = this.#open.get(confrId);
    for (const event of events) {
      open?.feed.publish(event);
      // Its media process tells nothing of it any more.
      if (event.kind === 'publicationEnded') open?.speakers.forget(event.pubStreamId as PubStreamId);
    }
  }

  /** Told to followers when it was quiet for a moment. */
  setSpeaking(confrId: ConfrId, memberId: MemberId, id: PubStreamId, speaks: boolean): void {
    this.#open.get(confrId)?.speakers.set(id, memberId, speaks);
  }

  /** Undefined where the conference is not open. */
  follow(confrId: ConfrId, since: EventCursor | undefined, follower: Follower): StopFollowing | undefined {
    return this.#open.get(confrId)?.feed.follow(since, follower);
  }

  stateOf(confrId: ConfrId): ConferenceState | undefined {
    return this.#open.get(confrId)?.feed.state;
  }

  /** Nothing is told of it any more. */
  close(confrId: ConfrId): void {
    this.#open.get(confrId)?.speakers.close();
    this.#open.delete(confrId);
  }

  closeAll(): void {
    for (const confrId of this.#open.keys()) this.close(confrId);
  }
}
