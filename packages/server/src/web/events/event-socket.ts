/** One WebSocket over which events are followed: what goes out is bounded, what comes in is read and counted. */
import { EVENT_CLOSES, type EventClose, type ServerFrame } from '@callreel/contract/events.ts';
import type { WebSocket } from 'ws';
import { BoundedSocket } from '../sockets/bounded-socket.ts';

export type EventSocketOptions = {
  ws: WebSocket;
  /** Counts a message, unless it is one too many. */
  mayTalk: () => boolean;
  /** Says whether it is one of a known form. */
  onMessage(text: string): boolean;
  /** Once; nothing is sent or read any more. `why`: ours, or undefined where the client closed it or it broke. */
  onClosed(why: EventClose | undefined): void;
};

/** Of this socket alone. */
type Answer = Exclude<ServerFrame, { kind: 'snapshot' | 'resumed' | 'event' }>;

/** A frame of the wire. */
export type Told = { kind: string } & Readonly<Record<string, unknown>>;

/** Serialized once for all who are told. */
const serialized = new WeakMap<Told, Buffer>();

const bytesOf = (frame: Told): Buffer => {
  if (frame.kind !== 'event') return Buffer.from(JSON.stringify(frame));
  const known = serialized.get(frame);
  if (known) return known;
  const made = Buffer.from(JSON.stringify(frame));
  serialized.set(frame, made);
  return made;
};

export class EventSocket {
  readonly #options: EventSocketOptions;
  readonly #socket: BoundedSocket;
  #isOpen = true;

  constructor(options: EventSocketOptions) {
    this.#options = options;
    const { ws, mayTalk } = options;
    this.#socket = new BoundedSocket({
      ...{ ws, mayTalk },
      onText: (text) => this.#handleText(text),
      onProblem: (problem) => this.close(problem),
      onGone: () => this.#end(undefined),
    });
  }

  /** What the feed tells, in its order. */
  tell(frame: Told): void {
    this.#send(frame);
  }

  /** What is of this socket alone. */
  answer(frame: Answer): void {
    this.#send(frame);
  }

  /** The snapshot, or all that was missed, is told. */
  endOpening(): void {
    this.#socket.endOpening();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Idempotent. What was sent before still goes out, for a few seconds. */
  close(why: EventClose): void {
    this.#socket.close(EVENT_CLOSES[why].code, why);
    this.#end(why);
  }

  /** Call it every 20 s or so: a socket of which nothing was heard since the last time is cut. */
  beat(): void {
    this.#socket.beat();
  }

  /** Without a word. */
  cut(): void {
    this.#socket.cut();
  }

  #send(frame: Told): void {
    if (this.#isOpen) this.#socket.send(bytesOf(frame));
  }

  #handleText(text: string): void {
    if (!this.#options.onMessage(text)) this.close('badMessage');
  }

  #end(why: EventClose | undefined): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#options.onClosed(why);
  }
}
