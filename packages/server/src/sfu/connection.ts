/** One connection of a publication: transport and receiver, and whether anything still comes. A lost one is over; a resume makes another. */
import { randomInt } from 'node:crypto';
import { buildAnswer } from '@callreel/media/sdp/answer.ts';
import type { MediaChoice } from '@callreel/media/sdp/choose-media.ts';
import type { Offer } from '@callreel/media/sdp/offer.ts';
import { START_KBPS } from './receive/bitrate-control.ts';
import { Receiver, type ReceiverSink } from './receive/receiver.ts';
import type { ReceiverStats } from './receive/receiver-stats.ts';
import type { RtcPort } from './transport/rtc-port.ts';
import { Transport } from './transport/transport.ts';

export type ConnectionOptions = {
  id: string;
  rtcPort: RtcPort;
  announceAddresses: readonly string[];
  offer: Offer;
  choice: MediaChoice;
  nowMs: () => number;
  sink: ReceiverSink;
  /** Once: the first packets may follow. */
  onConnected: () => void;
  /** Once, and not for our own `close`; the connection is closed by then. */
  onLost: (why: string) => void;
};

/** The peer has the answer by then, and ICE has tried for half a minute. */
const CONNECT_TIMEOUT_MS = 30_000;
const SILENCE_TIMEOUT_MS = 5000;
/** After a pause of our own, what came meanwhile is still to be read: nobody was silent. */
const OWN_PAUSE_MS = 500;

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #receiver: Receiver;
  #transport: Transport | undefined;
  #state: 'connecting' | 'live' | 'closed' = 'connecting';
  /** When it began to connect, was connected, or we ourselves were last awake after a pause. */
  #sinceMs: number;
  #tickMs: number;

  private constructor(options: ConnectionOptions) {
    const now = options.nowMs();
    this.#options = options;
    this.#sinceMs = now;
    this.#tickMs = now;
    this.#receiver = new Receiver({
      choice: options.choice,
      ssrc: randomInt(1, 2 ** 32),
      send: (bytes) => this.#transport?.send(bytes),
      sink: options.sink,
      nowMs: now,
    });
  }

  /** The peer may connect once it has the answer. @throws TransportError */
  static async open(options: ConnectionOptions): Promise<Connection> {
    const connection = new Connection(options);
    const receiver = connection.#receiver;
    connection.#transport = await Transport.open({
      ...options,
      connection: options.choice.connection,
      buildAnswer: (own) => buildAnswer({ ...options, ...own, startBitrateKbps: START_KBPS }),
      handler: {
        handlePacket: (bytes, arrivalMs) => receiver.handlePacket(bytes, arrivalMs),
        handleOpen: () => connection.#handleOpen(),
        handleClosed: (why) => connection.#lose(why),
      },
    });
    return connection;
  }

  get answer(): string {
    return this.#transport?.answer ?? '';
  }

  get state(): 'connecting' | 'live' | 'closed' {
    return this.#state;
  }

  /** Of this stream; without one, of that which is recorded. One that came before `sinceMs` is of no use. */
  requestKeyFrame(ssrc?: number, sinceMs?: number): void {
    this.#receiver.requestKeyFrame(this.#options.nowMs(), ssrc, sinceMs);
  }

  /** Call it every 10 ms or so. */
  tick(nowMs: number): void {
    if (nowMs - this.#tickMs > OWN_PAUSE_MS) this.#sinceMs = nowMs;
    this.#tickMs = nowMs;
    if (this.#state === 'live') this.#receiver.tick(nowMs);
    this.#watch(nowMs);
  }

  stats(nowMs: number): ReceiverStats {
    return this.#receiver.stats(nowMs);
  }

  /** Idempotent. No packet comes after it. */
  close(): void {
    this.#state = 'closed';
    this.#transport?.close();
  }

  #handleOpen(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'live';
    this.#sinceMs = this.#options.nowMs();
    this.#receiver.handleOpen();
    this.#options.onConnected();
  }

  /** A closed page is told by DTLS at once; the library notices one that vanished only after half a minute. */
  #watch(nowMs: number): void {
    if (this.#state === 'connecting' && nowMs - this.#sinceMs > CONNECT_TIMEOUT_MS) this.#lose('never connected');
    if (this.#state !== 'live') return;
    if (this.#receiver.isFlooded(nowMs)) this.#lose('flood');
    const lastSignMs = Math.max(this.#sinceMs, this.#receiver.lastPacketMs);
    if (nowMs - lastSignMs > SILENCE_TIMEOUT_MS) this.#lose('no packets');
  }

  #lose(why: string): void {
    if (this.#state === 'closed') return;
    this.close();
    this.#options.onLost(why);
  }
}
