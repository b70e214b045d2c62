/** Decodes one track of a recording, frame after frame in the order of the file. */
import {
  AV_NOPTS_VALUE,
  AVDISCARD_ALL,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  AVMEDIA_TYPE_AUDIO,
  AVMEDIA_TYPE_VIDEO,
} from 'node-av/constants';
import { Codec, CodecContext, FormatContext, type Frame, Packet, type Stream } from 'node-av/lib';
import { CompositorError } from './compositor-error.ts';
import { check, describeCode } from './native.ts';
import type { CompositeSource } from './protocol.ts';

export type TrackKind = 'video' | 'audio';

/** Throws CompositorError.unreadableSource where the file is not a readable recording. */
export const verifyReadable = (source: CompositeSource): void => openContainer(source)?.closeInputSync();

/** Undefined for a recording that is in order but ends before its first frame. */
const openContainer = (source: CompositeSource): FormatContext | undefined => {
  const container = new FormatContext();
  const opened = container.openInputSync(source.path);
  if (opened >= 0) return container;
  if (opened === AVERROR_EOF) return undefined;
  throw CompositorError.unreadableSource(source, describeCode(opened));
};

export class SourceDecoder {
  readonly #container: FormatContext;
  readonly #codec: CodecContext;
  readonly #packet = new Packet();
  readonly #streamIndex: number;
  readonly #msPerTick: number;
  #drained = false;

  /** Undefined where the file has no such track, or none that can be decoded. */
  static open(source: CompositeSource, kind: TrackKind): SourceDecoder | undefined {
    const container = openContainer(source);
    if (!container) return undefined;
    const stream = container.findStreamInfoSync() < 0 ? undefined : pickStream(container, kind);
    const codec = stream && openDecoder(stream);
    if (codec) return new SourceDecoder(container, stream, codec);
    container.closeInputSync();
    return undefined;
  }

  private constructor(container: FormatContext, stream: Stream, codec: CodecContext) {
    this.#container = container;
    this.#codec = codec;
    this.#packet.alloc();
    this.#streamIndex = stream.index;
    this.#msPerTick = (1000 * stream.timeBase.num) / stream.timeBase.den;
  }

  /**
   * Decodes the next frame into `frame`; false at the end. What cannot be decoded is passed over: a recording with a
   * damaged packet is still worth merging. Whatever `frame` held before is gone, with the memory behind its `data`.
   */
  next(frame: Frame): boolean {
    for (;;) {
      const received = this.#codec.receiveFrameSync(frame);
      if (received >= 0) return true;
      if (received === AVERROR_EOF || (this.#drained && received === AVERROR_EAGAIN)) return false;
      if (this.#drained) continue;
      this.#feed();
    }
  }

  /** Milliseconds of file time; undefined for the rare frame that bears none. */
  timeOf(frame: Frame): number | undefined {
    const ticks = frame.bestEffortTimestamp;
    return ticks === AV_NOPTS_VALUE ? undefined : Number(ticks) * this.#msPerTick;
  }

  close(): void {
    this.#packet.free();
    this.#codec.freeContext();
    this.#container.closeInputSync();
  }

  #feed(): void {
    do {
      this.#packet.unref();
      // Any error ends the track: a file that was cut off ends in one.
      if (this.#container.readFrameSync(this.#packet) < 0) {
        this.#drained = true;
        this.#codec.sendPacketSync(null);
        return;
      }
    } while (this.#packet.streamIndex !== this.#streamIndex);
    this.#codec.sendPacketSync(this.#packet);
    this.#packet.unref();
  }
}

const pickStream = (container: FormatContext, kind: TrackKind): Stream | undefined => {
  const wanted = kind === 'video' ? AVMEDIA_TYPE_VIDEO : AVMEDIA_TYPE_AUDIO;
  const picked = container.streams.find((stream) => stream.codecpar.codecType === wanted);
  for (const stream of container.streams) {
    if (stream.index !== picked?.index) stream.discard = AVDISCARD_ALL;
  }
  return picked;
};

/** FFmpeg's own decoders, which come first for each codec: its VP8 takes less CPU than libvpx. */
const openDecoder = (stream: Stream): CodecContext | undefined => {
  const decoder = Codec.findDecoder(stream.codecpar.codecId);
  if (!decoder) return undefined;
  const codec = new CodecContext();
  codec.allocContext3(decoder);
  check(codec.parametersToContext(stream.codecpar), 'taking the codec parameters over');
  // Several sources are decoded at once, each on one thread: more of them only add overhead.
  codec.threadCount = 1;
  codec.pktTimebase = stream.timeBase;
  if (codec.open2Sync(decoder) >= 0) return codec;
  codec.freeContext();
  return undefined;
};
