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

/** Of what is received. */
export type ReceivedKinds = { audio?: true; video?: true };

type Sends = Partial<Record<keyof ReceivedKinds, boolean>>;
type Change = (what: ReceivedKinds, sent: boolean) => Promise<unknown>;

const BOTH: ReceivedKinds = { audio: true, video: true };

/** Another's publication, received (WHEP). Ended by `stop()`, with the publication, or when the page closes; connected anew by itself. */
export class Subscription {
  readonly pubStreamId: string;
  /** What is received: the same stream whatever becomes of the connection, so that an element that plays it needs to be told once. */
  readonly stream: MediaStream;
  readonly #link: PeerLink;
  readonly #change: Change;

  private constructor(pubStreamId: string, stream: MediaStream, link: PeerLink, change: Change) {
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
    return new Subscription(publication.pubStreamId, stream, link, (what, sent) => {
      for (const kind of Object.keys(what) as (keyof Sends)[]) sends[kind] = sent;
      return tell(link.resource);
    });
  }

  get state(): LinkState {
    return this.#link.state;
  }

  /** The service stops sending sound or picture, or both where none is named, until `resume`: it costs the network nothing then. Throws ClientError. */
  async pause(what: ReceivedKinds = BOTH): Promise<void> {
    await this.#change(what, false);
  }

  /** A picture goes on with a key frame, which is asked for at once. Throws ClientError. */
  async resume(what: ReceivedKinds = BOTH): Promise<void> {
    await this.#change(what, true);
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
