/**
 * The recordings of publications that are live. Each is written down before its first packet comes, so that neither a restart nor a merge
 * can miss it, and handed on once, when its bytes are on disk.
 */

import { type IdSource, makeRecordingKey, type RecordingKey } from '@callreel/contract/ids.ts';
import type { RecordingState } from '@callreel/contract/recording-state.ts';
import type { RecordingSpec } from '../recorder/recording-spec.ts';
import type { RecordingBegin } from '../sfu/protocol.ts';
import type { Store } from '../store/store.ts';
import { ConferenceError } from './conference-error.ts';
import type { LastingWrites } from './lasting-writes.ts';
import type { LiveConference, LivePublication } from './live-conference.ts';
import type { MediaPool } from './media-pool.ts';

export type LiveRecordingsOptions = {
  store: Pick<Store, 'recordingWork'>;
  media: MediaPool;
  writes: LastingWrites;
  ids: IdSource;
  bootId: string;
  /** The recording's bytes are on disk: it can be finished and listed. */
  onRecordingEnded(recordingKey: RecordingKey): void;
};

export class LiveRecordings {
  readonly #options: LiveRecordingsOptions;

  constructor(options: LiveRecordingsOptions) {
    this.#options = options;
  }

  /** A publication's first one, which begins with it. Null where it has none, as its conference has. */
  async beginWith(conference: LiveConference, publication: LivePublication): Promise<RecordingBegin | null> {
    const { recordingKey, recording } = publication;
    if (recordingKey === null) return null;
    await this.#write(conference, publication, recordingKey);
    return { ...this.#specOf(conference, publication, recordingKey), paused: recording === 'paused' };
  }

  /** It never was, or came to nothing: of an offer that cannot be answered not even a row stays. */
  async undo(recordingKey: RecordingKey, neverWas: boolean): Promise<void> {
    const { store, writes } = this.#options;
    await writes.write(() =>
      neverWas ? store.recordingWork.forget(recordingKey) : store.recordingWork.settle(recordingKey),
    );
  }

  /**
   * Starts another recording, stops the one there is, or lets it rest. What is stopped cannot be paused. False where it was so already, or
   * was cut short meanwhile, which is told by itself.
   * @throws ConferenceError `busy`, `notFound`: then it is as it was, and ends with its media process
   */
  async set(conference: LiveConference, publication: LivePublication, wanted: RecordingState): Promise<boolean> {
    const { recording, recordingKey, id } = publication;
    if (recording === wanted) return false;
    if (recordingKey === null) {
      await this.#start(conference, publication);
      return true;
    }
    const { media } = this.#options;
    if (wanted === 'stopped') {
      await media.stopRecording(id, 'stopped');
      return this.handOn(publication, recordingKey);
    }
    await (wanted === 'paused' ? media.pauseRecording(id) : media.resumeRecording(id));
    if (publication.recordingKey !== recordingKey) return false;
    publication.recording = wanted;
    return true;
  }

  /** Its bytes are on disk. False where it was handed on before, or is not the one that the publication has. */
  handOn(publication: LivePublication, recordingKey: RecordingKey | null): boolean {
    if (recordingKey === null || publication.recordingKey !== recordingKey) return false;
    publication.recordingKey = null;
    publication.recording = 'stopped';
    this.#options.onRecordingEnded(recordingKey);
    return true;
  }

  async #start(conference: LiveConference, publication: LivePublication): Promise<void> {
    const { ids, media, onRecordingEnded } = this.#options;
    const recordingKey = makeRecordingKey(ids);
    await this.#write(conference, publication, recordingKey).catch(async (error: unknown) => {
      await this.undo(recordingKey, true);
      throw error;
    });
    try {
      await media.startRecording(publication.id, this.#specOf(conference, publication, recordingKey));
    } catch (error) {
      // A process that died may have begun it.
      onRecordingEnded(recordingKey);
      throw error;
    }
    publication.recordingKey = recordingKey;
    publication.recording = 'recording';
  }

  #write({ app, id: confrId }: LiveConference, { id }: LivePublication, recordingKey: RecordingKey): Promise<void> {
    return this.#options.store.recordingWork.begin(recordingKey, app.id, confrId, id);
  }

  #specOf(
    { id: confrId, app, began, members }: LiveConference,
    { id: pubStreamId, kind, memberId }: LivePublication,
    recordingKey: RecordingKey,
  ): Omit<RecordingSpec, 'tracks'> {
    const member = members.get(memberId);
    if (member === undefined || began === null) throw ConferenceError.notFound('publication');
    return {
      ...{ recordingKey, confrId, memberId, pubStreamId, kind },
      ...{ org: app.org, app: app.name, appId: app.id, userName: member.userName, accessId: member.accessId },
      ...{ conferenceZeroMs: began.monotonicMs, conferenceZeroWallMs: began.wallMs, bootId: this.#options.bootId },
    };
  }
}
