/** What members ask of their publications, each in its conference's turn. */
import type { PublicationKind } from '@callreel/contract/conference.ts';
import type { ConfrId, PubStreamId } from '@callreel/contract/ids.ts';
import { ConferenceError } from './conference-error.ts';
import type { ConferenceRegistry } from './conference-registry.ts';
import type { MemberRef } from './joining.ts';
import type { LifeEvent } from './lifecycle.ts';
import type { LiveConference, PublicationConnection } from './live-conference.ts';
import { readOfferFacts } from './offer-facts.ts';
import type { Answered, AssertRoom, Publications } from './publications.ts';
import type { Turns } from './turns.ts';

export type PublishingOptions = {
  live: ConferenceRegistry;
  turns: Turns<ConfrId>;
  publications: Publications;
  /** Throws while the service stops. */
  assertOpen(): void;
  step(conference: LiveConference, event: LifeEvent): Promise<void>;
};

const hasRoom = async (): Promise<void> => {};

export class Publishing {
  readonly #options: PublishingOptions;

  constructor(options: PublishingOptions) {
    this.#options = options;
  }

  /**
   * `assertRoom` is asked last, when all else is right.
   * @throws ConferenceError `notFound`, `roleForbids`, `illegalSdp`, `videoLimit`, `busy`, and what `assertRoom` throws
   */
  publish(ref: MemberRef, offer: string, kind: PublicationKind, assertRoom: AssertRoom = hasRoom): Promise<Answered> {
    const { live, turns, publications, assertOpen, step } = this.#options;
    return turns.take(ref.confrId, async () => {
      const { conference, member } = live.memberOf(ref);
      assertOpen();
      const { publication, answered } = await publications.open(conference, member, offer, kind, assertRoom);
      conference.publications.set(publication.id, publication);
      await step(conference, { kind: 'published', memberId: member.id, id: publication.id });
      return answered;
    });
  }

  /**
   * Goes on with a publication over a new connection, in the same file. `id`: undefined where what was given is nobody's.
   * @throws ConferenceError `illegalSdp`, `notFound`, `busy`
   */
  resume(ref: MemberRef, id: PubStreamId | undefined, offer: string): Promise<Answered> {
    const { live, turns, publications, step } = this.#options;
    return turns.take(ref.confrId, async () => {
      readOfferFacts(offer, live.memberOf(ref).conference.settings.videoCodecs);
      if (id === undefined) throw ConferenceError.notFound('publication');
      const { conference, publication } = live.publicationOf(ref, id);
      const answered = await publications.resume(conference, publication, offer);
      await step(conference, { kind: 'resumed', id });
      return answered;
    });
  }

  /** The member stays. @throws ConferenceError `notFound` */
  unpublish(ref: MemberRef, id: PubStreamId): Promise<void> {
    const { live, turns, step } = this.#options;
    return turns.take(ref.confrId, () => step(live.publicationOf(ref, id).conference, { kind: 'unpublished', id }));
  }

  /** The latest connection of a publication. @throws ConferenceError `notFound` */
  connectionOf(ref: MemberRef, id: PubStreamId): PublicationConnection {
    return this.#options.live.publicationOf(ref, id).publication.connection;
  }
}
