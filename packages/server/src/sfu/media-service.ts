/** The publications of one media process: requests in, events out. */
import type { PubStreamId } from '@callreel/contract/ids.ts';
import { SdpError } from '@callreel/media/sdp/sdp-error.ts';
import { Shedding } from './forward/shedding.ts';
import { loopUtilization, ProcessLoad, type TakeUtilization } from './process-load.ts';
import type { MediaEvent, MediaProcessSettings, MediaProcessStats, MediaReply, MediaRequest } from './protocol.ts';
import { Publication } from './publication.ts';
import type { StartRecorder } from './publication-recordings.ts';
import { RtcPort } from './transport/rtc-port.ts';

export type MediaServiceOptions = {
  settings: MediaProcessSettings;
  startRecorder: StartRecorder;
  nowMs: () => number;
  emit: (event: MediaEvent) => void;
  /** Of this process's event loop, unless given. */
  takeUtilization?: TakeUtilization;
};

type OpenRequest = Extract<MediaRequest, { kind: 'open' }>;

/** A NACK waits for at most so long; 10 ms of disorder are no loss. */
const TICK_MS = 10;
const RECORDER_TICK_MS = 50;

export class MediaService {
  readonly #options: MediaServiceOptions;
  readonly #port: Promise<RtcPort>;
  readonly #publications = new Map<PubStreamId, Publication>();
  readonly #load: ProcessLoad;
  readonly #shedding: Shedding;
  #timer: NodeJS.Timeout | undefined;
  #recorderTickMs = 0;
  #closed = false;

  /** Takes the port at once; where it cannot be had, every request is refused with a TransportError. */
  constructor(options: MediaServiceOptions) {
    this.#options = options;
    this.#load = new ProcessLoad(options.takeUtilization ?? loopUtilization(), options.nowMs());
    this.#shedding = new Shedding(options.takeUtilization ?? loopUtilization(), options.nowMs());
    this.#port = RtcPort.open(options.settings.rtcPort, options.settings.bindAddress);
    this.#port.catch(() => {});
  }

  /** @throws TransportError */
  async handle(request: MediaRequest): Promise<MediaReply> {
    const rtcPort = await this.#port;
    switch (request.kind) {
      case 'open':
        if (this.#isFull()) return { kind: 'full' };
        return this.#answering(() => this.#open(request, rtcPort));
      case 'resume': {
        const publication = this.#publications.get(request.publicationId);
        if (publication === undefined || publication.isEnding) return { kind: 'unknown' };
        return this.#answering(() => publication.resume(request.offer));
      }
      case 'mute':
        return this.#mute(request.publicationId, request.muted);
      case 'startRecording':
        return this.#record(request.publicationId, (publication) => publication.startRecording(request.recording));
      case 'stopRecording':
        return this.#record(request.publicationId, (publication) => publication.stopRecording(request.reason));
      case 'pauseRecording':
        return this.#record(request.publicationId, (publication) => publication.pauseRecording(true));
      case 'resumeRecording':
        return this.#record(request.publicationId, (publication) => publication.pauseRecording(false));
      case 'subscribe': {
        const publication = this.#publications.get(request.publicationId);
        if (publication === undefined || publication.isEnding) return { kind: 'unknown' };
        return this.#answering(() => publication.subscribe(request.subscriptionId, request.offer));
      }
      case 'changeSubscription': {
        const { publicationId, subscriptionId, sends } = request;
        const changed = this.#publications.get(publicationId)?.changeSubscription(subscriptionId, sends) ?? false;
        return { kind: changed ? 'subscriptionChanged' : 'unknown' };
      }
      case 'unsubscribe': {
        const ended = this.#publications.get(request.publicationId)?.unsubscribe(request.subscriptionId) ?? false;
        return { kind: ended ? 'unsubscribed' : 'unknown' };
      }
      case 'end':
        return this.#end(request.publicationId, request.reason);
      case 'stats':
        return { kind: 'stats', stats: this.#stats(rtcPort) };
    }
  }

  /** Ends all publications; resolves when their recordings are written. `orphaned`: for the server is gone. */
  async close(why: 'shutdown' | 'orphaned' = 'shutdown'): Promise<void> {
    this.#closed = true;
    const port = await this.#port.catch(() => undefined);
    await Promise.all([...this.#publications.keys()].map((id) => this.#end(id, why)));
    port?.close();
  }

  async #open(request: OpenRequest, rtcPort: RtcPort): Promise<string> {
    const { publicationId: id, videoCodecs, recording, offer } = request;
    if (this.#publications.has(id)) throw new TypeError(`open: publication ${id} exists`);
    const { settings, startRecorder, nowMs, emit } = this.#options;
    const { announceAddresses } = settings;
    const shed = () => this.#shedding.shed;
    const options = { id, videoCodecs, recording, rtcPort, announceAddresses, startRecorder, nowMs, emit, shed };
    const { publication, answer } = await Publication.open(options, offer);
    this.#publications.set(id, publication);
    this.#load.handleOpened(nowMs());
    if (this.#closed) await this.#end(id, 'shutdown');
    else this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
    return answer;
  }

  async #answering(connect: () => Promise<string>): Promise<MediaReply> {
    try {
      return { kind: 'answered', answer: await connect() };
    } catch (error) {
      if (error instanceof SdpError) return { kind: 'illegalSdp', description: error.message };
      throw error;
    }
  }

  /** Measured anew where nothing ticked since the last one ended. */
  #isFull(): boolean {
    this.#load.tick(this.#options.nowMs());
    return this.#load.isFull;
  }

  #mute(id: PubStreamId, muted: boolean): MediaReply {
    const publication = this.#publications.get(id);
    if (publication === undefined) return { kind: 'unknown' };
    publication.mute(muted);
    return { kind: 'muted' };
  }

  /** `change` answers false where there is nothing to change. */
  async #record(
    id: PubStreamId,
    change: (publication: Publication) => boolean | void | Promise<void>,
  ): Promise<MediaReply> {
    const publication = this.#publications.get(id);
    if (publication === undefined || publication.isEnding) return { kind: 'unknown' };
    const changed = await change(publication);
    return { kind: changed === false ? 'unknown' : 'recordingChanged' };
  }

  async #end(id: PubStreamId, reason: string): Promise<MediaReply> {
    const publication = this.#publications.get(id);
    if (publication === undefined) return { kind: 'unknown' };
    // It stays listed, and its recorder ticked, until all is written.
    await publication.end(reason);
    this.#publications.delete(id);
    this.#stopTimerWhenIdle();
    return { kind: 'ended' };
  }

  #stopTimerWhenIdle(): void {
    if (this.#publications.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    const now = this.#options.nowMs();
    this.#load.tick(now);
    this.#shedding.tick(now);
    const recorderDue = now - this.#recorderTickMs >= RECORDER_TICK_MS;
    if (recorderDue) this.#recorderTickMs = now;
    for (const publication of this.#publications.values()) {
      publication.tick(now);
      if (recorderDue) publication.tickRecorder(now);
    }
  }

  #stats(rtcPort: RtcPort): MediaProcessStats {
    const now = this.#options.nowMs();
    const { user, system } = process.cpuUsage();
    return {
      rtcPort: rtcPort.port,
      cpuMs: (user + system) / 1000,
      residentBytes: process.memoryUsage.rss(),
      publications: [...this.#publications.values()].flatMap((publication) => publication.stats(now) ?? []),
    };
  }
}
