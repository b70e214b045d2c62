import type { PublicationInfo } from '@callreel/contract/events.ts';
import { type Locate, negotiate } from './negotiate.ts';
import { type LinkState, PeerLink, type Resource } from './peer-link.ts';
import { request } from './request.ts';

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

type Sends = { audio?: boolean; video?: boolean };

/** Of what is received. */
export type ReceivedKinds = { audio?: true; video?: true };

const BOTH: ReceivedKinds = { audio: true, video: true };

/** Another's publication, received (WHEP). Ended by `stop()`, with the publication, or when the page closes; connected anew by itself. */
export class Subscription {
  readonly pubStreamId: string;
  /** What is received: the same stream whatever becomes of the connection, so that an element that plays it needs to be told once. */
  readonly stream: MediaStream;
  readonly #link: PeerLink;
  readonly #change: (sends: Sends) => Promise<void>;

  private constructor(
    pubStreamId: string,
    stream: MediaStream,
    link: PeerLink,
    change: (sends: Sends) => Promise<void>,
  ) {
    this.pubStreamId = pubStreamId;
    this.stream = stream;
    this.#link = link;
    this.#change = change;
  }

  static async open({ whepUrl, token, publication, onState, locate }: SubscribeOptions): Promise<Subscription> {
    const stream = new MediaStream();
    const sends: Sends = {};
    const tell = ({ url }: Resource): Promise<unknown> => request(url, { method: 'POST', token, json: sends });
    const connect = async (): Promise<Resource> => {
      const resource = await negotiate(connectionFor(publication, stream), { url: whepUrl, token, locate });
      // What was paused stays so over another connection.
      if (Object.values(sends).includes(false)) await tell(resource);
      return resource;
    };
    const link = await PeerLink.open({ token, connect, onState });
    return new Subscription(publication.pubStreamId, stream, link, async (change) => {
      Object.assign(sends, change);
      await tell(link.resource);
    });
  }

  get state(): LinkState {
    return this.#link.state;
  }

  /** The service stops sending sound or picture, or both where none is named, until `resume`: it costs the network nothing then. Throws ClientError. */
  pause(what: ReceivedKinds = BOTH): Promise<void> {
    return this.#change({ ...(what.audio && { audio: false }), ...(what.video && { video: false }) });
  }

  /** A picture goes on with a key frame, which is asked for at once. Throws ClientError. */
  resume(what: ReceivedKinds = BOTH): Promise<void> {
    return this.#change(what);
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
