/**
 * One caller's connection: ICE, DTLS and SRTP by libdatachannel, which is given a one-line offer of our own making so that it hands
 * every packet to one track. We always answer: as the offerer it may start DTLS before it knows the peer's fingerprint.
 */
import type { ConnectionParameters } from '@callreel/media/sdp/connection-parameters.ts';
import {
  announcedCandidates,
  type LocalConnection,
  loopbackCandidate,
  readLocalConnection,
} from '@callreel/media/sdp/local-connection.ts';
import { buildMiniOffer } from '@callreel/media/sdp/mini-offer.ts';
import { PeerConnection, type Track } from 'node-datachannel';
import type { RtcPort } from './rtc-port.ts';
import { TransportError } from './transport-error.ts';

export type TransportHandler = {
  /** RTP or RTCP, decrypted. The bytes are the receiver's to keep: the library copies each packet into a buffer of its own. */
  handlePacket(bytes: Uint8Array, arrivalMs: number): void;
  handleOpen(): void;
  /** The peer or the network ended it, for good; not called for our own `close`. */
  handleClosed(why: string): void;
};

export type TransportOptions = {
  /** For the library's log. */
  id: string;
  rtcPort: RtcPort;
  /** To announce in place of the machine's own; empty: those. */
  announceAddresses: readonly string[];
  /** What the offer says of the peer's end. */
  connection: ConnectionParameters;
  /** Our answer, once our own end is known. */
  buildAnswer: (own: { local: LocalConnection; sessionId: string }) => string;
  nowMs: () => number;
  handler: TransportHandler;
};

/** Candidates are those of local interfaces, known at once. */
const GATHERING_TIMEOUT_MS = 5000;

const isOver = (state: string): boolean => state === 'disconnected' || state === 'failed' || state === 'closed';

/** A number that fits RFC 8866's session id and no other answer has. */
const makeSessionId = (): string => String(Date.now() * 1000 + Math.floor(Math.random() * 1000));

const within = async (limitMs: number, what: string, done: Promise<void>): Promise<void> => {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(TransportError.timedOut(what, limitMs)), limitMs);
  await Promise.race([done, late]).finally(() => clearTimeout(timer));
};

export class Transport {
  readonly #options: TransportOptions;
  // The track is closed by its destructor: both must stay referenced for as long as the connection is wanted.
  readonly #connection: PeerConnection;
  #track: Track | undefined;
  #closed = false;
  #answer = '';

  private constructor(options: TransportOptions) {
    this.#options = options;
    this.#connection = new PeerConnection(options.id, options.rtcPort.connectionConfig);
  }

  /** Makes the connection's own end; the peer may connect once it has the answer. @throws TransportError `timedOut` */
  static async open(options: TransportOptions): Promise<Transport> {
    const transport = new Transport(options);
    try {
      const local = await transport.#negotiate();
      transport.#answer = options.buildAnswer({ local, sessionId: makeSessionId() });
      return transport;
    } catch (error) {
      transport.close();
      throw error;
    }
  }

  /** What to answer the offer with. */
  get answer(): string {
    return this.#answer;
  }

  /** Sends RTP or RTCP; false where the connection is not open. */
  send(bytes: Uint8Array): boolean {
    if (this.#closed || this.#track === undefined) return false;
    try {
      return this.#track.sendMessageBinary(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    } catch {
      // Closed by the peer a moment ago: handleClosed is on its way.
      return false;
    }
  }

  /** Idempotent. No packet comes after it. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // In this order memory stays flat; closing the connection alone leaks 12 kB each time.
    this.#track?.close();
    this.#connection.close();
  }

  async #negotiate(): Promise<LocalConnection> {
    // Callbacks come from the library's threads: they must be in place before it starts.
    const ready = this.#listen();
    this.#connection.setRemoteDescription(buildMiniOffer(this.#options.connection), 'offer');
    this.#connection.setLocalDescription('answer');
    await within(GATHERING_TIMEOUT_MS, 'gathering candidates', ready);
    const description = this.#connection.localDescription();
    if (description === null) throw new TypeError('the library has no local description after gathering');
    return this.#announced(readLocalConnection(description.sdp));
  }

  #announced(local: LocalConnection): LocalConnection {
    const { announceAddresses, rtcPort } = this.#options;
    if (announceAddresses.length > 0)
      return { ...local, candidates: announcedCandidates(announceAddresses, rtcPort.port) };
    return { ...local, candidates: local.candidates.length > 0 ? local.candidates : [loopbackCandidate(rtcPort.port)] };
  }

  /** Resolves when the track is there and candidates are gathered. */
  async #listen(): Promise<void> {
    const gathered = Promise.withResolvers<void>();
    const tracked = Promise.withResolvers<void>();
    this.#connection.onGatheringStateChange((state) => {
      if (state === 'complete') gathered.resolve();
    });
    this.#connection.onStateChange((state) => {
      if (isOver(state)) this.#handleOver(state);
    });
    this.#connection.onTrack((track) => {
      this.#adopt(track);
      tracked.resolve();
    });
    await Promise.all([gathered.promise, tracked.promise]);
  }

  #adopt(track: Track): void {
    const { handler, nowMs } = this.#options;
    this.#track = track;
    // Without a listener at its creation the track is never released.
    track.onClosed(() => this.#handleOver('closed'));
    track.onOpen(() => {
      if (!this.#closed) handler.handleOpen();
    });
    track.onMessage((bytes) => {
      if (!this.#closed) handler.handlePacket(bytes, nowMs());
    });
  }

  #handleOver(why: string): void {
    if (this.#closed) return;
    this.close();
    this.#options.handler.handleClosed(why);
  }
}
