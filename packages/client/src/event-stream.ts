import {
  BEARER_PROTOCOL_PREFIX,
  EVENT_CLOSES,
  EVENTS_PROTOCOL,
  type EventClose,
  type EventCursor,
  formatEventCursor,
} from '@callreel/contract/event-protocol.ts';
import { ClientError } from './client-error.ts';
import { Patience } from './patience.ts';
import { request } from './request.ts';

/** What every feed's frames have in common; the rest is for who follows it. */
type Frame = { kind: string; id?: string } & Record<string, unknown>;

export type StreamOptions<Told extends { kind: string }> = {
  /** Of the WebSocket, as the service gave it out or this page reaches it: `ws:` or `http:`. */
  url: string;
  token: string;
  /** Snapshots, resumptions and events, in order; none twice. */
  onFrame: (frame: Told) => void;
  /** Whether what happens is heard at the moment. */
  onConnected: (connected: boolean) => void;
  /** Nothing follows: the service said why, or refused to go on. */
  onEnded: (why: EventClose | ClientError) => void;
};

/** Proxies drop what is silent; and a network that is gone shows in no other way for minutes. */
const PING_EVERY_MS = 15_000;
const ANSWERED_WITHIN_MS = 10_000;
const OPEN_WITHIN_MS = 15_000;

type Asked = { resolve: () => void; reject: (error: ClientError) => void };

const withScheme = (url: string, scheme: 'ws' | 'http'): URL => {
  const changed = new URL(url, location.href);
  changed.protocol = changed.protocol.replace(/^(ws|http)/, scheme);
  return changed;
};

const closeOf = (code: number): EventClose | undefined => {
  const names = Object.keys(EVENT_CLOSES) as EventClose[];
  return names.find((name) => EVENT_CLOSES[name].code === code);
};

/** A socket over which events are told. It is opened again by itself, and goes on after the last event that it told. */
export class EventStream<Told extends { kind: string }> {
  readonly #options: StreamOptions<Told>;
  readonly #patience = new Patience();
  readonly #asked = new Map<string, Asked>();
  #socket: WebSocket | undefined;
  #cursor: EventCursor | undefined;
  #isOver = false;
  #isOpen = false;
  #afterMs = 0;
  #asks = 0;
  readonly #startedMs = performance.now();
  #ping: ReturnType<typeof setTimeout> | undefined;

  constructor(options: StreamOptions<Told>) {
    this.#options = options;
    this.#open();
  }

  /** Says something to the service; resolves when it is done. Throws ClientError: refused, or not connected. */
  ask(message: { kind: string } & Record<string, unknown>): Promise<void> {
    this.#asks += 1;
    const id = String(this.#asks);
    if (!this.#isOpen || this.#socket === undefined) return Promise.reject(ClientError.network(undefined));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#asked.set(id, { resolve, reject });
    this.#socket.send(JSON.stringify({ ...message, id }));
    return promise;
  }

  /** Idempotent; tells nothing any more. */
  close(): void {
    this.#isOver = true;
    clearTimeout(this.#ping);
    this.#patience.end();
    this.#socket?.close();
    this.#rejectAsked();
  }

  #open(): void {
    const { url, token } = this.#options;
    const target = withScheme(url, 'ws');
    if (this.#cursor) target.searchParams.set('since', formatEventCursor(this.#cursor));
    const socket = new WebSocket(target.href, [EVENTS_PROTOCOL, BEARER_PROTOCOL_PREFIX + token]);
    this.#socket = socket;
    let wasOpen = false;
    socket.addEventListener('message', ({ data }) => {
      wasOpen = true;
      if (socket === this.#socket && !this.#isOver) this.#take(JSON.parse(String(data)) as Frame);
    });
    socket.addEventListener('close', ({ code }) => {
      if (socket === this.#socket) void this.#handleClose(code, wasOpen);
    });
  }

  #take(frame: Frame): void {
    this.#expectAnswer();
    const { kind, epoch, seq } = frame as unknown as { kind: string; epoch: string; seq: number };
    if (kind === 'snapshot' || kind === 'resumed') this.#cursor = { epoch, seq };
    else if (kind === 'event' && this.#cursor) this.#cursor = { ...this.#cursor, seq };
    else {
      this.#takeAnswer(frame);
      return;
    }
    this.#options.onFrame(frame as unknown as Told);
    this.#setConnected(true);
  }

  #takeAnswer({ kind, id = '', afterMs, error, description }: Frame): void {
    if (kind === 'reconnect') this.#afterMs = Number(afterMs);
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    if (kind === 'done') asked?.resolve();
    if (kind === 'refused') asked?.reject(ClientError.refused(String(error), String(description)));
  }

  async #handleClose(code: number, wasOpen: boolean): Promise<void> {
    clearTimeout(this.#ping);
    this.#rejectAsked();
    this.#setConnected(false);
    if (this.#isOver) return;
    const why = closeOf(code);
    const isFinal = why !== undefined && !EVENT_CLOSES[why].again;
    const ended = isFinal ? why : wasOpen ? undefined : ((await this.#refusal()) ?? this.#hopeless());
    if (this.#isOver) return;
    if (ended === undefined) {
      await this.#openLater();
      return;
    }
    this.#isOver = true;
    this.#options.onEnded(ended);
  }

  /** A browser does not show why a socket was refused; the same URL asked for as a page says so. */
  async #refusal(): Promise<ClientError | undefined> {
    try {
      await request(withScheme(this.#options.url, 'http').href, { token: this.#options.token });
    } catch (error) {
      const isFinal = ['signedOut', 'forbidden', 'callOver', 'unknownApp'];
      if (error instanceof ClientError && isFinal.includes(error.reason)) return error;
    }
    return undefined;
  }

  /** What was never heard of is not waited for as what is lost is: a proxy in between may let no WebSocket through. */
  #hopeless(): ClientError | undefined {
    const isLate = performance.now() - this.#startedMs > OPEN_WITHIN_MS;
    return isLate && this.#cursor === undefined ? ClientError.network(undefined) : undefined;
  }

  async #openLater(): Promise<void> {
    await this.#patience.wait(this.#afterMs);
    this.#afterMs = 0;
    if (!this.#isOver) this.#open();
  }

  #setConnected(connected: boolean): void {
    if (connected) this.#patience.reset();
    if (this.#isOpen === connected) return;
    this.#isOpen = connected;
    if (!this.#isOver) this.#options.onConnected(connected);
  }

  /** Something was heard: it is asked again later whether anyone is there. */
  #expectAnswer(): void {
    clearTimeout(this.#ping);
    this.#ping = setTimeout(() => {
      const socket = this.#socket;
      socket?.send(JSON.stringify({ kind: 'ping' }));
      this.#ping = setTimeout(() => this.#giveUp(socket), ANSWERED_WITHIN_MS);
    }, PING_EVERY_MS);
  }

  /** Closing waits for the other side, which is not there. */
  #giveUp(socket: WebSocket | undefined): void {
    if (socket === undefined || socket !== this.#socket) return;
    this.#socket = undefined;
    socket.close();
    void this.#handleClose(1006, true);
  }

  #rejectAsked(): void {
    for (const { reject } of this.#asked.values()) reject(ClientError.network(undefined));
    this.#asked.clear();
  }
}
