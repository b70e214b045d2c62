/** A client of a conference's events, as a page is one: keeps what it hears, the state it adds up to, and how it ended. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { applyEvent } from '@callreel/contract/conference-state.ts';
import {
  type ClientMessage,
  type ConferenceEvent,
  type ConferenceState,
  type EventCursor,
  formatEventCursor,
  type ServerFrame,
} from '@callreel/contract/events.ts';
import { WebSocket } from 'ws';

type Kind = ConferenceEvent['kind'];
type Of<Wanted extends Kind> = Extract<ConferenceEvent, { kind: Wanted }>;

/** What did not come by then does not come. */
const LIMIT_MS = 30_000;

export type Closed = { code: number; reason: string };

export type Followed = { events: string; token: string };

export class EventClient extends EventEmitter {
  readonly ws: WebSocket;
  readonly frames: ServerFrame[] = [];
  state: ConferenceState | undefined;
  cursor: EventCursor | undefined;
  #closed: Closed | undefined;

  constructor({ events, token }: Followed, before?: EventClient, options: { autoPong?: boolean } = {}) {
    super();
    this.state = before?.state;
    this.cursor = before?.cursor;
    const url = before?.cursor ? `${events}?since=${formatEventCursor(before.cursor)}` : events;
    this.ws = new WebSocket(url, ['callreel.v1', `bearer.${token}`], options);
    this.ws.on('message', (data) => this.#take(JSON.parse(String(data)) as ServerFrame));
    this.ws.on('close', (code, reason) => {
      this.#closed = { code, reason: String(reason) };
      this.emit('news');
    });
    this.ws.on('error', () => {});
  }

  /** One that has had its snapshot, or what it missed. */
  static async open(followed: Followed, before?: EventClient): Promise<EventClient> {
    const client = new EventClient(followed, before);
    await client.#until(() => client.frames[0]);
    return client;
  }

  get events(): ConferenceEvent[] {
    return this.frames.flatMap((frame) => (frame.kind === 'event' ? [frame.event] : []));
  }

  get kinds(): Kind[] {
    return this.events.map(({ kind }) => kind);
  }

  say(message: ClientMessage): void {
    this.ws.send(JSON.stringify(message));
  }

  /** The first event of this kind, past or to come, that fits. */
  heard<Wanted extends Kind>(kind: Wanted, fits: (event: Of<Wanted>) => boolean = () => true): Promise<Of<Wanted>> {
    return this.#until(() =>
      this.events.find((event): event is Of<Wanted> => event.kind === kind && fits(event as Of<Wanted>)),
    );
  }

  /** The answer to the message with this id. */
  answered(id: string): Promise<ServerFrame> {
    return this.#until(() => this.frames.find((frame) => 'id' in frame && frame.id === id));
  }

  closed(): Promise<Closed> {
    return this.#until(() => this.#closed);
  }

  /** As when the network goes: nothing is said. */
  async drop(): Promise<void> {
    this.ws.terminate();
    await this.closed();
  }

  #take(frame: ServerFrame): void {
    this.frames.push(frame);
    if (frame.kind === 'snapshot') this.state = frame.state;
    if (frame.kind === 'snapshot' || frame.kind === 'resumed') {
      if (frame.kind === 'resumed') assert.equal(frame.seq, this.cursor?.seq);
      this.cursor = { epoch: frame.epoch, seq: frame.seq };
    }
    if (frame.kind === 'event') {
      assert.ok(this.state && this.cursor, 'an event before the opening');
      assert.equal(frame.seq, this.cursor.seq + 1, 'an event is missing, or came twice');
      this.cursor = { ...this.cursor, seq: frame.seq };
      this.state = applyEvent(this.state, frame.event);
    }
    this.emit('news');
  }

  async #until<Found>(find: () => Found | undefined): Promise<Found> {
    const signal = AbortSignal.timeout(LIMIT_MS);
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      if (this.#closed) throw new Error(`closed with ${JSON.stringify(this.#closed)} after ${this.kinds.join()}`);
      await once(this, 'news', { signal }).catch(() => {
        throw new Error(`not within ${LIMIT_MS} ms; heard ${this.kinds.join()}`);
      });
    }
  }
}
