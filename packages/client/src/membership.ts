import type { JoinBody, JoinView, PublicationKind, Role } from '@callreel/contract/conference.ts';
import type { CallreelApi } from './callreel-api.ts';
import { ClientError } from './client-error.ts';
import { type Locate, type Publication, type PublishOptions, publish } from './publication.ts';
import { deleteWhileClosing, request } from './request.ts';

/** One's stay in a conference. Made by `joinConference`; ended by `leave()`, or by itself when the page closes. */
export class Membership {
  readonly confrId: string;
  readonly memberId: string;
  readonly role: Role;
  readonly #view: Pick<JoinView, 'token' | 'whip' | 'leave'>;
  readonly #locate: Locate;
  readonly #publications = new Set<Publication>();
  #left = false;

  constructor(confrId: string, view: JoinView, locate: Locate) {
    this.confrId = confrId;
    this.memberId = view.memberId;
    this.role = view.role;
    this.#locate = locate;
    this.#view = { token: view.token, whip: locate(view.whip), leave: locate(view.leave) };
    addEventListener('pagehide', this.#sayGoodbye);
  }

  async publish(
    stream: MediaStream,
    kind: PublicationKind,
    options: Pick<PublishOptions, 'onState' | 'videoCodec'> = {},
  ): Promise<Publication> {
    const { whip: whipUrl, token } = this.#view;
    const publication = await publish({ whipUrl, token, stream, kind, locate: this.#locate, ...options });
    this.#publications.add(publication);
    return publication;
  }

  /** Ends one's publications and one's stay; the last one to leave ends the call. Idempotent. */
  async leave(): Promise<void> {
    if (this.#left) return;
    this.#forget();
    await Promise.allSettled([...this.#publications].map((publication) => publication.stop()));
    await this.#tellLeft();
  }

  async #tellLeft(): Promise<void> {
    try {
      await request(this.#view.leave, { method: 'DELETE', token: this.#view.token });
    } catch (error) {
      // Who is out already (the call ended, or this member was removed) has left too.
      const gone = error instanceof ClientError && (error.reason === 'callOver' || error.reason === 'signedOut');
      if (!gone) throw error;
    }
  }

  readonly #sayGoodbye = (): void => {
    deleteWhileClosing(this.#view.leave, this.#view.token);
    this.#forget();
  };

  #forget(): void {
    this.#left = true;
    removeEventListener('pagehide', this.#sayGoodbye);
  }
}

/**
 * Enters a conference under a name. `locate` maps URLs that the service gives out to those under which this page reaches it.
 * Throws ClientError (`callOver`, `conferenceFull`, `forbidden`, …).
 */
export const joinConference = async (
  api: CallreelApi,
  confrId: string,
  body: JoinBody,
  locate: Locate = (url) => url,
): Promise<Membership> => new Membership(confrId, await api.join(confrId, body), locate);
