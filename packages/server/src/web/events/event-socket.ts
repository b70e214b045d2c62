/** One WebSocket over which events are followed: what goes out is bounded, what comes in is read and counted. */
import { EVENT_CLOSES, type EventClose, type ServerFrame } from '@callreel/contract/events.ts';
import type { RawData, WebSocket } from 'ws';

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

/** Some 300 events: seconds of a busy conference. What is more is cheaper to get anew than to keep. */
const MOST_BUFFERED_BYTES = 64 * 1024;

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
  #isOpen = true;
  #isAlive = true;
  #isOpening = true;
  /** A snapshot may be large, and so may be all that was missed: that is not the reader's fault. */
  #openingBytes = 0;

  constructor(options: EventSocketOptions) {
    this.#options = options;
    const { ws } = options;
    ws.on('message', (data, isBinary) => this.#handleMessage(data, isBinary));
    ws.on('pong', () => this.#note());
    ws.on('ping', () => this.#count());
    ws.on('close', () => this.#end(undefined));
    // What the client did wrong, or the network; 'close' follows.
    ws.on('error', () => {});
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
    this.#isOpening = false;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Idempotent. What was sent before still goes out, for a few seconds. */
  close(why: EventClose): void {
    if (!this.#isOpen) return;
    this.#options.ws.close(EVENT_CLOSES[why].code, why);
    this.#end(why);
  }

  /** Call it every 20 s or so: a socket of which nothing was heard since the last time is cut. */
  beat(): void {
    if (!this.#isAlive) this.cut();
    this.#isAlive = false;
    if (this.#isOpen) this.#options.ws.ping();
  }

  /** Without a word. */
  cut(): void {
    this.#options.ws.terminate();
  }

  #send(frame: Told): void {
    const { ws } = this.#options;
    const isSlow = !this.#isOpening && ws.bufferedAmount > MOST_BUFFERED_BYTES + this.#openingBytes;
    if (isSlow) this.close('tooSlow');
    if (!this.#isOpen) return;
    const bytes = bytesOf(frame);
    if (this.#isOpening) this.#openingBytes += bytes.length;
    ws.send(bytes, { binary: false });
  }

  #handleMessage(data: RawData, isBinary: boolean): void {
    if (!this.#count()) return;
    if (isBinary) {
      this.close('binaryMessage');
      return;
    }
    // A whole message: `ws` gives one as a Buffer unless told otherwise.
    if (!this.#options.onMessage((data as Buffer).toString('utf8'))) this.close('badMessage');
  }

  /** Whether it is one that may come. */
  #count(): boolean {
    this.#note();
    if (!this.#isOpen) return false;
    if (this.#options.mayTalk()) return true;
    this.close('tooManyMessages');
    return false;
  }

  #note(): void {
    this.#isAlive = true;
  }

  #end(why: EventClose | undefined): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#options.onClosed(why);
  }
}
