/** What media processes tell of publications, as what it means for their conferences. */
import type { PubStreamId } from '@callreel/contract/ids.ts';
import type { Logger } from '../base/log.ts';
import type { MediaEvent } from '../sfu/protocol.ts';
import type { EventHub } from './event-hub.ts';
import type { LifeEvent } from './lifecycle.ts';
import type { LiveConference } from './live-conference.ts';
import type { LiveRecordings } from './live-recordings.ts';
import type { Publications } from './publications.ts';

export type MediaEventsOptions = {
  publications: Publications;
  recordings: LiveRecordings;
  hub: EventHub;
  /** Milliseconds since 1970. */
  nowMs: () => number;
  log: Logger;
  handle(conference: LiveConference, event: LifeEvent): void;
};

export class MediaEvents {
  readonly #options: MediaEventsOptions;

  constructor(options: MediaEventsOptions) {
    this.#options = options;
  }

  handle(event: MediaEvent): void {
    const { publications, handle, nowMs } = this.#options;
    const { publicationId: id } = event;
    const conference = publications.conferenceOf(id);
    switch (event.kind) {
      case 'subscriptionEnded':
        conference?.subscriptions.delete(event.subscriptionId);
        return;
      case 'recordingEnded':
        if (event.error !== undefined) this.#handleCutShort(conference, event);
        return;
      case 'speaking':
        if (conference) this.#tellSpeaking(conference, id, event.speaks);
        return;
      case 'lost':
        if (conference) handle(conference, { kind: 'lost', id, atMs: nowMs() });
        return;
      case 'connected':
        if (conference) handle(conference, { kind: 'connected', id });
        return;
    }
  }

  handleDied(ids: PubStreamId[]): void {
    const { publications, handle } = this.#options;
    const byConference = Map.groupBy(ids, (id) => publications.conferenceOf(id));
    for (const [conference, lost] of byConference) if (conference) handle(conference, { kind: 'mediaDied', ids: lost });
  }

  #handleCutShort(
    conference: LiveConference | undefined,
    event: Extract<MediaEvent, { kind: 'recordingEnded' }>,
  ): void {
    this.#options.log.error(event, 'a recording was cut short');
    const { publicationId: pubStreamId } = event;
    const publication = conference?.publications.get(pubStreamId);
    if (conference === undefined || publication === undefined) return;
    if (!this.#options.recordings.handOn(publication, event.recordingKey)) return;
    this.#options.hub.publish(conference.id, [{ kind: 'recordingChanged', pubStreamId, state: 'stopped' }]);
  }

  #tellSpeaking(conference: LiveConference, id: PubStreamId, speaks: boolean): void {
    const memberId = conference.publications.get(id)?.memberId;
    if (memberId !== undefined) this.#options.hub.setSpeaking(conference.id, memberId, id, speaks);
  }
}
