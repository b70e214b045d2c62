/**
 * The life of publications within their conferences: published, lost, held, resumed, ended. Each ends once, whatever ends it.
 */
import type { PublicationKind } from '@callreel/contract/conference.ts';
import {
  type IdSource,
  makePubStreamId,
  makeRecordingKey,
  type PubStreamId,
  type RecordingKey,
} from '@callreel/contract/ids.ts';
import type { Logger } from '../base/log.ts';
import type { RecordingSpec } from '../recorder/recording-spec.ts';
import type { Store } from '../store/store.ts';
import { ConferenceError } from './conference-error.ts';
import {
  conferenceTypeCode,
  type LiveConference,
  type LiveMember,
  type LivePublication,
  publicationsOf,
} from './live-conference.ts';
import type { MediaPool } from './media-pool.ts';

/** How long a lost connection may be resumed (contract, "What ends what"). */
export const HOLD_MS = 45_000;

export type PublicationsOptions = {
  store: Store;
  media: MediaPool;
  ids: IdSource;
  bootId: string;
  holdMs: number;
  log: Logger;
  /** A held publication was not resumed in time and has ended. */
  onHoldOver(conference: LiveConference, member: LiveMember): void;
  /** The recording's bytes are on disk: it can be finished and listed. */
  onRecordingEnded(recordingKey: RecordingKey): void;
};

type Found = { conference: LiveConference; member: LiveMember; publication: LivePublication };

export class Publications {
  readonly #options: PublicationsOptions;
  readonly #found = new Map<PubStreamId, Found>();

  constructor(options: PublicationsOptions) {
    this.#options = options;
  }

  /**
   * Publishes a stream: answers its offer and, in a recorded conference, starts its recording.
   * @throws ConferenceError `roleForbids`, `videoLimit`, `illegalSdp`, `busy`
   */
  async publish(
    conference: LiveConference,
    member: LiveMember,
    offer: string,
    kind: PublicationKind,
  ): Promise<{ pubStreamId: PubStreamId; answer: string }> {
    this.#assertMayPublish(conference, member);
    const publication = this.#newPublication(conference, member, kind);
    const found = { conference, member, publication };
    const { store, media } = this.#options;
    member.publications.set(publication.id, publication);
    this.#found.set(publication.id, found);
    try {
      await store.conferences.insertPublication({
        id: publication.id,
        confrId: conference.id,
        memberId: member.id,
        kind,
        startedAt: new Date(this.#options.ids.nowMs()),
        endedAt: null,
      });
      if (publication.recordingKey) {
        await store.recordingWork.begin(publication.recordingKey, conference.app.id, conference.id);
      }
      const answer = await media.open({
        publicationId: publication.id,
        offer,
        videoCodecs: conference.settings.videoCodecs,
        recording: this.#recordingOf(found),
      });
      return { pubStreamId: publication.id, answer };
    } catch (error) {
      await this.#forget(found);
      if (publication.recordingKey) await store.recordingWork.settle(publication.recordingKey);
      throw error;
    }
  }

  /** Goes on with a publication whose connection was lost, in the same file. @throws ConferenceError */
  async resume(
    member: LiveMember,
    id: PubStreamId,
    offer: string,
  ): Promise<{ pubStreamId: PubStreamId; answer: string }> {
    const { publication } = this.#of(member, id);
    const answer = await this.#options.media.resume(id, offer);
    if (publication.connection.kind === 'held') clearTimeout(publication.connection.timer);
    publication.connection = { kind: 'connecting' };
    return { pubStreamId: id, answer };
  }

  /** Ends one publication now; its file is finished. @throws ConferenceError `notFound` */
  async unpublish(member: LiveMember, id: PubStreamId): Promise<void> {
    await this.#end(this.#of(member, id), 'unpublished');
  }

  /** Ends all of a member's publications now. */
  async endAllOf(member: LiveMember, reason: string): Promise<void> {
    const all = [...member.publications.keys()].map((id) => this.#found.get(id));
    await Promise.all(all.map((found) => found && this.#end(found, reason)));
  }

  handleConnected(id: PubStreamId): void {
    const found = this.#found.get(id);
    if (!found || found.publication.connection.kind === 'ending') return;
    if (found.publication.connection.kind === 'held') clearTimeout(found.publication.connection.timer);
    found.publication.connection = { kind: 'live' };
  }

  /** The connection is gone: the publication is held, so that its sender may come back. */
  handleLost(id: PubStreamId): void {
    const found = this.#found.get(id);
    if (!found || found.publication.connection.kind === 'held' || found.publication.connection.kind === 'ending')
      return;
    const timer = setTimeout(() => {
      void this.#end(found, 'connectionLost').then(() => this.#options.onHoldOver(found.conference, found.member));
    }, this.#options.holdMs);
    found.publication.connection = { kind: 'held', timer };
  }

  /** The media process that served these died: their files are finished from what is on disk. Returns their members. */
  async handleDied(ids: PubStreamId[]): Promise<{ conference: LiveConference; member: LiveMember }[]> {
    const found = ids.map((id) => this.#found.get(id)).filter((one) => one !== undefined);
    await Promise.all(
      found.map(async (one) => {
        await this.#forget(one);
        if (one.publication.recordingKey) this.#options.onRecordingEnded(one.publication.recordingKey);
      }),
    );
    return found;
  }

  #assertMayPublish(conference: LiveConference, member: LiveMember): void {
    if (member.role === 'audience') throw ConferenceError.roleForbids('An audience member may not publish');
    const limit = conference.settings.maxVideos;
    if (publicationsOf(conference).length >= limit) throw ConferenceError.full('videoLimit', limit);
  }

  #newPublication(conference: LiveConference, member: LiveMember, kind: PublicationKind): LivePublication {
    const { ids } = this.#options;
    return {
      id: makePubStreamId(ids, conferenceTypeCode(conference.type), member.id),
      kind,
      recordingKey: conference.rec ? makeRecordingKey(ids) : null,
      connection: { kind: 'connecting' },
    };
  }

  #recordingOf({ conference, member, publication }: Found): Omit<RecordingSpec, 'tracks'> | null {
    if (!publication.recordingKey || !conference.began) return null;
    return {
      recordingKey: publication.recordingKey,
      org: conference.app.org,
      app: conference.app.name,
      appId: conference.app.id,
      confrId: conference.id,
      memberId: member.id,
      userName: member.userName,
      accessId: member.accessId,
      pubStreamId: publication.id,
      kind: publication.kind,
      conferenceZeroMs: conference.began.monotonicMs,
      conferenceZeroWallMs: conference.began.wallMs,
      bootId: this.#options.bootId,
    };
  }

  #of(member: LiveMember, id: PubStreamId): Found {
    const found = this.#found.get(id);
    if (!found || found.member !== member) throw ConferenceError.notFound('publication');
    return found;
  }

  async #end(found: Found, reason: string): Promise<void> {
    const { publication } = found;
    if (publication.connection.kind === 'ending') return;
    if (publication.connection.kind === 'held') clearTimeout(publication.connection.timer);
    publication.connection = { kind: 'ending' };
    await this.#options.media.end(publication.id, reason);
    await this.#forget(found);
    if (publication.recordingKey) this.#options.onRecordingEnded(publication.recordingKey);
  }

  async #forget({ member, publication }: Found): Promise<void> {
    if (publication.connection.kind === 'held') clearTimeout(publication.connection.timer);
    member.publications.delete(publication.id);
    if (!this.#found.delete(publication.id)) return;
    await this.#options.store.conferences.markPublicationEnded(publication.id, new Date(this.#options.ids.nowMs()));
  }
}
