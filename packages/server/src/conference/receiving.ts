/** What members ask of their subscriptions, each in its conference's turn. */
import type { ConfrId, PubStreamId, SubscriptionId } from '@callreel/contract/ids.ts';
import type { ChangeSubscriptionBody, SubscriptionView } from '@callreel/contract/subscription.ts';
import type { ConferenceRegistry } from './conference-registry.ts';
import type { MemberRef } from './joining.ts';
import type { PublicationConnection } from './live-conference.ts';
import type { Subscribed, Subscriptions } from './subscriptions.ts';
import type { Turns } from './turns.ts';

export type ReceivingOptions = {
  live: ConferenceRegistry;
  turns: Turns<ConfrId>;
  subscriptions: Subscriptions;
  /** Throws while the service stops. */
  assertOpen(): void;
};

/** As a path names it; undefined where what stands there is no id, and so nobody's. */
export type SubscriptionPath = { publicationId: PubStreamId | undefined; id: SubscriptionId | undefined };

export class Receiving {
  readonly #options: ReceivingOptions;

  constructor(options: ReceivingOptions) {
    this.#options = options;
  }

  /** Receives what another publishes. @throws ConferenceError `notFound`, `illegalSdp`, `tooManySubscriptions`, `busy` */
  subscribe(ref: MemberRef, id: PubStreamId | undefined, offer: string): Promise<Subscribed> {
    const { live, turns, subscriptions, assertOpen } = this.#options;
    return turns.take(ref.confrId, () => {
      const { conference, member } = live.memberOf(ref);
      assertOpen();
      return subscriptions.open(conference, member, id, offer);
    });
  }

  /** Stops sound or picture, or lets it go on. @throws ConferenceError `notFound`, `busy` */
  change(ref: MemberRef, path: SubscriptionPath, change: ChangeSubscriptionBody): Promise<SubscriptionView> {
    const { live, turns, subscriptions } = this.#options;
    return turns.take(ref.confrId, async () =>
      subscriptions.change(live.subscriptionOf(ref, path).subscription, change),
    );
  }

  /** @throws ConferenceError `notFound` */
  unsubscribe(ref: MemberRef, path: SubscriptionPath): Promise<void> {
    const { live, turns, subscriptions } = this.#options;
    return turns.take(ref.confrId, () => {
      const { conference, subscription } = live.subscriptionOf(ref, path);
      return subscriptions.end(conference, subscription);
    });
  }

  /** @throws ConferenceError `notFound` */
  connectionOf(ref: MemberRef, path: SubscriptionPath): PublicationConnection {
    return this.#options.live.subscriptionOf(ref, path).subscription.connection;
  }
}
