/**
 * The events of one conference, or of one user, numbered in order, and what they add up to. Whoever follows it gets a snapshot first, or
 * what he missed since the last event he had; then every event, once. What it hands out is plain data, so that it may travel to another node.
 */
import type { ConferenceEvent, ConferenceState, EventCursor } from '@callreel/contract/events.ts';

export type OpeningFrame<State = ConferenceState> = { epoch: string; seq: number; atMs: number } & (
  | { kind: 'snapshot'; state: State }
  /** The events after `seq` follow. */
  | { kind: 'resumed' }
);
export type ToldFrame<Event = ConferenceEvent> = { kind: 'event'; seq: number; atMs: number; event: Event };
export type FeedFrame<State = ConferenceState, Event = ConferenceEvent> = OpeningFrame<State> | ToldFrame<Event>;

/** Is told in order. It may stop following while it is told. */
export type Follower<State = ConferenceState, Event = ConferenceEvent> = (frame: FeedFrame<State, Event>) => void;
/** Harmless when it is called again. */
export type StopFollowing = () => void;

export type EventFeedOptions<State, Event> = {
  /** Names this feed among all that the conference ever has. */
  epoch: string;
  state: State;
  /** What an event makes of a state. */
  apply: (state: State, event: Event) => State;
  /** Milliseconds since 1970. */
  nowMs: () => number;
  /** How many events are kept for those who come back. */
  kept: number;
};

export class EventFeed<State = ConferenceState, Event = ConferenceEvent> {
  readonly #options: EventFeedOptions<State, Event>;
  readonly #followers = new Set<Follower<State, Event>>();
  /** The latest ones, in order. */
  readonly #past: ToldFrame<Event>[] = [];
  #state: State;
  #seq = 0;

  constructor(options: EventFeedOptions<State, Event>) {
    this.#options = options;
    this.#state = options.state;
  }

  /** After the latest event. */
  get state(): State {
    return this.#state;
  }

  publish(event: Event): void {
    this.#seq += 1;
    this.#state = this.#options.apply(this.#state, event);
    const frame: ToldFrame<Event> = { kind: 'event', seq: this.#seq, atMs: this.#options.nowMs(), event };
    this.#past.push(frame);
    if (this.#past.length > this.#options.kept) this.#past.shift();
    for (const follower of this.#followers) follower(frame);
  }

  /** `since`: the last event that the follower had, of whichever epoch. */
  follow(since: EventCursor | undefined, follower: Follower<State, Event>): StopFollowing {
    const missed = since && this.#after(since);
    follower(this.#opening(since, missed));
    for (const frame of missed ?? []) follower(frame);
    this.#followers.add(follower);
    return () => void this.#followers.delete(follower);
  }

  /** Undefined where not all that came after it is kept, or there never was such an event here. */
  #after({ epoch, seq }: EventCursor): ToldFrame<Event>[] | undefined {
    const missed = this.#seq - seq;
    if (epoch !== this.#options.epoch || missed < 0 || missed > this.#past.length) return undefined;
    return this.#past.slice(this.#past.length - missed);
  }

  #opening(since: EventCursor | undefined, missed: ToldFrame<Event>[] | undefined): OpeningFrame<State> {
    const { epoch, nowMs } = this.#options;
    if (since !== undefined && missed !== undefined) return { kind: 'resumed', epoch, seq: since.seq, atMs: nowMs() };
    return { kind: 'snapshot', epoch, seq: this.#seq, atMs: nowMs(), state: this.#state };
  }
}
