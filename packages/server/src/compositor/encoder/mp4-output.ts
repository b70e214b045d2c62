/** The merged file while it is made: pictures and sound in, one MP4 with its index at the front out. */
import { Dictionary, FormatContext, type Frame, Packet } from 'node-av/lib';
import { CompositorError } from '../compositor-error.ts';
import { describeCode } from '../native.ts';
import type { VideoEncoderSettings } from './encoder-settings.ts';
import { openSoundEncoder, SoundFrame } from './sound-encoder.ts';
import { TrackEncoder } from './track-encoder.ts';
import { openVideoEncoder, type PictureFormat } from './video-encoder.ts';

/** Divisible by 25 fps, and players' usual clock for video. */
const VIDEO_TIMESCALE = '90000';

export class Mp4Output {
  readonly #path: string;
  readonly #container = new FormatContext();
  readonly #packet = new Packet();
  readonly #video: TrackEncoder;
  readonly #sound: TrackEncoder;
  readonly #soundFrame = new SoundFrame();
  #open = true;
  #pictures = 0;
  #samples = 0;

  /** Overwrites what is at `path`. */
  constructor(path: string, picture: PictureFormat, settings: VideoEncoderSettings) {
    this.#path = path;
    this.#packet.alloc();
    this.#must(this.#container.allocOutputContext2(null, 'mp4', path));
    this.#video = new TrackEncoder(openVideoEncoder(picture, settings), this.#container);
    this.#sound = new TrackEncoder(openSoundEncoder(), this.#container);
    this.#must(this.#container.openOutputSync());
    // AAC's priming and x264's reordering end up in edit lists, which players honour: both tracks start at 0.
    const options = Dictionary.fromObject({ movflags: '+faststart', video_track_timescale: VIDEO_TIMESCALE });
    this.#must(this.#container.writeHeaderSync(options));
  }

  get samplesWritten(): number {
    return this.#samples;
  }

  /** The next picture, 1/fps after the one before. */
  writePicture(frame: Frame): void {
    frame.pts = BigInt(this.#pictures++);
    frame.duration = 1n;
    this.#video.encode(frame, this.#packet);
  }

  /** The next 1024 samples; fewer only at the end. */
  writeSound(left: Float32Array, right: Float32Array): void {
    this.#soundFrame.fill(left, right, this.#samples);
    this.#samples += left.length;
    this.#sound.encode(this.#soundFrame.frame, this.#packet);
  }

  /** Writes what the encoders hold back, and the index. */
  finish(): void {
    this.#video.encode(null, this.#packet);
    this.#sound.encode(null, this.#packet);
    this.#must(this.#container.writeTrailerSync());
    this.close();
  }

  /** Without `finish`: the file is left as it is. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#container.closeOutputSync();
    this.#video.close();
    this.#sound.close();
    this.#soundFrame.close();
    this.#packet.free();
    this.#container.freeContext();
  }

  #must(code: number): void {
    if (code < 0) throw CompositorError.outputFailed(this.#path, describeCode(code));
  }
}
