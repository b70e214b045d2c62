import {
  AV_LOG_FATAL,
  AV_NOPTS_VALUE,
  AVMEDIA_TYPE_AUDIO,
  AVMEDIA_TYPE_VIDEO,
  Codec,
  CodecContext,
  FormatContext,
  Frame,
  Log,
  Packet,
  type Stream,
} from 'node-av';
import { InspectError } from './inspect-error.ts';

/** What comes out of a file, in its order. The frame is valid until the next step only. */
export type DecodedPiece =
  | { kind: 'videoPacket'; timeMs: number; keyFrame: boolean }
  | { kind: 'picture'; timeMs: number; frame: Frame }
  | { kind: 'audioPacket' }
  | { kind: 'sound'; timeMs: number; frame: Frame }
  | { kind: 'decodeError'; of: 'audio' | 'video' };

type Decoder = { of: 'audio' | 'video'; stream: Stream; context: CodecContext; msPerTick: number };

/** Microseconds, as FFmpeg counts a whole file's time. */
const TICKS_PER_MS = 1000;

/** One file, opened and decoded by FFmpeg. */
export class MediaFile {
  readonly #format = new FormatContext();
  readonly #decoders = new Map<number, Decoder>();

  constructor(path: string) {
    // What does not decode is counted below; FFmpeg's own words about it would fill the screen.
    Log.setLevel(AV_LOG_FATAL);
    const opened = this.#format.openInputSync(path);
    if (opened < 0) throw InspectError.unreadable(path, opened);
    const found = this.#format.findStreamInfoSync();
    if (found < 0) throw InspectError.unreadable(path, found);
    for (const stream of this.#format.streams) this.#addDecoder(stream);
  }

  /** As the container states it, or FFmpeg concludes; 0 where it cannot. */
  get durationMs(): number {
    return Math.max(0, Number(this.#format.duration) / TICKS_PER_MS);
  }

  get formatName(): string {
    return this.#format.iformat?.name ?? '';
  }

  get video(): { codec: string; width: number; height: number } | undefined {
    const decoder = this.#find('video');
    return decoder && { codec: decoder.codec, width: decoder.context.width, height: decoder.context.height };
  }

  get audio(): { codec: string; samplesPerSecond: number; channels: number } | undefined {
    const decoder = this.#find('audio');
    if (!decoder) return undefined;
    return { codec: decoder.codec, samplesPerSecond: decoder.context.sampleRate, channels: decoder.context.channels };
  }

  /** Reads and decodes everything once. */
  *decode(): Generator<DecodedPiece> {
    const packet = new Packet();
    const frame = new Frame();
    packet.alloc();
    frame.alloc();
    try {
      while (this.#format.readFrameSync(packet) >= 0) {
        const decoder = this.#decoders.get(packet.streamIndex);
        if (decoder) yield* this.#decodePacket(decoder, packet, frame);
        packet.unref();
      }
      for (const decoder of this.#decoders.values()) yield* this.#send(decoder, null, frame);
    } finally {
      packet.free();
      frame.free();
    }
  }

  close(): void {
    for (const { context } of this.#decoders.values()) context.freeContext();
    this.#decoders.clear();
    this.#format.closeInputSync();
  }

  #addDecoder(stream: Stream): void {
    const parameters = stream.codecpar;
    const of = new Map<number, Decoder['of']>([
      [AVMEDIA_TYPE_VIDEO, 'video'],
      [AVMEDIA_TYPE_AUDIO, 'audio'],
    ]).get(parameters.codecType);
    const codec = of && Codec.findDecoder(parameters.codecId);
    if (!of || !codec) return;
    const context = new CodecContext();
    context.allocContext3(codec);
    context.parametersToContext(parameters);
    context.pktTimebase = stream.timeBase;
    context.threadCount = 1;
    const opened = context.open2Sync(codec);
    if (opened < 0) throw InspectError.unreadable(`A stream of ${of}`, opened);
    this.#decoders.set(stream.index, {
      of,
      stream,
      context,
      msPerTick: (1000 * stream.timeBase.num) / stream.timeBase.den,
    });
  }

  #find(of: Decoder['of']): (Decoder & { codec: string }) | undefined {
    const decoder = [...this.#decoders.values()].find((each) => each.of === of);
    return decoder && { ...decoder, codec: Codec.findDecoder(decoder.stream.codecpar.codecId)?.name ?? 'unknown' };
  }

  *#decodePacket(decoder: Decoder, packet: Packet, frame: Frame): Generator<DecodedPiece> {
    const timeMs = Number(packet.pts) * decoder.msPerTick;
    if (decoder.of === 'audio') yield { kind: 'audioPacket' };
    else yield { kind: 'videoPacket', timeMs, keyFrame: packet.isKeyframe };
    yield* this.#send(decoder, packet, frame);
  }

  *#send(decoder: Decoder, packet: Packet | null, frame: Frame): Generator<DecodedPiece> {
    const { of, context, msPerTick } = decoder;
    if (context.sendPacketSync(packet) < 0) yield { kind: 'decodeError', of };
    while (context.receiveFrameSync(frame) >= 0) {
      const ticks = frame.bestEffortTimestamp;
      if (frame.decodeErrorFlags !== 0 || ticks === AV_NOPTS_VALUE) yield { kind: 'decodeError', of };
      yield { kind: of === 'video' ? 'picture' : 'sound', timeMs: Number(ticks) * msPerTick, frame };
    }
  }
}
