/** A WebSocket whose client is bounded: what it says is counted, what it does not read is not kept. It knows of no messages. */
import type { RawData, WebSocket } from 'ws';

export type SocketProblem = 'binaryMessage' | 'tooManyMessages' | 'tooSlow';

export type BoundedSocketOptions = {
  ws: WebSocket;
  /** Counts a message, unless it is one too many. */
  mayTalk: () => boolean;
  onText(text: string): void;
  /** It is to be closed. */
  onProblem(problem: SocketProblem): void;
  /** The client closed it, or it broke. Nothing is read any more. */
  onGone(): void;
};

/** Some 300 events: seconds of a busy conference. What is more is cheaper to get anew than to keep. */
const MOST_BUFFERED_BYTES = 64 * 1024;

export class BoundedSocket {
  readonly #options: BoundedSocketOptions;
  #isOpen = true;
  #isAlive = true;
  #isOpening = true;
  /** A snapshot may be large, and so may be all that was missed: that is not the reader's fault. */
  #openingBytes = 0;

  constructor(options: BoundedSocketOptions) {
    this.#options = options;
    const { ws, onGone } = options;
    ws.on('message', (data, isBinary) => this.#handleMessage(data, isBinary));
    ws.on('pong', () => this.#note());
    ws.on('ping', () => this.#count());
    ws.on('close', () => {
      this.#isOpen = false;
      onGone();
    });
    // What the client did wrong, or the network; 'close' follows.
    ws.on('error', () => {});
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Text. A reader who is too far behind is a problem, and gets nothing more. */
  send(bytes: Buffer): void {
    const { ws, onProblem } = this.#options;
    if (!this.#isOpen) return;
    if (!this.#isOpening && ws.bufferedAmount > MOST_BUFFERED_BYTES + this.#openingBytes) {
      onProblem('tooSlow');
      return;
    }
    if (this.#isOpening) this.#openingBytes += bytes.length;
    ws.send(bytes, { binary: false });
  }

  /** What may be large is sent. */
  endOpening(): void {
    this.#isOpening = false;
  }

  /** Idempotent. What was sent before still goes out, for a few seconds. */
  close(code: number, reason: string): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#options.ws.close(code, reason);
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

  #handleMessage(data: RawData, isBinary: boolean): void {
    if (!this.#count()) return;
    if (isBinary) this.#options.onProblem('binaryMessage');
    // A whole message: `ws` gives one as a Buffer unless told otherwise.
    else this.#options.onText((data as Buffer).toString('utf8'));
  }

  /** Whether it is one that may come. */
  #count(): boolean {
    this.#note();
    if (!this.#isOpen) return false;
    if (this.#options.mayTalk()) return true;
    this.#options.onProblem('tooManyMessages');
    return false;
  }

  #note(): void {
    this.#isAlive = true;
  }
}
