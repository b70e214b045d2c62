/**
 * The media processes of this node: gives each publication to the one with the fewest, and starts another where one died.
 * A process's death costs its publications their connection and nothing else.
 */
import type { VideoCodecName } from '@callreel/contract/conference.ts';
import type { PubStreamId, SubscriptionId } from '@callreel/contract/ids.ts';
import type { Logger } from '../base/log.ts';
import { answeredWithin, type Cancel, type Timers } from '../base/timers.ts';
import type { MediaEvent, MediaProcessStats, MediaReply, MediaRequest, RecordingBegin } from '../sfu/protocol.ts';
import { ConferenceError } from './conference-error.ts';

/** What the pool needs of one media process. */
export type MediaProcessPort = {
  request(request: MediaRequest): Promise<MediaReply>;
  close(graceMs: number): Promise<void>;
};

/** Makes media process `index`, which takes UDP port `base + index`. */
export type SpawnMediaProcess = (
  index: number,
  onEvent: (event: MediaEvent) => void,
  onExit: () => void,
) => MediaProcessPort;

export type OpenPublication = {
  publicationId: PubStreamId;
  offer: string;
  videoCodecs: VideoCodecName[];
  recording: RecordingBegin | null;
};

export type MediaPoolEvents = {
  onEvent(event: MediaEvent): void;
  /** The process that served these is gone; what it recorded until then is on disk. */
  onDied(publications: PubStreamId[]): void;
};

/** A process that dies at once again is not started more often than this. */
const RESTART_PAUSE_MS = 500;

/** Counting takes a millisecond: who takes this long has no time to count. */
const STATS_LIMIT_MS = 1000;

export type MediaPoolOptions = {
  count: number;
  spawn: SpawnMediaProcess;
  events: MediaPoolEvents;
  timers: Timers;
  log: Logger;
};

type Slot = { index: number; process: MediaProcessPort | undefined; publications: Set<PubStreamId> };

export class MediaPool {
  readonly #spawn: SpawnMediaProcess;
  readonly #events: MediaPoolEvents;
  readonly #timers: Timers;
  readonly #log: Logger;
  readonly #slots: Slot[];
  readonly #restarts = new Set<Cancel>();
  #closed = false;

  constructor(options: MediaPoolOptions) {
    this.#spawn = options.spawn;
    this.#events = options.events;
    this.#timers = options.timers;
    this.#log = options.log;
    this.#slots = Array.from({ length: options.count }, (_, index) => ({
      index,
      process: undefined,
      publications: new Set(),
    }));
    for (const slot of this.#slots) this.#start(slot);
  }

  /** Resolves when every process has its port. @throws ChildError */
  async ready(): Promise<void> {
    await Promise.all(this.#slots.map((slot) => slot.process?.request({ kind: 'stats' })));
  }

  /** Of each process; undefined for one that is down, or does not answer at once. */
  stats(): Promise<(MediaProcessStats | undefined)[]> {
    return Promise.all(
      this.#slots.map(async ({ process }) => {
        const reply =
          process && (await answeredWithin(this.#timers, STATS_LIMIT_MS, process.request({ kind: 'stats' })));
        return reply?.kind === 'stats' ? reply.stats : undefined;
      }),
    );
  }

  /** @throws ConferenceError `busy` while no process can take a publication */
  assertUp(): void {
    if (this.#byLoad().length === 0) throw ConferenceError.busy();
  }

  /**
   * Connects a new publication and answers its offer.
   * @throws ConferenceError `illegalSdp`, or `busy` while no process can take it.
   */
  async open(publication: OpenPublication): Promise<string> {
    this.assertUp();
    for (const slot of this.#byLoad()) {
      const answer = await this.#openIn(slot, publication);
      if (answer !== undefined) return answer;
    }
    throw ConferenceError.overloaded();
  }

  /** Undefined where the process has no room for one more. */
  async #openIn(slot: Slot, publication: OpenPublication): Promise<string | undefined> {
    slot.publications.add(publication.publicationId);
    let answer: string | undefined;
    try {
      const reply = await this.#ask(slot, { kind: 'open', ...publication });
      if (reply.kind !== 'full') answer = this.#answerOf(reply);
      return answer;
    } finally {
      if (answer === undefined) slot.publications.delete(publication.publicationId);
    }
  }

  /** Connects a held publication anew: the same file goes on. @throws ConferenceError as `open`, or `notFound`. */
  async resume(publicationId: PubStreamId, offer: string): Promise<string> {
    return this.#answerOf(await this.#ask(this.#slotOf(publicationId), { kind: 'resume', publicationId, offer }));
  }

  /** Makes silence of the sound of a publication, or no longer. @throws ConferenceError `busy`, `notFound` */
  async mute(publicationId: PubStreamId, muted: boolean): Promise<void> {
    await this.#ask(this.#slotOf(publicationId), { kind: 'mute', publicationId, muted });
  }

  /** Of a publication that is not recorded. @throws ConferenceError `busy`, `notFound` */
  startRecording(publicationId: PubStreamId, recording: RecordingBegin): Promise<void> {
    return this.#order({ kind: 'startRecording', publicationId, recording });
  }

  /** Resolves when its file is written; the publication goes on. @throws ConferenceError `busy`, `notFound` */
  stopRecording(publicationId: PubStreamId, reason: string): Promise<void> {
    return this.#order({ kind: 'stopRecording', publicationId, reason });
  }

  /** @throws ConferenceError `busy`, `notFound` */
  pauseRecording(publicationId: PubStreamId): Promise<void> {
    return this.#order({ kind: 'pauseRecording', publicationId });
  }

  /** @throws ConferenceError `busy`, `notFound` */
  resumeRecording(publicationId: PubStreamId): Promise<void> {
    return this.#order({ kind: 'resumeRecording', publicationId });
  }

  /** Answers one who is to receive a publication, where that is. @throws ConferenceError as `resume` */
  async subscribe(publicationId: PubStreamId, subscriptionId: SubscriptionId, offer: string): Promise<string> {
    const request = { kind: 'subscribe', publicationId, subscriptionId, offer } as const;
    return this.#answerOf(await this.#ask(this.#slotOf(publicationId), request));
  }

  /** @throws ConferenceError `busy`, `notFound` */
  async changeSubscription(
    publicationId: PubStreamId,
    subscriptionId: SubscriptionId,
    sends: { audio: boolean; video: boolean },
  ): Promise<void> {
    const request = { kind: 'changeSubscription', publicationId, subscriptionId, sends } as const;
    const reply = await this.#ask(this.#slotOf(publicationId), request);
    if (reply.kind === 'unknown') throw ConferenceError.notFound('subscription');
  }

  /** @throws ConferenceError `busy`, `notFound` */
  async unsubscribe(publicationId: PubStreamId, subscriptionId: SubscriptionId): Promise<void> {
    await this.#ask(this.#slotOf(publicationId), { kind: 'unsubscribe', publicationId, subscriptionId });
  }

  /** Resolves when the publication's file is written, or at once where its process is gone. */
  async end(publicationId: PubStreamId, reason: string): Promise<void> {
    const slot = this.#slots.find((candidate) => candidate.publications.has(publicationId));
    if (!slot) return;
    try {
      await slot.process?.request({ kind: 'end', publicationId, reason });
    } catch (error) {
      this.#log.warn({ publicationId, err: error }, 'a publication ended with its media process');
    } finally {
      slot.publications.delete(publicationId);
    }
  }

  /** Ends every publication properly and stops the processes. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    for (const cancel of this.#restarts) cancel();
    await Promise.all(this.#slots.map((slot) => slot.process?.close(graceMs)));
  }

  #start(slot: Slot): void {
    slot.process = this.#spawn(slot.index, this.#events.onEvent, () => this.#handleExit(slot));
  }

  #handleExit(slot: Slot): void {
    slot.process = undefined;
    const publications = [...slot.publications];
    slot.publications.clear();
    if (this.#closed) return;
    this.#log.error({ mediaProcess: slot.index, publications: publications.length }, 'a media process died');
    const cancel = this.#timers.after(RESTART_PAUSE_MS, () => {
      this.#restarts.delete(cancel);
      this.#start(slot);
    });
    this.#restarts.add(cancel);
    this.#events.onDied(publications);
  }

  /** Those that are up, the one with the fewest publications first. */
  #byLoad(): Slot[] {
    const running = this.#slots.filter((slot) => slot.process);
    return running.sort((one, other) => one.publications.size - other.publications.size);
  }

  #slotOf(publicationId: PubStreamId): Slot {
    const slot = this.#slots.find((candidate) => candidate.publications.has(publicationId));
    if (!slot) throw ConferenceError.notFound('publication');
    return slot;
  }

  async #order(request: Extract<MediaRequest, { kind: `${string}Recording` }>): Promise<void> {
    const reply = await this.#ask(this.#slotOf(request.publicationId), request);
    if (reply.kind === 'unknown') throw ConferenceError.notFound('publication');
  }

  async #ask(slot: Slot, request: MediaRequest): Promise<MediaReply> {
    if (!slot.process) throw ConferenceError.busy();
    try {
      return await slot.process.request(request);
    } catch (error) {
      throw ConferenceError.busy(error);
    }
  }

  #answerOf(reply: MediaReply): string {
    switch (reply.kind) {
      case 'answered':
        return reply.answer;
      case 'illegalSdp':
        throw ConferenceError.illegalSdp(reply.description);
      case 'unknown':
        throw ConferenceError.notFound('publication');
      case 'full':
        throw ConferenceError.overloaded();
      case 'ended':
      case 'muted':
      case 'recordingChanged':
      case 'unsubscribed':
      case 'subscriptionChanged':
      case 'stats':
        throw new TypeError(`A media process answered an offer with '${reply.kind}'`);
    }
  }
}
