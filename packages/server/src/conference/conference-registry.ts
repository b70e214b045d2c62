import type { ConfrId, MemberId, PubStreamId, SubscriptionId, UserName } from '@callreel/contract/ids.ts';
import { ConferenceError } from './conference-error.ts';
import type { MemberRef } from './joining.ts';
import type { LiveConference, LiveMember, LivePublication, LiveSubscription } from './live-conference.ts';

/** The conferences that have not ended. What is another app's, or another member's, is not found. */
export class ConferenceRegistry {
  readonly #live = new Map<ConfrId, LiveConference>();

  get isEmpty(): boolean {
    return this.#live.size === 0;
  }

  all(): LiveConference[] {
    return [...this.#live.values()];
  }

  add(conference: LiveConference): void {
    this.#live.set(conference.id, conference);
  }

  remove(confrId: ConfrId): void {
    this.#live.delete(confrId);
  }

  /** Of whichever app. */
  find(confrId: ConfrId): LiveConference | undefined {
    return this.#live.get(confrId);
  }

  /** Whether he is in a one-to-one call. */
  isInPair(appId: number, userName: UserName): boolean {
    return this.all().some(
      ({ type, app, members }) =>
        type === 'CONFR' && app.id === appId && [...members.values()].some((member) => member.userName === userName),
    );
  }

  /** That which goes by this name among those of its app. */
  ofRoom(appId: number, roomName: string): LiveConference | undefined {
    return this.all().find(({ app, settings }) => app.id === appId && settings.roomName === roomName);
  }

  /** @throws ConferenceError `notFound` */
  conference(appId: number, confrId: ConfrId): LiveConference {
    const conference = this.#live.get(confrId);
    if (conference?.app.id !== appId) throw ConferenceError.notFound('conference');
    return conference;
  }

  /** @throws ConferenceError `notFound` */
  member(appId: number, confrId: ConfrId, memberId: MemberId): { conference: LiveConference; member: LiveMember } {
    const conference = this.conference(appId, confrId);
    const member = conference.members.get(memberId);
    if (member === undefined) throw ConferenceError.notFound('member');
    return { conference, member };
  }

  /** @throws ConferenceError `notFound` */
  memberOf({ appId, confrId, memberId }: MemberRef): { conference: LiveConference; member: LiveMember } {
    return this.member(appId, confrId, memberId);
  }

  /** @throws ConferenceError `notFound` */
  publicationOf(ref: MemberRef, id: PubStreamId): { conference: LiveConference; publication: LivePublication } {
    const { conference, member } = this.memberOf(ref);
    const publication = conference.publications.get(id);
    if (publication?.memberId !== member.id) throw ConferenceError.notFound('publication');
    return { conference, publication };
  }

  /** Of this publication, and his own. @throws ConferenceError `notFound` */
  subscriptionOf(
    ref: MemberRef,
    { publicationId, id }: { publicationId: PubStreamId | undefined; id: SubscriptionId | undefined },
  ): { conference: LiveConference; subscription: LiveSubscription } {
    const { conference, member } = this.memberOf(ref);
    const subscription = id && conference.subscriptions.get(id);
    const isHis = subscription?.memberId === member.id && subscription.publicationId === publicationId;
    if (!isHis) throw ConferenceError.notFound('subscription');
    return { conference, subscription };
  }
}
