import type { PublicationKind, VideoCodecName } from '@callreel/contract/conference.ts';
import { ClientError } from './client-error.ts';
import { readIceServers } from './ice-servers.ts';
import { deleteWhileClosing, request } from './request.ts';
import { connectionFor, startConnecting } from './sending-connection.ts';

export type PublicationState = 'connecting' | 'connected' | 'lost' | 'stopped';

export type PublishOptions = {
  /** The `whip` URL that joining answered. */
  whipUrl: string;
  /** The member's token that joining answered. */
  token: string;
  /** Its tracks stay the caller's: stopping the publication does not stop them. */
  stream: MediaStream;
  kind: PublicationKind;
  /** Offers this video codec alone; without it the service chooses among the browser's. */
  videoCodec?: VideoCodecName;
  onState?: (state: PublicationState) => void;
  /** Maps URLs that the service gives out to those under which this page reaches it; without it they are taken as they are. */
  locate?: Locate;
};

export type Locate = (url: string) => string;

type Resource = { url: string; connection: RTCPeerConnection };

const withQuery = (url: string, name: string, value: string): string => {
  const changed = new URL(url, location.href);
  changed.searchParams.set(name, value);
  return changed.href;
};

const initialUrl = ({ whipUrl, kind }: PublishOptions): string =>
  kind === 'desktop' ? withQuery(whipUrl, 'type', 'desktop') : whipUrl;

/** Offer out, answer in (RFC 9725 section 4.2). Closes the connection again where that fails. */
const negotiate = async (options: PublishOptions, url: string): Promise<Resource> => {
  const connection = connectionFor(options.stream, options.videoCodec);
  try {
    const offer = await connection.createOffer();
    const response = await request(url, { method: 'POST', token: options.token, sdp: offer.sdp ?? '' });
    const location = response.headers.get('Location');
    if (location === null) throw ClientError.unexpected('the WHIP answer names no Location');
    const iceServers = readIceServers(response.headers.get('Link'));
    await startConnecting(connection, { offer, answer: await response.text(), iceServers });
    const resource = new URL(location, response.url).href;
    return { url: options.locate?.(resource) ?? resource, connection };
  } catch (error) {
    connection.close();
    throw error;
  }
};

/** A publication that is not there any more, or whose member's token died with the stay in the call. */
const isGone = (error: unknown): boolean =>
  error instanceof ClientError && (error.reason === 'callOver' || error.reason === 'signedOut');

/** One stream that is being sent. Made by `publish`; ended by `stop()`, or by itself when the page closes. */
export class Publication {
  readonly kind: PublicationKind;
  readonly #options: PublishOptions;
  #resource: Resource;
  #state: PublicationState = 'connecting';

  private constructor(options: PublishOptions, resource: Resource) {
    this.kind = options.kind;
    this.#options = options;
    this.#resource = resource;
    this.#watch(resource.connection);
    addEventListener('pagehide', this.#sayGoodbye);
  }

  static async open(options: PublishOptions): Promise<Publication> {
    return new Publication(options, await negotiate(options, initialUrl(options)));
  }

  get state(): PublicationState {
    return this.#state;
  }

  /** The `pubStreamId` under which its recording is listed. */
  get pubStreamId(): string {
    return decodeURIComponent(new URL(this.#resource.url).pathname.split('/').at(-1) ?? '');
  }

  /** After a loss: connects anew and goes on in the same recording. The service holds it open for 45 s. */
  async resume(): Promise<void> {
    if (this.#state === 'stopped') throw ClientError.unexpected('the publication was stopped');
    this.#resource.connection.close();
    this.#enter('connecting');
    try {
      this.#resource = await negotiate(this.#options, withQuery(this.#options.whipUrl, 'resume', this.pubStreamId));
    } catch (error) {
      this.#enter('lost');
      throw error;
    }
    this.#watch(this.#resource.connection);
  }

  /** Ends the publication and with it its recording. Idempotent. A publication that is gone already counts as ended. */
  async stop(): Promise<void> {
    if (this.#state === 'stopped') return;
    this.#close();
    try {
      await request(this.#resource.url, { method: 'DELETE', token: this.#options.token });
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  #watch(connection: RTCPeerConnection): void {
    const follow = () => this.#follow(connection);
    connection.addEventListener('connectionstatechange', follow);
    // A service that closes DTLS shows here seconds before ICE gives up, and not at all in `connectionState` of some browsers.
    connection.getSenders()[0]?.transport?.addEventListener('statechange', follow);
    follow();
  }

  #follow(connection: RTCPeerConnection): void {
    if (this.#state === 'stopped' || connection !== this.#resource.connection) return;
    const dtls = connection.getSenders()[0]?.transport?.state;
    // `disconnected` may heal by itself, and then it says so; the service gives such a connection up after 5 s without a packet.
    const broken = ['disconnected', 'failed'].includes(connection.connectionState);
    if (broken || dtls === 'closed' || dtls === 'failed') this.#enter('lost');
    else if (connection.connectionState === 'connected') this.#enter('connected');
  }

  readonly #sayGoodbye = (): void => {
    deleteWhileClosing(this.#resource.url, this.#options.token);
    this.#close();
  };

  #close(): void {
    removeEventListener('pagehide', this.#sayGoodbye);
    this.#resource.connection.close();
    this.#enter('stopped');
  }

  #enter(state: PublicationState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.onState?.(state);
  }
}

/** Sends a stream into a conference (WHIP, RFC 9725). Resolves when the service has answered; throws ClientError. */
export const publish = (options: PublishOptions): Promise<Publication> => Publication.open(options);
