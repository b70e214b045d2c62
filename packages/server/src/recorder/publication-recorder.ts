/** Records one publication into one file: packets in, bytes on disk out. */
import { join } from 'node:path';
import type { AudioCodecName, VideoCodecName } from '@callreel/contract/conference.ts';
import { SenderClock } from '@callreel/media/clock/sender-clock.ts';
import { TrackClock } from '@callreel/media/clock/track-clock.ts';
import { SOUND_CODECS } from '@callreel/media/depacketize/sound-codec.ts';
import type { VideoFrame } from '@callreel/media/frame/frame.ts';
import type { SenderReport } from '@callreel/media/rtcp/sender-report.ts';
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import { KeyFrameRequests } from './key-frame-requests.ts';
import { LiveFile } from './live-file.ts';
import type { Manifest, RecordingState } from './manifest.ts';
import { MediaWriter, type PlacedMedia } from './media-writer.ts';
import { PictureGate } from './picture-gate.ts';
import { type ChosenLayer, type LayerCut, PictureLayers } from './picture-layers.ts';
import { RecorderError } from './recorder-error.ts';
import type { RecordingSpec } from './recording-spec.ts';
import { type PlacedSound, SoundSlots } from './sound-slots.ts';
import { processDisk, type SpoolDisk } from './spool-disk.ts';
import { type TimedFrame, TrackRecorder } from './track-recorder.ts';

export type TrackKind = 'audio' | 'video';

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
const VIDEO_CLOCK_RATE_HZ = 90_000;

type Tracks = { audio?: TrackRecorder; video?: PictureLayers };

export class PublicationRecorder {
  readonly #options: PublicationRecorderOptions;
  readonly #file: LiveFile;
  readonly #writer: MediaWriter;
  readonly #keyFrames: KeyFrameRequests;
  readonly #sound: SoundSlots;
  readonly #pictures: PictureGate;
  /** With simulcast: which layer the file holds from when on. */
  readonly layerCuts: LayerCut[] = [];
  readonly #received = { audioPackets: 0, videoPackets: 0 };
  #tracks: Tracks;
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
    this.#keyFrames = new KeyFrameRequests(spec.recordingKey, options.requestKeyFrame);
    this.#sound = new SoundSlots(SOUND_CODECS[spec.tracks.audio?.codec ?? 'opus']);
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
    this.#received[`${track}Packets`]++;
    this.#lastSignMs = Math.max(this.#lastSignMs, arrivalMs);
    if (track === 'video') this.#keyFrames.handlePacket(arrivalMs);
    recorder.handlePacket(packet, arrivalMs);
  }

  handleSenderReport(track: TrackKind, report: SenderReport, arrivalMs: number): void {
    if (this.#closed !== undefined) return;
    this.#lastSignMs = Math.max(this.#lastSignMs, arrivalMs);
    this.#tracks[track]?.handleSenderReport(report, arrivalMs);
  }

  /** With simulcast: packets of all layers come; the file goes over to this one at its next key frame. */
  handleLayer(layer: ChosenLayer): void {
    if (this.#closed === undefined) this.#tracks.video?.choose(layer);
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
    this.#file.tick(nowMs);
  }

  /** The publication goes on over a new connection: other SSRCs and clocks, the same file. */
  resume(): void {
    if (this.#closed !== undefined) return;
    this.#flushTracks();
    this.#tracks = this.#newTracks();
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
    this.#writer.close(endMs);
    return this.#file.close(this.#manifest({ state: 'ended', reason, received: this.#received }));
  }

  #newTracks(): Tracks {
    const { audio, video } = this.#options.spec.tracks;
    const sender = new SenderClock();
    const onNeedsKeyFrame = () => this.#keyFrames.need();
    const make = (codec: VideoCodecName | AudioCodecName, clockRate: number, needsKeyFrame: () => void) =>
      new TrackRecorder({
        codec,
        clock: new TrackClock({ clockRate, sender }),
        onNeedsKeyFrame: needsKeyFrame,
      });
    const layersOf = (codec: VideoCodecName) =>
      new PictureLayers({
        makeTrack: (needsKeyFrame) => make(codec, VIDEO_CLOCK_RATE_HZ, needsKeyFrame),
        onNeedsKeyFrame,
        onCut: (cut) => this.layerCuts.push(cut),
      });
    return {
      ...(audio && { audio: make(audio.codec, SOUND_CODECS[audio.codec].clockRateHz, onNeedsKeyFrame) }),
      ...(video && { video: layersOf(video.codec) }),
    };
  }

  #flushTracks(): void {
    this.#placeSound(this.#tracks.audio?.flush());
    this.#placePictures(this.#tracks.video?.flush());
  }

  #placeSound(frames: readonly TimedFrame[] = []): void {
    if (frames.length === 0 || !this.#hasRoom('audio')) return;
    for (const { frame, localMs } of frames) {
      const leadMs = localMs - this.#writer.earliestSoundMs;
      const hasPlace = this.#sound.positionMs !== undefined || leadMs >= 0;
      if (frame.kind !== 'audio' || !hasPlace) continue;
      this.#keep(this.#sound.place(frame, localMs, localMs - (leadMs > MAX_LEAD_IN_MS ? 0 : leadMs)));
    }
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
    if (frames.length === 0 || !this.#hasRoom('video')) return;
    for (const { frame, localMs } of frames) {
      if (frame.kind === 'video') this.#placePicture(frame, localMs);
    }
  }

  #placePicture(frame: VideoFrame, localMs: number): void {
    this.#newestPictureMs = Math.max(this.#newestPictureMs, localMs);
    const picture = this.#pictures.admit(frame);
    if (picture === undefined) {
      this.#keyFrames.need();
      return;
    }
    if (frame.keyFrame) this.#keyFrames.handleKeyFrame();
    this.#waiting.push({ kind: 'video', localMs, picture });
  }

  /** Whether the disk keeps up well enough for media of this kind; sound is let in for longer. */
  #hasRoom(kind: TrackKind): boolean {
    const state = this.#file.diskState;
    if (state === 'keepingUp') this.#leavingOut = false;
    if (state === 'keepingUp' || (state === 'behind' && kind === 'audio')) return true;
    if (kind === 'video') this.#pictures.shut();
    if (!this.#leavingOut) {
      this.#leavingOut = true;
      this.#options.onError(RecorderError.backlog(this.#options.spec.recordingKey, this.#file.waitingBytes));
    }
    return false;
  }

  #append(): void {
    if (this.#waiting.length === 0) return;
    const isFirst = this.#writer.startMs === undefined;
    this.#writer.append(this.#waiting);
    this.#waiting = [];
    if (isFirst) this.#file.saveManifest(this.#manifest({ state: 'recording' }));
  }

  #manifest(state: RecordingState): Manifest {
    const { startMs } = this.#writer;
    return { version: 1, ...state, spec: this.#options.spec, ...(startMs !== undefined && { startMs }) };
  }
}
