import type { PublicationInfo } from '@callreel/contract/events.ts';
import { type Locate, negotiate } from './negotiate.ts';
import { type LinkState, PeerLink } from './peer-link.ts';

export type SubscribeOptions = {
  /** The publication's own WHEP URL. */
  whepUrl: string;
  token: string;
  publication: PublicationInfo;
  onState: (state: LinkState) => void;
  locate: Locate;
};

const connectionFor = ({ audio, video }: PublicationInfo, stream: MediaStream): RTCPeerConnection => {
  const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  for (const track of stream.getTracks()) stream.removeTrack(track);
  connection.addEventListener('track', ({ track }) => stream.addTrack(track));
  if (audio !== null) connection.addTransceiver('audio', { direction: 'recvonly' });
  if (video !== null) connection.addTransceiver('video', { direction: 'recvonly' });
  return connection;
};

/** Another's publication, received (WHEP). Ended by `stop()`, with the publication, or when the page closes; connected anew by itself. */
export class Subscription {
  readonly pubStreamId: string;
  /** What is received: the same stream whatever becomes of the connection, so that an element that plays it needs to be told once. */
  readonly stream: MediaStream;
  readonly #link: PeerLink;

  private constructor(pubStreamId: string, stream: MediaStream, link: PeerLink) {
    this.pubStreamId = pubStreamId;
    this.stream = stream;
    this.#link = link;
  }

  static async open({ whepUrl, token, publication, onState, locate }: SubscribeOptions): Promise<Subscription> {
    const stream = new MediaStream();
    const connect = () => negotiate(connectionFor(publication, stream), { url: whepUrl, token, locate });
    return new Subscription(publication.pubStreamId, stream, await PeerLink.open({ token, connect, onState }));
  }

  get state(): LinkState {
    return this.#link.state;
  }

  /** Idempotent. */
  stop(): Promise<void> {
    return this.#link.stop();
  }

  /** What it received has ended. */
  forget(): void {
    this.#link.forget();
  }
}
