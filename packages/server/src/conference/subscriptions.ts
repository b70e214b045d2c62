/** Who receives what: opened for a member, in the media process of the publication; ended with either of the two, by him, or by itself. */
import {
  type IdSource,
  type MemberId,
  makeSubscriptionId,
  type PubStreamId,
  type SubscriptionId,
} from '@callreel/contract/ids.ts';
import type { ChangeSubscriptionBody, SubscriptionView } from '@callreel/contract/subscription.ts';
import type { Logger } from '../base/log.ts';
import { ConferenceError } from './conference-error.ts';
import type { LiveConference, LiveMember, LiveSubscription } from './live-conference.ts';
import type { MediaPool } from './media-pool.ts';
import { readIceUfrag } from './offer-facts.ts';

export type SubscriptionsOptions = { media: MediaPool; ids: IdSource; log: Logger };

/** What an offer to receive is answered with. */
export type Subscribed = {
  subscriptionId: SubscriptionId;
  answer: string;
  connectionTag: string;
};

/** Nine talkers with camera and screen are 18 publications; twice, since a page that was loaded anew leaves its old ones behind for 30 s. */
const MAX_OF_MEMBER = 48;
/** All that a conference takes by default, twice. */
const MAX_OF_PUBLICATION = 1218;
const TAG_BYTES = 16;

export class Subscriptions {
  readonly #options: SubscriptionsOptions;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  /** Checked in the contract's order: can the offer be read, is there such a publication, has he room for it. @throws ConferenceError `illegalSdp`, `notFound`, `tooManySubscriptions`, `busy` */
  async open(
    conference: LiveConference,
    member: LiveMember,
    id: PubStreamId | undefined,
    offer: string,
  ): Promise<Subscribed> {
    const { media, ids } = this.#options;
    const iceUfrag = readIceUfrag(offer);
    const publication = id && conference.publications.get(id);
    if (publication === undefined) throw ConferenceError.notFound('publication');
    assertPlace(conference, member.id, publication.id);
    const subscriptionId = makeSubscriptionId(ids);
    const tag = Buffer.from(ids.randomBytes(TAG_BYTES)).toString('base64url');
    const answer = await media.subscribe(publication.id, subscriptionId, offer);
    conference.subscriptions.set(subscriptionId, {
      ...{ id: subscriptionId, memberId: member.id, publicationId: publication.id },
      connection: { tag, iceUfrag },
      sends: { audio: true, video: true },
    });
    return { subscriptionId, answer, connectionTag: tag };
  }

  /** What is not named stays as it is. @throws ConferenceError `notFound`, `busy` */
  async change(subscription: LiveSubscription, change: ChangeSubscriptionBody): Promise<SubscriptionView> {
    const { id: subscriptionId, publicationId: pubStreamId, sends: before } = subscription;
    const sends = { audio: change.audio ?? before.audio, video: change.video ?? before.video };
    await this.#options.media.changeSubscription(pubStreamId, subscriptionId, sends);
    subscription.sends = sends;
    return { subscriptionId, pubStreamId, ...sends };
  }

  async end(conference: LiveConference, { id, publicationId }: LiveSubscription): Promise<void> {
    conference.subscriptions.delete(id);
    await this.#options.media.unsubscribe(publicationId, id).catch((error: unknown) => {
      // It is gone with its media process.
      this.#options.log.debug({ subscriptionId: id, err: error }, 'a subscription could not be ended');
    });
  }

  /** All that he receives. */
  async endOfMember(conference: LiveConference, memberId: MemberId): Promise<void> {
    const own = [...conference.subscriptions.values()].filter((each) => each.memberId === memberId);
    await Promise.all(own.map((subscription) => this.end(conference, subscription)));
  }

  /** The media process ends them with the publication; here they are forgotten. */
  forgetPublication(conference: LiveConference, publicationId: PubStreamId): void {
    for (const [id, each] of conference.subscriptions)
      if (each.publicationId === publicationId) conference.subscriptions.delete(id);
  }
}

const assertPlace = ({ subscriptions }: LiveConference, memberId: MemberId, publicationId: PubStreamId): void => {
  const all = [...subscriptions.values()];
  const count = (matches: (each: LiveSubscription) => boolean): number => all.filter(matches).length;
  if (count((each) => each.memberId === memberId) >= MAX_OF_MEMBER) {
    throw ConferenceError.tooManySubscriptions(`You have ${MAX_OF_MEMBER} subscriptions: end one of them first`);
  }
  if (count((each) => each.publicationId === publicationId) >= MAX_OF_PUBLICATION) {
    throw ConferenceError.tooManySubscriptions(
      `This publication has ${MAX_OF_PUBLICATION} subscriptions, and takes no more`,
    );
  }
};
