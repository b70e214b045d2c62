import { randomUUID } from 'node:crypto';
import { PeerConnection, type Track, Video } from 'node-datachannel';
import { CallerError } from './caller-error.ts';
import type { LocalTransport } from './offer.ts';

const CONNECT_WITHIN_MS = 10_000;
const NATIVE_MID = '0';
const NATIVE_PAYLOAD_TYPE = 96;

/** The one section that libdatachannel is told of: it hands everything to its only track, and takes any RTP or RTCP from it. */
const nativeAnswer = (transportLines: readonly string[]): string =>
  [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    `a=group:BUNDLE ${NATIVE_MID}`,
    `m=video 9 UDP/TLS/RTP/SAVPF ${NATIVE_PAYLOAD_TYPE}`,
    'c=IN IP4 0.0.0.0',
    `a=mid:${NATIVE_MID}`,
    'a=sendrecv',
    'a=rtcp-mux',
    `a=rtpmap:${NATIVE_PAYLOAD_TYPE} VP8/90000`,
    ...transportLines,
    '',
  ].join('\r\n');

const lineValue = (sdp: string, name: string): string => {
  const value = new RegExp(`^a=${name}:(.*?)\\r?$`, 'm').exec(sdp)?.[1];
  if (value === undefined) throw CallerError.unusableAnswer(`of our own side says no ${name}`);
  return value;
};

/** ICE, DTLS and SRTP of one who sends or receives, through libdatachannel; SDP, RTP and RTCP are the caller's. */
export class SendingPeer {
  /** Told what comes from the other side: RTCP, and media where it was asked for any. */
  onMessage: (bytes: Buffer) => void = () => {};
  /** Told once when an open connection is gone, however that came. */
  onLost: (state: string) => void = () => {};
  // Both are kept: the track's destructor closes it.
  readonly #connection: PeerConnection;
  readonly #track: Track;
  readonly #opened = Promise.withResolvers<void>();
  #state: 'connecting' | 'open' | 'lost' | 'closed' = 'connecting';

  private constructor(connection: PeerConnection) {
    this.#connection = connection;
    const media = new Video(NATIVE_MID, 'SendRecv');
    media.addVP8Codec(NATIVE_PAYLOAD_TYPE);
    this.#track = connection.addTrack(media);
    this.#track.onOpen(() => this.#handleOpen());
    this.#track.onClosed(() => this.#handleGone('closed'));
    this.#track.onMessage((bytes) => this.onMessage(bytes));
    connection.onStateChange((state) => {
      if (state === 'failed' || state === 'disconnected' || state === 'closed') this.#handleGone(state);
    });
    this.#opened.promise.catch(() => {});
  }

  /** A peer with its own transport made up, to be offered. `bindAddress` is the only address it sends from. */
  static async create(bindAddress: string): Promise<{ peer: SendingPeer; transport: LocalTransport }> {
    const connection = new PeerConnection(randomUUID(), {
      iceServers: [],
      bindAddress,
      disableAutoNegotiation: true,
      mtu: 1500,
    });
    // Callbacks come from other threads: they are set before anything can call them.
    const gathered = new Promise<void>((resolve) => {
      connection.onGatheringStateChange((state) => state === 'complete' && resolve());
    });
    const peer = new SendingPeer(connection);
    connection.setLocalDescription('offer');
    await gathered;
    const sdp = connection.localDescription()?.sdp ?? '';
    const fingerprint = lineValue(sdp, 'fingerprint');
    return {
      peer,
      transport: { iceUfrag: lineValue(sdp, 'ice-ufrag'), icePwd: lineValue(sdp, 'ice-pwd'), fingerprint },
    };
  }

  /** Connects by what the answer says of its transport. Throws CallerError.notConnected. */
  async connect(transportLines: readonly string[]): Promise<void> {
    const timer = setTimeout(() => {
      this.#opened.reject(CallerError.notConnected(CONNECT_WITHIN_MS, this.#connection.state()));
    }, CONNECT_WITHIN_MS);
    try {
      this.#connection.setRemoteDescription(nativeAnswer(transportLines), 'answer');
      await this.#opened.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Sends one RTP or RTCP packet; nothing once the connection is gone. */
  send(bytes: Buffer): void {
    if (this.#state !== 'open') return;
    try {
      this.#track.sendMessageBinary(bytes);
    } catch (error) {
      // It is closed on the library's threads before we are told.
      if (this.#track.isOpen()) throw error;
    }
  }

  /** Closes the track, then the connection: the other way round leaks 12 kB of native memory each time. Idempotent. */
  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#opened.reject(CallerError.lost('closed'));
    this.#track.close();
    this.#connection.close();
  }

  #handleOpen(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'open';
    this.#opened.resolve();
  }

  #handleGone(state: string): void {
    if (this.#state === 'closed' || this.#state === 'lost') return;
    this.#state = 'lost';
    this.#opened.reject(CallerError.lost(state));
    this.onLost(state);
  }
}
