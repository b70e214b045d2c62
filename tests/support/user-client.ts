/** A user's device: rings, is rung, and keeps what it hears. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { applyUserEvent } from '@callreel/contract/call-state.ts';
import type { UserClientMessage, UserEvent, UserServerFrame, UserState } from '@callreel/contract/calls.ts';
import { type EventCursor, formatEventCursor } from '@callreel/contract/events.ts';
import { WebSocket } from 'ws';

type Kind = UserEvent['kind'];
type Of<Wanted extends Kind> = Extract<UserEvent, { kind: Wanted }>;

/** What did not come by then does not come. */
const LIMIT_MS = 30_000;

export type UserLine = { url: string; token: string };

export class UserClient extends EventEmitter {
  readonly frames: UserServerFrame[] = [];
  readonly #ws: WebSocket;
  state: UserState | undefined;
  cursor: EventCursor | undefined;
  device = '';
  #closed: { code: number; reason: string } | undefined;
  #asked = 0;

  private constructor({ url, token }: UserLine, before: UserClient | undefined) {
    super();
    this.state = before?.state;
    const query = before?.cursor ? `?device=${before.device}&since=${formatEventCursor(before.cursor)}` : '';
    this.#ws = new WebSocket(url + query, ['callreel.v1', `bearer.${token}`]);
    this.#ws.on('message', (data) => this.#take(JSON.parse(String(data)) as UserServerFrame));
    this.#ws.on('close', (code, reason) => {
      this.#closed = { code, reason: String(reason) };
      this.emit('news');
    });
    this.#ws.on('error', () => {});
  }

  /** One that has had its snapshot, or what it missed. */
  static async open(line: UserLine, before?: UserClient): Promise<UserClient> {
    const client = new UserClient(line, before);
    await client.#until(() => client.frames[0]);
    return client;
  }

  get events(): UserEvent[] {
    return this.frames.flatMap((frame) => (frame.kind === 'event' ? [frame.event] : []));
  }

  heard<Wanted extends Kind>(kind: Wanted, callId?: string | null): Promise<Of<Wanted>> {
    const fits = (event: UserEvent): event is Of<Wanted> =>
      event.kind === kind &&
      (callId === undefined || ('callId' in event ? event.callId : event.call.callId) === callId);
    return this.#until(() => this.events.find(fits));
  }

  /** Says it, and resolves with the answer: `done`, or why not. */
  async ask(kind: Exclude<UserClientMessage['kind'], 'ping'>, callId: string): Promise<string> {
    const id = String(++this.#asked);
    this.#ws.send(JSON.stringify({ kind, callId, id }));
    const frame = await this.#until(() => this.frames.find((each) => 'id' in each && each.id === id));
    return frame.kind === 'refused' ? frame.error : frame.kind;
  }

  sendText(text: string): void {
    this.#ws.send(text);
  }

  closed(): Promise<{ code: number; reason: string }> {
    return this.#until(() => this.#closed);
  }

  async drop(): Promise<void> {
    this.#ws.terminate();
    await this.closed();
  }

  #take(frame: UserServerFrame): void {
    this.frames.push(frame);
    if (frame.kind === 'snapshot' || frame.kind === 'resumed') {
      this.device = frame.device;
      this.cursor = { epoch: frame.epoch, seq: frame.seq };
    }
    if (frame.kind === 'snapshot') this.state = frame.state;
    if (frame.kind === 'event') {
      assert.ok(this.state && this.cursor, 'an event before the opening');
      this.cursor = { ...this.cursor, seq: frame.seq };
      this.state = applyUserEvent(this.state, frame.event);
    }
    this.emit('news');
  }

  async #until<Found>(find: () => Found | undefined): Promise<Found> {
    const signal = AbortSignal.timeout(LIMIT_MS);
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      if (this.#closed) throw new Error(`closed with ${JSON.stringify(this.#closed)}`);
      await once(this, 'news', { signal }).catch(() => {
        throw new Error(`not within ${LIMIT_MS} ms; heard ${JSON.stringify(this.events)}`);
      });
    }
  }
}
