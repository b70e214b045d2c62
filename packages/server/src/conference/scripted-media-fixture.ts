/** Media processes without media: they answer every offer that begins as SDP does, and die or lose a connection when told to. */
import type { PubStreamId, RecordingKey, SubscriptionId } from '@callreel/contract/ids.ts';
import type { MediaEvent, MediaReply, MediaRequest, RecordingBegin } from '../sfu/protocol.ts';
import type { SpawnMediaProcess } from './media-pool.ts';

type Process = {
  index: number;
  onEvent: (event: MediaEvent) => void;
  onExit: () => void;
  /** What it serves. */
  publications: Set<PubStreamId>;
  pending: Set<(error: Error) => void>;
};

export class ScriptedMedia {
  /** What was asked, as `kind publicationId`. */
  readonly asked: string[] = [];
  readonly muted = new Set<PubStreamId>();
  /** Of each publication that is recorded, which recording, and whether it rests. */
  readonly recordings = new Map<PubStreamId, { key: RecordingKey; paused: boolean }>();
  /** Those, by index, that take no more. */
  readonly full = new Set<number>();
  /** Those that are started die at once. */
  staysDown = false;
  spawned = 0;
  readonly #processes = new Map<number, Process>();
  readonly #pause: () => Promise<void>;

  /** `pause`: how long each answer takes. */
  constructor(pause: () => Promise<void> = async () => {}) {
    this.#pause = pause;
  }

  readonly spawn: SpawnMediaProcess = (index, onEvent, onExit) => {
    this.spawned += 1;
    const process: Process = { index, onEvent, onExit, publications: new Set(), pending: new Set() };
    this.#processes.set(index, process);
    if (this.staysDown) queueMicrotask(() => this.die(index));
    return {
      request: (request) => this.#request(process, request),
      close: async () => this.#close(process),
    };
  };

  /** All that is open in any of them. */
  get open(): PubStreamId[] {
    return [...this.#processes.values()].flatMap(({ publications }) => [...publications]);
  }

  connect(publicationId: PubStreamId): void {
    this.#serving(publicationId)?.onEvent({ kind: 'connected', publicationId });
  }

  /** Its recording ends by itself, as for a disk that fails. */
  failRecording(publicationId: PubStreamId): void {
    const recording = this.recordings.get(publicationId);
    if (recording === undefined) return;
    this.recordings.delete(publicationId);
    const event = { kind: 'recordingEnded', publicationId, recordingKey: recording.key, error: 'disk' } as const;
    this.#serving(publicationId)?.onEvent(event);
  }

  lose(publicationId: PubStreamId): void {
    this.#serving(publicationId)?.onEvent({ kind: 'lost', publicationId, why: 'no packets for 5 s' });
  }

  /** A subscriber's connection is gone. */
  endSubscription(stream: string, subscription: string): void {
    const [publicationId, subscriptionId] = [stream as PubStreamId, subscription as SubscriptionId];
    const event = { kind: 'subscriptionEnded', publicationId, subscriptionId, why: 'no reports' } as const;
    this.#serving(publicationId)?.onEvent(event);
  }

  /** What is asked of it goes unanswered. Nothing where it is dead already. */
  die(index = 0): void {
    const process = this.#processes.get(index);
    if (process === undefined) return;
    this.#processes.delete(index);
    for (const id of process.publications) this.recordings.delete(id);
    for (const reject of process.pending) reject(new Error('the process died'));
    process.onExit();
  }

  /** All of them, with the service that started them: nobody is told. */
  vanish(): void {
    this.#processes.clear();
    this.recordings.clear();
  }

  #close(process: Process): void {
    for (const id of process.publications) this.recordings.delete(id);
    process.publications.clear();
  }

  #serving(publicationId: PubStreamId): Process | undefined {
    return [...this.#processes.values()].find(({ publications }) => publications.has(publicationId));
  }

  #request(process: Process, request: MediaRequest): Promise<MediaReply> {
    this.asked.push('publicationId' in request ? `${request.kind} ${request.publicationId}` : request.kind);
    const { promise, resolve, reject } = Promise.withResolvers<MediaReply>();
    process.pending.add(reject);
    void this.#pause().then(() => {
      if (process.pending.delete(reject)) resolve(this.#answer(process, request));
    });
    return promise;
  }

  #answer({ index, publications }: Process, request: MediaRequest): MediaReply {
    switch (request.kind) {
      case 'stats':
        return { kind: 'unknown' };
      case 'open':
        if (this.full.has(index)) return { kind: 'full' };
        return this.#answerOffer(request.offer, () => {
          publications.add(request.publicationId);
          if (request.recording) this.#record(request.publicationId, request.recording);
        });
      case 'resume':
        if (!publications.has(request.publicationId)) return { kind: 'unknown' };
        return this.#answerOffer(request.offer, () => {});
      case 'mute':
        this.muted[request.muted ? 'add' : 'delete'](request.publicationId);
        return { kind: 'muted' };
      case 'subscribe':
        if (!publications.has(request.publicationId)) return { kind: 'unknown' };
        return this.#answerOffer(request.offer, () => {});
      case 'changeSubscription':
        return { kind: 'subscriptionChanged' };
      case 'unsubscribe':
        return { kind: 'unsubscribed' };
      case 'startRecording':
        if (!publications.has(request.publicationId)) return { kind: 'unknown' };
        this.#record(request.publicationId, request.recording);
        return { kind: 'recordingChanged' };
      case 'stopRecording':
        if (!publications.has(request.publicationId)) return { kind: 'unknown' };
        this.recordings.delete(request.publicationId);
        return { kind: 'recordingChanged' };
      case 'pauseRecording':
      case 'resumeRecording': {
        const recording = this.recordings.get(request.publicationId);
        if (recording) recording.paused = request.kind === 'pauseRecording';
        return { kind: recording ? 'recordingChanged' : 'unknown' };
      }
      case 'end':
        this.recordings.delete(request.publicationId);
        return publications.delete(request.publicationId) ? { kind: 'ended' } : { kind: 'unknown' };
    }
  }

  #record(id: PubStreamId, { recordingKey: key, paused = false }: RecordingBegin): void {
    if (this.recordings.has(id)) throw new TypeError(`startRecording: ${id} is recorded`);
    this.recordings.set(id, { key, paused });
  }

  #answerOffer(offer: string, take: () => void): MediaReply {
    if (!offer.startsWith('v=0')) return { kind: 'illegalSdp', description: 'line 1 must be v=0' };
    take();
    return { kind: 'answered', answer: 'v=0 answer' };
  }
}
