/** The recordings of one publication, one after the other. A fault in one of them must not end the other calls of the process. */
import type { PubStreamId, RecordingKey } from '@callreel/contract/ids.ts';
import type { SenderReport } from '@callreel/media/rtcp/sender-report.ts';
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import type { ChosenLayer } from '../recorder/picture-layers.ts';
import type { RecordingSpec } from '../recorder/recording-spec.ts';
import type { ReceiverCounts } from '../recorder/report/network-tally.ts';
import type { MediaEvent, RecordingBegin } from './protocol.ts';
import type { TrackKind } from './receive/media-source.ts';

/** What a publication needs of a recorder. */
export type Recorder = {
  handlePacket(track: TrackKind, packet: RtpPacket, arrivalMs: number): void;
  handleSenderReport(track: TrackKind, report: SenderReport, arrivalMs: number): void;
  tick(nowMs: number): void;
  handleMute(muted: boolean): void;
  /** Nothing that comes while it is paused goes into the file; its time goes on. */
  handlePause(paused: boolean): void;
  /** The receiver's counts so far, about every second and before a connection is given up. */
  handleReceiverCounts(counts: ReceiverCounts): void;
  /** Of a connection that is older than the recording: what had been counted by then. */
  handleEarlierCounts(counts: ReceiverCounts): void;
  resume(what: 'newConnection' | 'newSource'): void;
  /** With simulcast: of which layer the pictures are wanted from now on. */
  handleLayer(layer: ChosenLayer): void;
  close(reason: string): Promise<void>;
};

/** Of key frames that are asked for, one that came before `sinceMs` is of no use. */
export type StartRecorder = (spec: RecordingSpec, requestKeyFrame: (sinceMs?: number) => void) => Recorder;

export type PublicationRecordingsOptions = {
  publicationId: PubStreamId;
  startRecorder: StartRecorder;
  requestKeyFrame: (sinceMs?: number) => void;
  emit: (event: MediaEvent) => void;
};

/** How a publication stands that has been there before its recording. */
export type Midstream = { muted: boolean; layer: ChosenLayer | undefined; counts: ReceiverCounts | undefined };

type Current = { recorder: Recorder; key: RecordingKey };

export class PublicationRecordings {
  readonly #options: PublicationRecordingsOptions;
  #current: Current | undefined;
  #closing: Promise<void> = Promise.resolve();

  constructor(options: PublicationRecordingsOptions) {
    this.#options = options;
  }

  get isRecording(): boolean {
    return this.#current !== undefined;
  }

  /**
   * Begins one. In midstream it begins with what is taken from now on: what is on its way was sent before anybody wanted it, and only a key
   * frame to come can be decoded. So it is as if it had been paused until now.
   */
  start({ paused = false, ...begin }: RecordingBegin, tracks: RecordingSpec['tracks'], midstream?: Midstream): void {
    const { startRecorder, requestKeyFrame } = this.#options;
    const recorder = startRecorder({ ...begin, tracks }, requestKeyFrame);
    this.#current = { recorder, key: begin.recordingKey };
    this.run(() => {
      if (paused || midstream) recorder.handlePause(true);
      if (midstream?.counts) recorder.handleEarlierCounts(midstream.counts);
      if (midstream?.layer) recorder.handleLayer(midstream.layer);
      if (midstream?.muted) recorder.handleMute(true);
      if (midstream && !paused) recorder.handlePause(false);
    });
  }

  /** Of the one that is under way, where there is one. */
  run(step: (recorder: Recorder) => void): void {
    const current = this.#current;
    if (current === undefined) return;
    try {
      step(current.recorder);
    } catch (error) {
      void this.close('failed', error);
    }
  }

  /** Resolves when all there were are written. Whatever the recorder holds is, also where it failed before. */
  close(reason: string, failure?: unknown): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    if (current === undefined) return this.#closing;
    const closed = this.#close(current, reason, failure);
    this.#closing = Promise.all([this.#closing, closed]).then(() => {});
    return this.#closing;
  }

  async #close({ recorder, key }: Current, reason: string, failure: unknown): Promise<void> {
    const error = await recorder.close(reason).then(
      () => failure,
      (cause: unknown) => failure ?? cause,
    );
    this.#options.emit({
      kind: 'recordingEnded',
      publicationId: this.#options.publicationId,
      recordingKey: key,
      ...(error === undefined ? {} : { error: error instanceof Error ? error.message : String(error) }),
    });
  }
}
