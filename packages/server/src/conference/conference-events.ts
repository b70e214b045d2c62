/** Following what happens in a conference, and being there while one does. */
import type { EventCursor } from '@callreel/contract/events.ts';
import type { ConfrId, PubStreamId } from '@callreel/contract/ids.ts';
import { Attendance } from './attendance.ts';
import { ConferenceError } from './conference-error.ts';
import type { ConferenceRegistry } from './conference-registry.ts';
import type { Follower, StopFollowing } from './event-feed.ts';
import type { EventHub } from './event-hub.ts';
import type { MemberRef } from './joining.ts';
import type { LifeEvent } from './lifecycle.ts';
import type { LiveConference } from './live-conference.ts';
import type { Turns } from './turns.ts';

export type ConferenceEventsOptions = {
  live: ConferenceRegistry;
  turns: Turns<ConfrId>;
  hub: EventHub;
  handle(conference: LiveConference, event: LifeEvent): void;
};

export class ConferenceEvents {
  readonly #options: ConferenceEventsOptions;
  readonly #attendance: Attendance;

  constructor(options: ConferenceEventsOptions) {
    this.#options = options;
    this.#attendance = new Attendance({
      onHere: (member) => this.#handle(member, 'attached'),
      onGone: (member) => this.#handle(member, 'detached'),
    });
  }

  /** Tells what happens, from now on or from the event after `since` on. @throws ConferenceError `notFound` */
  follow(appId: number, confrId: ConfrId, since: EventCursor | undefined, follower: Follower): StopFollowing {
    const { live, hub } = this.#options;
    const stop = hub.follow(live.conference(appId, confrId).id, since, follower);
    if (stop === undefined) throw ConferenceError.notFound('conference');
    return stop;
  }

  /** The conference, and the member where one is named, are there. @throws ConferenceError `notFound` */
  assertOpen(appId: number, confrId: ConfrId, member: MemberRef | undefined): void {
    this.#options.live.conference(appId, confrId);
    if (member) this.#options.live.memberOf(member);
  }

  /** The member is there, whatever becomes of his publications, until what this returns is called. */
  attend(member: MemberRef): () => void {
    return this.#attendance.begin(member);
  }

  /** What its publisher says of its sound and picture. @throws ConferenceError `notFound` */
  switchTracks(ref: MemberRef, id: PubStreamId, change: { audioOff?: boolean; videoOff?: boolean }): Promise<void> {
    const { live, turns, hub } = this.#options;
    return turns.take(ref.confrId, async () => {
      const { publication } = live.publicationOf(ref, id);
      const { audioOff = publication.audioOff, videoOff = publication.videoOff } = change;
      if (audioOff === publication.audioOff && videoOff === publication.videoOff) return;
      Object.assign(publication, { audioOff, videoOff });
      hub.publish(ref.confrId, [{ kind: 'publicationMuted', pubStreamId: id, audioOff, videoOff }]);
    });
  }

  #handle({ confrId, memberId }: MemberRef, kind: 'attached' | 'detached'): void {
    const conference = this.#options.live.find(confrId);
    if (conference) this.#options.handle(conference, { kind, memberId });
  }
}
