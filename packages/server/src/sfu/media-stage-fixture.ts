/** For tests: a media service over real WebRTC, whose recorders keep what they are given in memory. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { after } from 'node:test';
import type { PubStreamId, RecordingKey } from '@callreel/contract/ids.ts';
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import { nowMs } from '../base/monotonic-clock.ts';
import type { ChosenLayer } from '../recorder/picture-layers.ts';
import type { RecordingSpec } from '../recorder/recording-spec.ts';
import { MediaService } from './media-service.ts';
import type { TakeUtilization } from './process-load.ts';
import type { MediaEvent, MediaProcessSettings, MediaReply, PublicationStats } from './protocol.ts';
import type { Recorder } from './publication-recordings.ts';
import { Publisher } from './publisher-fixture.ts';
import type { TrackKind } from './receive/media-source.ts';

export const ID = 'rtc-10-abcdefg_C1M1' as PubStreamId;
const SPEC = { recordingKey: '20260101000000-0123456789ab' as RecordingKey } as Omit<RecordingSpec, 'tracks'>;

/** Keeps what it is given in memory. */
export class MemoryRecorder extends EventEmitter implements Recorder {
  readonly spec: RecordingSpec;
  readonly requestKeyFrame: () => void;
  readonly packets: { track: TrackKind; packet: RtpPacket }[] = [];
  readonly steps: string[] = [];
  fails = false;

  constructor(spec: RecordingSpec, requestKeyFrame: () => void) {
    super();
    this.spec = spec;
    this.requestKeyFrame = requestKeyFrame;
  }

  handlePacket(track: TrackKind, packet: RtpPacket): void {
    if (this.fails) throw new Error('the recorder is broken');
    this.packets.push({ track, packet });
    this.emit('packet');
  }

  handleSenderReport(track: TrackKind): void {
    this.steps.push(`report ${track}`);
    this.emit('report');
  }

  tick(): void {}

  handleMute(muted: boolean): void {
    this.steps.push(muted ? 'muted' : 'heard');
  }

  handlePause(paused: boolean): void {
    this.steps.push(paused ? 'paused' : 'goes on');
  }

  handleReceiverCounts(): void {}

  handleEarlierCounts(): void {}

  resume(what: string): void {
    this.steps.push('resume', what);
  }

  handleLayer({ name }: ChosenLayer): void {
    this.steps.push(`layer ${name}`);
    this.emit('layer');
  }

  async close(reason: string): Promise<void> {
    this.steps.push(`close ${reason}`);
  }

  /** Resolves when `count` packets have come in all. */
  async received(count: number): Promise<void> {
    while (this.packets.length < count) await once(this, 'packet');
  }

  /** In the order in which they were sent. */
  sequenceNumbers(track: TrackKind): number[] {
    const ahead = ({ packet }: { packet: RtpPacket }): number => (packet.sequenceNumber - 65_530) & 0xffff;
    const ofTrack = this.packets.filter((each) => each.track === track);
    return ofTrack.toSorted((one, other) => ahead(one) - ahead(other)).map(({ packet }) => packet.sequenceNumber);
  }
}

/** A service and its events; everything is closed after the test. */
export class Stage extends EventEmitter {
  readonly recorders: MemoryRecorder[] = [];
  readonly events: MediaEvent[] = [];
  readonly service: MediaService;
  /** Others that are to be closed before it. */
  readonly peers: { close(): void }[] = [];
  readonly #publishers: Publisher[] = [];

  constructor(
    clock: () => number = nowMs,
    settings: Partial<MediaProcessSettings> = {},
    takeUtilization: TakeUtilization = () => 0,
  ) {
    super();
    this.service = new MediaService({
      settings: { rtcPort: 0, bindAddress: '127.0.0.1', announceAddresses: [], spoolDir: '', ...settings },
      nowMs: clock,
      takeUtilization,
      startRecorder: (spec, requestKeyFrame) => {
        const recorder = new MemoryRecorder(spec, requestKeyFrame);
        this.recorders.push(recorder);
        return recorder;
      },
      emit: (event) => {
        this.events.push(event);
        this.emit(event.kind);
      },
    });
    after(() => this.close());
  }

  get recorder(): MemoryRecorder {
    const recorder = this.recorders[0];
    assert.ok(recorder, 'a recorder was started');
    return recorder;
  }

  open(offer: string, id = ID): Promise<MediaReply> {
    const recording = { ...SPEC, pubStreamId: id };
    return this.service.handle({ kind: 'open', publicationId: id, offer, videoCodecs: ['VP8'], recording });
  }

  /** A publisher that is connected. */
  async publish(id = ID): Promise<Publisher> {
    const connected = this.until('connected');
    return this.#connect((offer) => this.open(offer, id), connected);
  }

  async resume(id = ID): Promise<Publisher> {
    const connected = this.until('connected');
    return this.#connect((offer) => this.service.handle({ kind: 'resume', publicationId: id, offer }), connected);
  }

  /** The next event of this kind. */
  async until<Kind extends MediaEvent['kind']>(kind: Kind): Promise<Extract<MediaEvent, { kind: Kind }>> {
    await once(this, kind);
    return this.events.findLast((event) => event.kind === kind) as Extract<MediaEvent, { kind: Kind }>;
  }

  /** How the publication fares. */
  async stats(id = ID): Promise<PublicationStats> {
    const reply = await this.service.handle({ kind: 'stats' });
    const found = reply.kind === 'stats' && reply.stats.publications.find(({ publicationId }) => publicationId === id);
    return found || assert.fail(`${id} is not there`);
  }

  async close(): Promise<void> {
    // Peers first: the library falls over one that still looks for a port which is closed.
    for (const peer of [...this.#publishers, ...this.peers]) peer.close();
    await this.service.close();
  }

  async #connect(ask: (offer: string) => Promise<MediaReply>, connected: Promise<unknown>): Promise<Publisher> {
    const publisher = await Publisher.publish(async (offer) => {
      const reply = await ask(offer);
      assert.equal(reply.kind, 'answered');
      return reply.kind === 'answered' ? reply.answer : '';
    });
    this.#publishers.push(publisher);
    await connected;
    return publisher;
  }
}
