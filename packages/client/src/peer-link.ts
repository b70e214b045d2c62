import { ClientError } from './client-error.ts';
import { Patience } from './patience.ts';
import { deleteWhileClosing, request } from './request.ts';

export type LinkState = 'connecting' | 'connected' | 'lost' | 'stopped';

/** A connection, and the URL that ends it. */
export type Resource = { url: string; connection: RTCPeerConnection };

export type PeerLinkOptions = {
  token: string;
  /** The first connection, or another in place of `before`. Throws ClientError. */
  connect: (before: Resource | undefined) => Promise<Resource>;
  onState: (state: LinkState) => void;
};

/** `disconnected` often heals within a moment: a new connection would take as long. */
const HEALING_MS = 2_000;

/** What it was for is not there any more, the member is out, or may not: trying again is of no use. */
const isFinal = (error: unknown): boolean =>
  error instanceof ClientError && ['callOver', 'signedOut', 'forbidden', 'removed'].includes(error.reason);

/** One stream on its way to or from the service, which is connected anew by itself when it is lost, until it is stopped. */
export class PeerLink {
  readonly #options: PeerLinkOptions;
  readonly #patience = new Patience();
  #resource: Resource | undefined;
  #state: LinkState = 'connecting';
  #connecting: Promise<void> | undefined;
  #restoring = false;

  private constructor(options: PeerLinkOptions) {
    this.#options = options;
    addEventListener('pagehide', this.#sayGoodbye);
  }

  /** Resolves when the service has answered. Throws ClientError. */
  static async open(options: PeerLinkOptions): Promise<PeerLink> {
    const link = new PeerLink(options);
    try {
      await link.connectAnew();
    } catch (error) {
      link.#close();
      throw error;
    }
    return link;
  }

  get state(): LinkState {
    return this.#state;
  }

  get resource(): Resource {
    if (this.#resource === undefined) throw new TypeError('link: it is not open');
    return this.#resource;
  }

  /** Over another connection; those who ask meanwhile get the same. Throws ClientError. */
  connectAnew(): Promise<void> {
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  /** Ends it at the service too. Idempotent. What is gone there already counts as ended. */
  async stop(): Promise<void> {
    if (this.#state === 'stopped') return;
    const url = this.#resource?.url;
    this.#close();
    if (url === undefined) return;
    try {
      await request(url, { method: 'DELETE', token: this.#options.token });
    } catch (error) {
      if (!isFinal(error)) throw error;
    }
  }

  /** It has ended at the service. */
  forget(): void {
    this.#close();
  }

  async #connect(): Promise<void> {
    if (this.#state === 'stopped') throw ClientError.callOver();
    this.#resource?.connection.close();
    this.#enter('connecting');
    try {
      const resource = await this.#options.connect(this.#resource);
      this.#resource = resource;
      if (this.#isStopped()) this.#discard(resource);
      else this.#watch(resource.connection);
    } catch (error) {
      if (this.#resource !== undefined) this.#lose(error);
      throw error;
    }
  }

  #lose(error: unknown): void {
    if (isFinal(error)) {
      this.#close();
      return;
    }
    this.#enter('lost');
    void this.#restore(0);
  }

  /** It was stopped while the service answered. */
  #discard({ url, connection }: Resource): void {
    connection.close();
    deleteWhileClosing(url, this.#options.token);
  }

  #isStopped(): boolean {
    return this.#state === 'stopped';
  }

  #watch(connection: RTCPeerConnection): void {
    const follow = () => this.#follow(connection);
    connection.addEventListener('connectionstatechange', follow);
    // A service that closes DTLS shows here seconds before ICE gives up, and not at all in `connectionState` of some browsers.
    transportOf(connection)?.addEventListener('statechange', follow);
    follow();
  }

  #follow(connection: RTCPeerConnection): void {
    if (this.#isStopped() || connection !== this.#resource?.connection) return;
    const dtls = transportOf(connection)?.state;
    const isDead = connection.connectionState === 'failed' || dtls === 'closed' || dtls === 'failed';
    if (isDead || connection.connectionState === 'disconnected') {
      this.#enter('lost');
      void this.#restore(isDead ? 0 : HEALING_MS);
    } else if (connection.connectionState === 'connected') {
      this.#patience.reset();
      this.#enter('connected');
    }
  }

  /** Tries until it is connected, or of no use any more; the service ends what was held too long. */
  async #restore(leastMs: number): Promise<void> {
    if (this.#restoring) return;
    this.#restoring = true;
    for (let first = leastMs; this.#state === 'lost'; first = 0) {
      await this.#patience.wait(first);
      // By then it may have healed, or been stopped.
      if (this.#state === 'lost') await this.connectAnew().catch(() => {});
    }
    this.#restoring = false;
  }

  readonly #sayGoodbye = (): void => {
    if (this.#resource) deleteWhileClosing(this.#resource.url, this.#options.token);
    this.#close();
  };

  #close(): void {
    removeEventListener('pagehide', this.#sayGoodbye);
    this.#resource?.connection.close();
    this.#enter('stopped');
    this.#patience.end();
  }

  #enter(state: LinkState): void {
    if (this.#state === state || this.#state === 'stopped') return;
    this.#state = state;
    this.#options.onState(state);
  }
}

const transportOf = (connection: RTCPeerConnection): RTCDtlsTransport | null | undefined =>
  connection.getSenders()[0]?.transport ?? connection.getReceivers()[0]?.transport;
