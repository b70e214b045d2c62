/**
 * The events of one conference, numbered in order, and what they add up to. Whoever follows it gets a snapshot first, or what he missed
 * since the last event he had; then every event, once. What it hands out is plain data, so that it may travel to another node.
 */
import { applyEvent } from '@callreel/contract/conference-state.ts';
import type { ConferenceEvent, ConferenceState, EventCursor, EventFrame } from '@callreel/contract/events.ts';

export type OpeningFrame = { epoch: string; seq: number; atMs: number } & (
  | { kind: 'snapshot'; state: ConferenceState }
  /** The events after `seq` follow. */
  | { kind: 'resumed' }
);
export type FeedFrame = OpeningFrame | EventFrame;

/** Is told in order. It may stop following while it is told. */
export type Follower = (frame: FeedFrame) => void;
/** Harmless when it is called again. */
export type StopFollowing = () => void;

export type EventFeedOptions = {
  /** Names this feed among all that the conference ever has. */
  epoch: string;
  state: ConferenceState;
  /** Milliseconds since 1970. */
  nowMs: () => number;
  /** How many events are kept for those who come back. */
  kept: number;
};

export class EventFeed {
  readonly #options: EventFeedOptions;
  readonly #followers = new Set<Follower>();
  /** The latest ones, in order. */
  readonly #past: EventFrame[] = [];
  #state: ConferenceState;
  #seq = 0;

  constructor(options: EventFeedOptions) {
    this.#options = options;
    this.#state = options.state;
  }

  /** After the latest event. */
  get state(): ConferenceState {
    return this.#state;
  }

  publish(event: ConferenceEvent): void {
    this.#seq += 1;
    this.#state = applyEvent(this.#state, event);
    const frame: EventFrame = { kind: 'event', seq: this.#seq, atMs: this.#options.nowMs(), event };
    this.#past.push(frame);
    if (this.#past.length > this.#options.kept) this.#past.shift();
    for (const follower of this.#followers) follower(frame);
  }

  /** `since`: the last event that the follower had, of whichever epoch. */
  follow(since: EventCursor | undefined, follower: Follower): StopFollowing {
    const missed = since && this.#after(since);
    follower(this.#opening(since, missed));
    for (const frame of missed ?? []) follower(frame);
    this.#followers.add(follower);
    return () => void this.#followers.delete(follower);
  }

  /** Undefined where not all that came after it is kept, or there never was such an event here. */
  #after({ epoch, seq }: EventCursor): EventFrame[] | undefined {
    const missed = this.#seq - seq;
    if (epoch !== this.#options.epoch || missed < 0 || missed > this.#past.length) return undefined;
    return this.#past.slice(this.#past.length - missed);
  }

  #opening(since: EventCursor | undefined, missed: EventFrame[] | undefined): OpeningFrame {
    const { epoch, nowMs } = this.#options;
    if (since !== undefined && missed !== undefined) return { kind: 'resumed', epoch, seq: since.seq, atMs: nowMs() };
    return { kind: 'snapshot', epoch, seq: this.#seq, atMs: nowMs(), state: this.#state };
  }
}
