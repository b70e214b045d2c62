/** Records one publication into one file: packets in, bytes on disk out. */
import { join } from 'node:path';
import { SOUND_CODECS } from '@callreel/media/depacketize/sound-codec.ts';
import type { GapLine } from '@callreel/media/matroska/index-line.ts';
import type { SenderReport } from '@callreel/media/rtcp/sender-report.ts';
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import { KeyFrameRequests } from './key-frame-requests.ts';
import { LiveFile } from './live-file.ts';
import type { Manifest, RecordingState } from './manifest.ts';
import { MediaWriter, type PlacedMedia } from './media-writer.ts';
import type { ChosenLayer, LayerCut } from './picture-layers.ts';
import { PicturePlacer } from './picture-placer.ts';
import { makeTracks, type PublicationTracks } from './publication-tracks.ts';
import { RecorderError } from './recorder-error.ts';
import type { RecordingSpec, TrackKind } from './recording-spec.ts';
import type { ReceiverCounts } from './report/network-tally.ts';
import { RecordingReporter } from './report/recording-reporter.ts';
import { fillableMs, HOLD_MS, LONGEST_FILL_DELAY_MS } from './sound-filling.ts';
import { SoundPlacer } from './sound-placer.ts';
import { processDisk, type SpoolDisk } from './spool-disk.ts';
import type { TimedFrame } from './track-recorder.ts';

export type PublicationRecorderOptions = {
  spec: RecordingSpec;
  spoolDir: string;
  /** Milliseconds of the monotonic clock. */
  nowMs: () => number;
  /** Sends the publisher a request; called at most twice a second. One that came before `sinceMs` is of no use. */
  requestKeyFrame: (sinceMs?: number) => void;
  /** Recording goes on, with what the disk can take. */
  onError: (error: RecorderError) => void;
  /** Shared by all recorders of the process unless given. */
  disk?: SpoolDisk;
};

/**
 * All recorders of a process append at the same moments, five times a second: handing a write to an idle thread of libuv wakes it,
 * which costs more than the write (50 µs of 60); in a row the threads are awake already.
 */
const APPEND_GRID_MS = 200;
/** So much silence goes in at a tick where a pause was long: an hour of it in nine seconds, each append of which takes about 10 ms. */
const CATCH_UP_MS = 20_000;
/** What was told of a track which brings nothing is settled by then. */
const SETTLED_MS = 3000;
const REPORT_EVERY_MS = 10_000;
const TRACK_KINDS = ['audio', 'video'] as const;

export class PublicationRecorder {
  readonly #options: PublicationRecorderOptions;
  readonly #file: LiveFile;
  readonly #writer: MediaWriter;
  readonly #keyFrames: KeyFrameRequests;
  readonly #sound: SoundPlacer;
  readonly #pictures: PicturePlacer;
  readonly #received = { audioPackets: 0, videoPackets: 0 };
  readonly #reporter: RecordingReporter;
  #tracks: PublicationTracks;
  /** The choice that holds, of this connection's. */
  #layer: ChosenLayer | undefined;
  #gaps: GapLine[] = [];
  #reportDueMs: number | undefined;
  #waiting: PlacedMedia[] = [];
  #appendDueMs = Number.NEGATIVE_INFINITY;
  /** When anything last came of the sender: the recording does not outlast it. */
  #lastSignMs = Number.NEGATIVE_INFINITY;
  /** When the pause began that lasts, and when the last one ended. */
  #pausedMs: number | undefined;
  #wentOnMs: number | undefined;
  /** Up to here there is silence to be put in, for a pause that was long. */
  #catchUpMs: number | undefined;
  #leavingOut = false;
  #closed: Promise<void> | undefined;

  constructor(options: PublicationRecorderOptions) {
    const { spec, spoolDir, disk = processDisk, onError } = options;
    this.#options = options;
    this.#file = new LiveFile({
      folder: join(spoolDir, spec.recordingKey),
      recordingKey: spec.recordingKey,
      disk,
      onError,
    });
    this.#writer = new MediaWriter(spec, this.#file);
    const { audio, video } = spec.tracks;
    const codec = audio?.codec ?? 'opus';
    const tracks = TRACK_KINDS.filter((track) => spec.tracks[track] !== undefined);
    const reporter = new RecordingReporter(tracks, (gap) => this.#gaps.push(gap), SOUND_CODECS[codec].clockRateHz);
    const keyFrames = new KeyFrameRequests(spec.recordingKey, () => {
      reporter.handleKeyFrameRequest();
      options.requestKeyFrame(this.#wentOnMs);
    });
    this.#reporter = reporter;
    this.#keyFrames = keyFrames;
    this.#sound = new SoundPlacer({ codec, reporter, earliestMs: () => this.#writer.earliestSoundMs });
    this.#pictures = new PicturePlacer({ codec: video?.codec ?? 'VP8', reporter, keyFrames });
    this.#tracks = this.#newTracks();
    this.#file.open(this.#manifest({ state: 'recording' }));
  }

  /** What the disk has not taken yet. */
  get waitingBytes(): number {
    return this.#file.waitingBytes;
  }

  /** Retransmissions are undone already; duplicates and disorder are welcome. The packet's bytes are kept. */
  handlePacket(track: TrackKind, packet: RtpPacket, arrivalMs: number): void {
    const recorder = this.#tracks[track];
    if (recorder === undefined || this.#closed !== undefined) return;
    if (track === 'video') this.#received.videoPackets += 1;
    else this.#received.audioPackets += 1;
    this.#reporter.handlePacket(track, arrivalMs);
    this.#noteSign(arrivalMs);
    if (track === 'video') this.#keyFrames.handlePacket(arrivalMs);
    recorder.handlePacket(packet, arrivalMs);
  }

  handleSenderReport(track: TrackKind, report: SenderReport, arrivalMs: number): void {
    if (this.#closed !== undefined) return;
    this.#noteSign(arrivalMs);
    this.#reporter.handleSenderReport(track, report);
    this.#tracks[track]?.handleSenderReport(report, arrivalMs);
  }

  /** The member is silenced by the service from now on, or no longer. */
  handleMute(muted: boolean): void {
    this.#reporter.setMuted(muted, this.#options.nowMs());
  }

  /**
   * Nothing that comes, or is taken, from now on goes into the file, or it does again. Where it ends in a pause it ends with the pause's
   * beginning: what follows was not wanted, and nobody wants to see it stand still.
   */
  handlePause(paused: boolean): void {
    if (this.#closed !== undefined || paused === (this.#pausedMs !== undefined)) return;
    const nowMs = this.#options.nowMs();
    this.#pausedMs = paused ? nowMs : undefined;
    for (const { pauses } of [this.#sound, this.#pictures]) {
      if (paused) pauses.pause(nowMs);
      else pauses.goOn(nowMs);
    }
    if (this.#reportDueMs !== undefined) this.#reportDueMs = Number.NEGATIVE_INFINITY;
    if (paused) return;
    this.#wentOnMs = nowMs;
    this.#catchUpMs ??= nowMs;
    this.#keyFrames.resume();
  }

  /** The recording begins in the middle of a connection; this is what its receiver had counted by then. */
  handleEarlierCounts(counts: ReceiverCounts): void {
    this.#reporter.handleEarlierCounts(counts);
  }

  /** What the connection's receiver has counted so far; about every second, and before the connection is given up. */
  handleReceiverCounts(counts: ReceiverCounts): void {
    if (this.#closed === undefined) this.#reporter.handleReceiverCounts(counts);
  }

  /** With simulcast: packets of all layers come; the file goes over to this one at its next key frame. */
  handleLayer(layer: ChosenLayer): void {
    if (this.#closed !== undefined) return;
    this.#layer = layer;
    this.#tracks.video?.choose(layer);
  }

  /** To be called about every 50 ms. */
  tick(nowMs: number): void {
    if (this.#closed !== undefined) return;
    if (this.#hasCaughtUp()) {
      this.#placeSound(this.#tracks.audio?.release(nowMs - HOLD_MS));
      this.#placePictures(this.#tracks.video?.release(nowMs - HOLD_MS));
      this.#fillSound(fillableMs(nowMs, this.#pictures.newestMs));
    }
    if (this.#pausedMs === undefined) this.#keyFrames.tick(nowMs);
    if (nowMs >= this.#appendDueMs) {
      this.#appendDueMs = (Math.floor(nowMs / APPEND_GRID_MS) + 1) * APPEND_GRID_MS;
      this.#append();
    }
    if (nowMs >= (this.#reportDueMs ?? Number.POSITIVE_INFINITY) && this.#file.isIdle) this.#saveReport(nowMs);
    this.#file.tick(nowMs);
  }

  /** The publication goes on over a new connection, or only from another source: other SSRCs and clocks, the same file. */
  resume(what: 'newConnection' | 'newSource'): void {
    if (this.#closed !== undefined) return;
    this.#flushTracks();
    this.#reporter.handleNewClock();
    if (what === 'newConnection') {
      this.#reporter.handleReconnect();
      this.#layer = undefined;
    }
    this.#tracks = this.#newTracks();
    // Nobody chooses again where only the sound has another source.
    if (this.#layer !== undefined) this.#tracks.video?.choose(this.#layer);
    this.#pictures.shut();
    this.#sound.resume();
    this.#keyFrames.resume();
  }

  /**
   * Writes all there is; the manifest says `ended`, for this reason, when it resolves. Calling it again gives the same promise.
   * @throws RecorderError where the disk refuses; what was written before can still be finished
   */
  close(reason: string): Promise<void> {
    this.#closed ??= this.#close(reason);
    return this.#closed;
  }

  #close(reason: string): Promise<void> {
    const endMs = Math.min(this.#lastSignMs, this.#options.nowMs());
    this.#flushTracks();
    this.#fillSound(endMs);
    this.#append();
    this.#advancePauses(endMs);
    this.#reporter.end(endMs);
    this.#noteGaps();
    this.#writer.close(endMs);
    const report = this.#reporter.report({ endMs, reason });
    const ended = this.#manifest({ state: 'ended', reason, received: this.#received });
    return this.#file.close({ ...ended, ...(report && { report }) });
  }

  /** In a pause the file's time stands still where it began. */
  #noteSign(arrivalMs: number): void {
    this.#lastSignMs = Math.max(this.#lastSignMs, Math.min(arrivalMs, this.#pausedMs ?? arrivalMs));
  }

  /** Of a track that brings nothing. */
  #advancePauses(untilMs: number): void {
    this.#sound.pauses.advance(untilMs);
    this.#pictures.pauses.advance(untilMs);
  }

  #newTracks(): PublicationTracks {
    return makeTracks(this.#options.spec.tracks, {
      onNeedsKeyFrame: () => this.#keyFrames.need(),
      onLeftOut: (track, reason) => this.#reporter.handleLeftOut(track, reason),
      onCut: (cut) => this.#handleCut(cut),
    });
  }

  /** Which layer the file holds cannot be read from it: a crash is not to take it along. */
  #handleCut({ localMs, name }: LayerCut): void {
    this.#reporter.handleLayer({ atMs: localMs, rid: name });
    if (this.#reportDueMs !== undefined) this.#reportDueMs = Number.NEGATIVE_INFINITY;
  }

  #flushTracks(): void {
    this.#placeSound(this.#tracks.audio?.flush());
    this.#placePictures(this.#tracks.video?.flush());
    this.#noteClockSteps();
    for (const kind of TRACK_KINDS) {
      const missing = this.#tracks[kind]?.missing;
      if (missing) this.#reporter.handleMissing(kind, missing);
    }
  }

  #noteClockSteps(): void {
    for (const kind of TRACK_KINDS) this.#reporter.handleClockSteps(kind, this.#tracks[kind]?.takeClockSteps() ?? []);
  }

  #placeSound(frames: readonly TimedFrame[] = []): void {
    if (frames.length > 0 && this.#hasRoom('audio', frames)) this.#keep(this.#sound.place(frames));
  }

  /** A silent microphone is silence in the file, as long as anything comes of its sender. */
  #fillSound(untilMs: number): void {
    if (this.#hasRoom('audio')) this.#keep(this.#sound.fillUntil(Math.min(untilMs, this.#lastSignMs)));
  }

  /** The silence of a long pause goes in bit by bit, as soon as something follows it, and before that. */
  #hasCaughtUp(): boolean {
    const untilMs = this.#catchUpMs;
    if (untilMs === undefined || this.#lastSignMs < untilMs) return true;
    if (this.#sound.behindMs(untilMs) <= LONGEST_FILL_DELAY_MS || !this.#hasRoom('audio')) {
      this.#catchUpMs = undefined;
      return true;
    }
    this.#keep(this.#sound.fillTowards(untilMs, CATCH_UP_MS));
    return false;
  }

  #keep(media: readonly PlacedMedia[]): void {
    for (const one of media) this.#waiting.push(one);
  }

  #placePictures(frames: readonly TimedFrame[] = []): void {
    if (frames.length > 0 && this.#hasRoom('video', frames)) this.#keep(this.#pictures.place(frames));
  }

  /** Whether the disk keeps up well enough for media of this kind; sound is let in for longer. These are left out where it does not. */
  #hasRoom(kind: TrackKind, frames: readonly TimedFrame[] = []): boolean {
    const state = this.#file.diskState;
    if (state === 'keepingUp') this.#leavingOut = false;
    if (state === 'keepingUp' || (state === 'behind' && kind === 'audio')) return true;
    if (kind === 'video') this.#pictures.shut();
    for (const { missing } of frames) {
      this.#reporter.handleLeftOut(kind, 'disk');
      this.#reporter.handleMissing(kind, missing);
    }
    if (!this.#leavingOut) {
      this.#leavingOut = true;
      this.#options.onError(RecorderError.backlog(this.#options.spec.recordingKey, this.#file.waitingBytes));
    }
    return false;
  }

  #append(): void {
    if (this.#waiting.length === 0) return;
    const isFirst = this.#writer.startMs === undefined;
    const lines = this.#writer.append(this.#waiting);
    this.#waiting = [];
    this.#reporter.begin(this.#options.spec.conferenceZeroMs + (this.#writer.startMs ?? 0));
    this.#reporter.handleIndexLines(lines);
    this.#noteGaps();
    if (!isFirst) return;
    this.#file.saveManifest(this.#manifest({ state: 'recording' }));
    this.#reportDueMs = this.#options.nowMs() + REPORT_EVERY_MS;
  }

  /** Into the index, so that they survive with the media. */
  #noteGaps(): void {
    const gaps = this.#gaps;
    this.#gaps = [];
    this.#writer.noteGaps(gaps);
    this.#reporter.handleIndexLines(gaps);
  }

  #saveReport(nowMs: number): void {
    this.#reportDueMs = nowMs + REPORT_EVERY_MS;
    this.#noteClockSteps();
    const reachedMs = Math.min(nowMs, this.#lastSignMs);
    this.#advancePauses(reachedMs - SETTLED_MS);
    this.#reporter.checkpoint(reachedMs);
    this.#noteGaps();
    const report = this.#reporter.report();
    if (report) this.#file.refreshManifest({ ...this.#manifest({ state: 'recording' }), report });
  }

  #manifest(state: RecordingState): Manifest {
    const { startMs } = this.#writer;
    const { spec } = this.#options;
    const pausedAtMs = this.#pausedMs === undefined ? undefined : Math.round(this.#pausedMs - spec.conferenceZeroMs);
    return {
      ...{ version: 1, ...state, spec },
      ...(startMs !== undefined && { startMs }),
      ...(pausedAtMs !== undefined && { pausedAtMs }),
    };
  }
}
