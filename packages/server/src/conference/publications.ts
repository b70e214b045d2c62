/** Publications and the media processes: opened, connected anew, ended, and the store told of it. What ends when is not said here. */
import type { PublicationKind } from '@callreel/contract/conference.ts';
import {
  type IdSource,
  type MemberId,
  makePubStreamId,
  makeRecordingKey,
  type PubStreamId,
} from '@callreel/contract/ids.ts';
import type { Store } from '../store/store.ts';
import { ConferenceError } from './conference-error.ts';
import type { LastingWrites } from './lasting-writes.ts';
import type { EndReason } from './life.ts';
import {
  conferenceTypeCode,
  countVideos,
  type LiveConference,
  type LiveMember,
  type LivePublication,
  roleIn,
} from './live-conference.ts';
import type { LiveRecordings } from './live-recordings.ts';
import type { MediaPool } from './media-pool.ts';
import { readOfferFacts } from './offer-facts.ts';

/** Throws where this node takes no more publications. */
export type AssertRoom = () => Promise<void>;

/** What an offer is answered with. */
export type Answered = {
  pubStreamId: PubStreamId;
  answer: string;
  /** Names the connection: another offer, another tag. */
  connectionTag: string;
};

export type PublicationsOptions = {
  store: Pick<Store, 'conferences'>;
  media: MediaPool;
  recordings: LiveRecordings;
  writes: LastingWrites;
  ids: IdSource;
};

/** Camera and screen are two. A page that was loaded anew leaves its old ones behind for the hold's time; a gateway may bring several. */
const MAX_OF_MEMBER = 16;
const TAG_BYTES = 16;

export class Publications {
  readonly #options: PublicationsOptions;
  /** Where the publications are of which a media process may tell something. */
  readonly #conferences = new Map<PubStreamId, LiveConference>();

  constructor(options: PublicationsOptions) {
    this.#options = options;
  }

  /** The conference of a publication that is open, or being opened. */
  conferenceOf(id: PubStreamId): LiveConference | undefined {
    return this.#conferences.get(id);
  }

  /**
   * Answers an offer and, in a recorded conference, begins a recording. What is refused leaves nothing open. Checked in the contract's
   * order: may he, can the offer be read, is there a place for it, is there room on this node. `assertRoom` throws where there is none.
   * @throws ConferenceError `roleForbids`, `illegalSdp`, `tooManyPublications`, `videoLimit`, `busy`, and what `assertRoom` throws
   */
  async open(
    conference: LiveConference,
    member: LiveMember,
    offer: string,
    kind: PublicationKind,
    assertRoom: AssertRoom,
  ): Promise<{ publication: LivePublication; answered: Answered }> {
    const { media, recordings } = this.#options;
    assertMayPublish(conference, member);
    const publication = this.#newPublication(conference, member, offer, kind);
    assertPlace(conference, publication);
    media.assertUp();
    await assertRoom();
    this.#conferences.set(publication.id, conference);
    try {
      await this.#writeBegin(conference, publication);
      const recording = await recordings.beginWith(conference, publication);
      const { videoCodecs } = conference.settings;
      const answer = await media.open({ publicationId: publication.id, offer, videoCodecs, recording });
      if (member.muted) await media.mute(publication.id, true);
      return { publication, answered: answeredWith(publication, answer) };
    } catch (error) {
      await this.#undo(publication, error);
      throw error;
    }
  }

  /** Connects a publication anew: the same file goes on. @throws ConferenceError `notFound`, `illegalSdp`, `busy` */
  async resume(conference: LiveConference, publication: LivePublication, offer: string): Promise<Answered> {
    const { iceUfrag } = readOfferFacts(offer, conference.settings.videoCodecs);
    const answer = await this.#options.media.resume(publication.id, offer);
    publication.connection = { tag: this.#newTag(), iceUfrag };
    return answeredWith(publication, answer);
  }

  /** Resolves when its file is written, or known to be as far as it will be: its recording is handed on. */
  async end(publication: LivePublication, reason: EndReason, endedAt: Date): Promise<void> {
    const { media, recordings } = this.#options;
    const { id } = publication;
    await media.end(id, reason);
    this.#conferences.delete(id);
    recordings.handOn(publication, publication.recordingKey);
    await this.#writeEnd(id, endedAt);
  }

  async muteOf(conference: LiveConference, memberId: MemberId, muted: boolean): Promise<void> {
    const own = [...conference.publications.values()].filter((publication) => publication.memberId === memberId);
    // One that cannot be told is gone with its process.
    await Promise.allSettled(own.map(({ id }) => this.#options.media.mute(id, muted)));
  }

  #newPublication(
    conference: LiveConference,
    member: LiveMember,
    offer: string,
    kind: PublicationKind,
  ): LivePublication {
    const { ids } = this.#options;
    const { iceUfrag, ...tracks } = readOfferFacts(offer, conference.settings.videoCodecs);
    return {
      id: makePubStreamId(ids, conferenceTypeCode(conference.type), member.id),
      memberId: member.id,
      kind,
      recordingKey: conference.recording === 'stopped' ? null : makeRecordingKey(ids),
      ...tracks,
      audioOff: false,
      videoOff: false,
      recording: conference.recording,
      connection: { tag: this.#newTag(), iceUfrag },
    };
  }

  #newTag(): string {
    return Buffer.from(this.#options.ids.randomBytes(TAG_BYTES)).toString('base64url');
  }

  async #writeBegin(conference: LiveConference, { id, memberId, kind }: LivePublication): Promise<void> {
    const { store, ids } = this.#options;
    const startedAt = new Date(ids.nowMs());
    await store.conferences.insertPublication({
      ...{ id, confrId: conference.id, memberId, kind, startedAt },
      endedAt: null,
    });
  }

  #writeEnd(id: PubStreamId, endedAt: Date): Promise<void> {
    const { store, writes } = this.#options;
    return writes.write(() => store.conferences.markPublicationEnded(id, endedAt));
  }

  /** Of an offer that cannot be answered not even a row stays: a member may send them without end. */
  async #undo({ id, recordingKey }: LivePublication, error: unknown): Promise<void> {
    const { store, media, recordings, writes, ids } = this.#options;
    await media.end(id, 'refused');
    this.#conferences.delete(id);
    const neverWas = error instanceof ConferenceError && error.reason === 'illegalSdp';
    if (neverWas) await writes.write(() => store.conferences.removePublication(id));
    else await this.#writeEnd(id, new Date(ids.nowMs()));
    if (recordingKey) await recordings.undo(recordingKey, neverWas);
  }
}

const answeredWith = ({ id, connection }: LivePublication, answer: string): Answered => ({
  pubStreamId: id,
  answer,
  connectionTag: connection.tag,
});

const assertMayPublish = (conference: LiveConference, member: LiveMember): void => {
  if (roleIn(conference, member.id) === 'audience') {
    throw ConferenceError.roleForbids('An audience member may not publish');
  }
};

const assertPlace = (conference: LiveConference, { hasVideo, memberId }: LivePublication): void => {
  const { maxVideos } = conference.settings;
  const own = [...conference.publications.values()].filter((each) => each.memberId === memberId);
  if (own.length >= MAX_OF_MEMBER) {
    throw ConferenceError.tooManyPublications(`You publish ${MAX_OF_MEMBER} streams: end one of them first`);
  }
  if (hasVideo && countVideos(conference) >= maxVideos) throw ConferenceError.full('videoLimit', maxVideos);
};
