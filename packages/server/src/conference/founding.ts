/** Makes new conferences, in memory and in the store. */
import type { ConferenceType, CreateConferenceBody } from '@callreel/contract/conference.ts';
import { type IdSource, makeConfrId, type UserName } from '@callreel/contract/ids.ts';
import type { Timers } from '../base/timers.ts';
import type { AppRecord, ConferenceRow } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { StoreError } from '../store/store-error.ts';
import { ConferenceTimers } from './conference-timers.ts';
import type { LastingWrites } from './lasting-writes.ts';
import { beginLife } from './life.ts';
import type { LiveConference } from './live-conference.ts';
import { readConferenceSettings, readConferenceType } from './settings.ts';

export type FoundingOptions = {
  store: Pick<Store, 'conferences'>;
  writes: LastingWrites;
  timers: Timers;
  ids: IdSource;
};

/** What does not come from the body alone; the type is the body's, unless given. */
export type FoundingWish = { creator: UserName | undefined; roomName?: string; type?: ConferenceType };

export class Founding {
  readonly #options: FoundingOptions;

  constructor(options: FoundingOptions) {
    this.#options = options;
  }

  /** One that nobody has come to yet. */
  async found(app: AppRecord, body: CreateConferenceBody, wish: FoundingWish): Promise<LiveConference> {
    const conference = this.#make(app, body, wish);
    await this.#insert(conference);
    return conference;
  }

  #make(
    app: AppRecord,
    body: CreateConferenceBody,
    { creator, roomName, type = readConferenceType(body) }: FoundingWish,
  ): LiveConference {
    const { ids, timers } = this.#options;
    const rec = (body.rec ?? false) || (body.recMerge ?? false);
    return {
      id: makeConfrId(ids),
      app,
      type,
      password: body.password ?? '',
      rec,
      recMerge: body.recMerge ?? false,
      recording: rec ? 'recording' : 'stopped',
      creator: creator ?? null,
      settings: { ...readConferenceSettings(body), ...(roomName !== undefined && { roomName }) },
      createdAt: new Date(ids.nowMs()),
      began: null,
      life: beginLife('waiting', [], type === 'CONFR'),
      members: new Map(),
      publications: new Map(),
      subscriptions: new Map(),
      memberOrdinal: 0,
      banned: new Set(),
      timers: new ConferenceTimers(timers),
    };
  }

  /** An insert whose answer did not come may have been carried out all the same: then nobody will ever come. */
  async #insert(conference: LiveConference): Promise<void> {
    const { store, writes } = this.#options;
    try {
      await store.conferences.insert(rowOf(conference));
    } catch (error) {
      const mayBeThere = !(error instanceof StoreError && error.reason === 'exists');
      if (mayBeThere) await writes.write(() => store.conferences.markEnded(conference.id, conference.createdAt));
      throw error;
    }
  }
}

const rowOf = (conference: LiveConference): ConferenceRow => {
  const { id, app, type, password, rec, recMerge, recording, creator, settings, createdAt } = conference;
  return {
    ...{ id, appId: app.id, type, password, rec, recMerge, recording, creator, settings, createdAt },
    beganAt: null,
    endedAt: null,
  };
};
