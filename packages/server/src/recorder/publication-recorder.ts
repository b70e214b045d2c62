/** Records one publication into one file: packets in, bytes on disk out. */
import { join } from 'node:path';
import { SOUND_CODECS } from '@callreel/media/depacketize/sound-codec.ts';
import type { AudioFrame, VideoFrame } from '@callreel/media/frame/frame.ts';
import type { GapLine } from '@callreel/media/matroska/index-line.ts';
import type { SenderReport } from '@callreel/media/rtcp/sender-report.ts';
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import { KeyFrameRequests } from './key-frame-requests.ts';
import { LiveFile } from './live-file.ts';
import type { Manifest, RecordingState } from './manifest.ts';
import { MediaWriter, type PlacedMedia } from './media-writer.ts';
import { PictureGate } from './picture-gate.ts';
import type { ChosenLayer, LayerCut } from './picture-layers.ts';
import { makeTracks, type PublicationTracks } from './publication-tracks.ts';
import { RecorderError } from './recorder-error.ts';
import type { RecordingSpec, TrackKind } from './recording-spec.ts';
import { DigitalSilence } from './report/digital-silence.ts';
import type { Missing } from './report/evidence.ts';
import type { ReceiverCounts } from './report/network-tally.ts';
import { RecordingReporter } from './report/recording-reporter.ts';
import { type PlacedSound, SoundSlots } from './sound-slots.ts';
import { processDisk, type SpoolDisk } from './spool-disk.ts';
import type { TimedFrame } from './track-recorder.ts';

export type PublicationRecorderOptions = {
  spec: RecordingSpec;
  spoolDir: string;
  /** Milliseconds of the monotonic clock. */
  nowMs: () => number;
  /** Sends the publisher a request; called at most twice a second. */
  requestKeyFrame: () => void;
  /** Recording goes on, with what the disk can take. */
  onError: (error: RecorderError) => void;
  /** Shared by all recorders of the process unless given. */
  disk?: SpoolDisk;
};

/** How long packets wait for those missing: three rounds of resends at 80 ms take 290 ms. */
const HOLD_MS = 400;
/** Silence is put in only where no packet can come any more: `HOLD_MS`, and as much again for a slow path. */
const FILL_DELAY_MS = 1000;
/**
 * All recorders of a process append at the same moments, five times a second: handing a write to an idle thread of libuv wakes it,
 * which costs more than the write (50 µs of 60); in a row the threads are awake already.
 */
const APPEND_GRID_MS = 200;
/** Where pictures come late, sound is behind the same queue: silence in its place would shut it out. */
const FILL_BEHIND_PICTURES_MS = FILL_DELAY_MS - HOLD_MS;
/** No path holds sound for longer, and where no picture comes nothing else tells how far the sender is. */
const LONGEST_FILL_DELAY_MS = 10_000;
/**
 * Sound that begins this little after the pictures gets silence before it, from the file's start: Chromium begins to play an .mkv
 * of H264 where its sound begins. More would lie too far from the pictures of its time.
 */
const MAX_LEAD_IN_MS = 5000;
const REPORT_EVERY_MS = 10_000;
const TRACK_KINDS = ['audio', 'video'] as const;

export class PublicationRecorder {
  readonly #options: PublicationRecorderOptions;
  readonly #file: LiveFile;
  readonly #writer: MediaWriter;
  readonly #keyFrames: KeyFrameRequests;
  readonly #sound: SoundSlots;
  readonly #pictures: PictureGate;
  readonly #received = { audioPackets: 0, videoPackets: 0 };
  readonly #reporter: RecordingReporter;
  readonly #silence: DigitalSilence;
  #tracks: PublicationTracks;
  /** The choice that holds, of this connection's. */
  #layer: ChosenLayer | undefined;
  #gaps: GapLine[] = [];
  #reportDueMs: number | undefined;
  #waiting: PlacedMedia[] = [];
  #appendDueMs = Number.NEGATIVE_INFINITY;
  /** When anything last came of the sender: the recording does not outlast it. */
  #lastSignMs = Number.NEGATIVE_INFINITY;
  #newestPictureMs = Number.NEGATIVE_INFINITY;
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
    const soundName = spec.tracks.audio?.codec ?? 'opus';
    const soundCodec = SOUND_CODECS[soundName];
    this.#silence = new DigitalSilence(soundName);
    this.#sound = new SoundSlots(soundCodec);
    const tracks = TRACK_KINDS.filter((track) => spec.tracks[track] !== undefined);
    this.#reporter = new RecordingReporter(tracks, (gap) => this.#gaps.push(gap), soundCodec.clockRateHz);
    this.#keyFrames = new KeyFrameRequests(spec.recordingKey, () => {
      this.#reporter.handleKeyFrameRequest();
      options.requestKeyFrame();
    });
    this.#pictures = new PictureGate(spec.tracks.video?.codec ?? 'VP8');
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
    this.#lastSignMs = Math.max(this.#lastSignMs, arrivalMs);
    if (track === 'video') this.#keyFrames.handlePacket(arrivalMs);
    recorder.handlePacket(packet, arrivalMs);
  }

  handleSenderReport(track: TrackKind, report: SenderReport, arrivalMs: number): void {
    if (this.#closed !== undefined) return;
    this.#lastSignMs = Math.max(this.#lastSignMs, arrivalMs);
    this.#reporter.handleSenderReport(track, report);
    this.#tracks[track]?.handleSenderReport(report, arrivalMs);
  }

  /** The member is silenced by the service from now on, or no longer. */
  handleMute(muted: boolean): void {
    this.#reporter.setMuted(muted, this.#options.nowMs());
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
    this.#placeSound(this.#tracks.audio?.release(nowMs - HOLD_MS));
    this.#placePictures(this.#tracks.video?.release(nowMs - HOLD_MS));
    this.#fillSound(this.#fillableMs(nowMs));
    this.#keyFrames.tick(nowMs);
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
    this.#reporter.end(endMs);
    this.#noteGaps();
    this.#writer.close(endMs);
    const report = this.#reporter.report({ endMs, reason });
    const ended = this.#manifest({ state: 'ended', reason, received: this.#received });
    return this.#file.close({ ...ended, ...(report && { report }) });
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
    if (frames.length === 0 || !this.#hasRoom('audio', frames)) return;
    for (const { frame, localMs, missing } of frames) {
      if (frame.kind === 'audio') this.#placePacket(frame, localMs, missing);
    }
  }

  #placePacket(frame: AudioFrame, localMs: number, missing: Missing): void {
    const leadMs = localMs - this.#writer.earliestSoundMs;
    if (this.#sound.positionMs === undefined && leadMs < 0) {
      this.#reporter.handleLeftOut('audio', 'outOfPlace');
      this.#reporter.handleMissing('audio', missing);
      return;
    }
    const placed = this.#sound.place(frame, localMs, localMs - (leadMs > MAX_LEAD_IN_MS ? 0 : leadMs));
    this.#keep(placed);
    const own = placed.at(-1);
    const { rtpTimestamp, durationMs, data } = frame;
    if (own === undefined) {
      this.#reporter.handleSoundOutOfPlace(durationMs);
      this.#reporter.handleMissing('audio', missing);
      return;
    }
    const isSilence = this.#silence.isSilence(data);
    this.#reporter.placeSound({ rtpTimestamp, localMs: own.localMs, durationMs, isSilence, missing });
  }

  /** A silent microphone is silence in the file, as long as anything comes of its sender. */
  #fillSound(untilMs: number): void {
    if (!this.#hasRoom('audio')) return;
    this.#keep(this.#sound.fillUntil(Math.min(untilMs, this.#lastSignMs)));
  }

  /** Up to when no sound can come any more. */
  #fillableMs(nowMs: number): number {
    const beforeMs = Math.min(nowMs - FILL_DELAY_MS, this.#newestPictureMs - FILL_BEHIND_PICTURES_MS);
    return Math.max(beforeMs, nowMs - LONGEST_FILL_DELAY_MS);
  }

  /** One by one: an hour's silence would be too many arguments. */
  #keep(sounds: readonly PlacedSound[]): void {
    for (const sound of sounds) this.#waiting.push(sound);
  }

  #placePictures(frames: readonly TimedFrame[] = []): void {
    if (frames.length === 0 || !this.#hasRoom('video', frames)) return;
    for (const { frame, localMs, missing } of frames) {
      if (frame.kind === 'video') this.#placePicture(frame, localMs, missing);
    }
  }

  #placePicture(frame: VideoFrame, localMs: number, missing: Missing): void {
    this.#newestPictureMs = Math.max(this.#newestPictureMs, localMs);
    const picture = this.#pictures.admit(frame);
    if (picture === undefined) {
      this.#keyFrames.need();
      this.#reporter.handleLeftOut('video', 'waitingForKeyFrame');
      this.#reporter.handleMissing('video', { ...missing, frames: missing.frames + 1 });
      return;
    }
    if (frame.keyFrame) this.#keyFrames.handleKeyFrame();
    this.#waiting.push({ kind: 'video', localMs, picture });
    this.#reporter.placePicture({ rtpTimestamp: frame.rtpTimestamp, localMs, missing });
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
    this.#reporter.checkpoint(Math.min(nowMs, this.#lastSignMs));
    this.#noteGaps();
    const report = this.#reporter.report();
    if (report) this.#file.refreshManifest({ ...this.#manifest({ state: 'recording' }), report });
  }

  #manifest(state: RecordingState): Manifest {
    const { startMs } = this.#writer;
    return { version: 1, ...state, spec: this.#options.spec, ...(startMs !== undefined && { startMs }) };
  }
}
