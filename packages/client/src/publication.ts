import type { PublicationKind, VideoCodecName } from '@callreel/contract/conference.ts';
import { ClientError } from './client-error.ts';
import { type Locate, negotiate } from './negotiate.ts';
import { type LinkState, PeerLink, type Resource } from './peer-link.ts';
import { connectionFor } from './sending-connection.ts';

export type PublicationState = LinkState;

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
  locate?: Locate;
};

/** What is off of a publication, as its publisher wants it. */
export type Muted = { audioOff: boolean; videoOff: boolean };

const withQuery = (url: string, name: string, value: string): string => {
  const changed = new URL(url, location.href);
  changed.searchParams.set(name, value);
  return changed.href;
};

const idIn = ({ url }: Resource): string => decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '');

const connect = (options: PublishOptions, url: string): Promise<Resource> =>
  negotiate(connectionFor(options.stream, options.videoCodec), {
    ...{ url, token: options.token, locate: options.locate },
  });

const begin = (options: PublishOptions): Promise<Resource> => {
  const { whipUrl, kind } = options;
  return connect(options, kind === 'desktop' ? withQuery(whipUrl, 'type', 'desktop') : whipUrl);
};

/** In the same recording, as long as the service holds it open (45 s); else as another publication, which is another recording. */
const resumeOrBegin = async (options: PublishOptions, before: Resource): Promise<Resource> => {
  try {
    return await connect(options, withQuery(options.whipUrl, 'resume', idIn(before)));
  } catch (error) {
    if (error instanceof ClientError && error.reason === 'callOver') return begin(options);
    throw error;
  }
};

/**
 * One stream that is being sent. Made by `publish`; ended by `stop()`, or by itself when the page closes. It is connected anew by itself
 * when the connection is lost, and goes on in the same recording.
 */
export class Publication {
  readonly kind: PublicationKind;
  readonly stream: MediaStream;
  readonly #link: PeerLink;

  private constructor({ kind, stream }: PublishOptions, link: PeerLink) {
    this.kind = kind;
    this.stream = stream;
    this.#link = link;
  }

  static async open(options: PublishOptions): Promise<Publication> {
    const link = await PeerLink.open({
      token: options.token,
      connect: (before) => (before === undefined ? begin(options) : resumeOrBegin(options, before)),
      onState: (state) => options.onState?.(state),
    });
    return new Publication(options, link);
  }

  get state(): PublicationState {
    return this.#link.state;
  }

  /** The `pubStreamId` under which its recording is listed. Another one where it had to be published anew. */
  get pubStreamId(): string {
    return idIn(this.#link.resource);
  }

  /** What of it is not sent at the moment. */
  get muted(): Muted {
    const isOff = (tracks: MediaStreamTrack[]) => tracks.length > 0 && tracks.every(({ enabled }) => !enabled);
    return { audioOff: isOff(this.stream.getAudioTracks()), videoOff: isOff(this.stream.getVideoTracks()) };
  }

  /** Connects anew now, in place of waiting until it is tried by itself. Throws ClientError. */
  async resume(): Promise<void> {
    await this.#link.connectAnew();
  }

  /** Ends the publication and with it its recording. Idempotent. A publication that is gone already counts as ended. */
  stop(): Promise<void> {
    return this.#link.stop();
  }

  /** The service ended it. */
  forget(): void {
    this.#link.forget();
  }
}

/** Sends a stream into a conference (WHIP, RFC 9725). Resolves when the service has answered; throws ClientError. */
export const publish = (options: PublishOptions): Promise<Publication> => Publication.open(options);
