/** One encoder and its track in the file. */
import type { CodecContext, FormatContext, Frame, Packet, Rational, Stream } from 'node-av/lib';
import { CompositorError } from '../compositor-error.ts';
import { check, describeCode } from '../native.ts';

export class TrackEncoder {
  readonly #codec: CodecContext;
  readonly #container: FormatContext;
  readonly #stream: Stream;
  readonly #timeBase: Rational;

  /** `codec` is open already; closes it in the end. */
  constructor(codec: CodecContext, container: FormatContext) {
    this.#codec = codec;
    this.#container = container;
    this.#timeBase = codec.timeBase;
    this.#stream = container.newStream();
    this.#stream.timeBase = codec.timeBase;
    check(this.#stream.codecpar.fromContext(codec), 'describing a track');
    this.#stream.codecpar.codecTag = 0;
  }

  /** Encodes a frame, or with `null` what the encoder still holds back; `packet` is scratch. */
  encode(frame: Frame | null, packet: Packet): void {
    check(this.#codec.sendFrameSync(frame), 'encoding');
    while (this.#codec.receivePacketSync(packet) >= 0) {
      packet.streamIndex = this.#stream.index;
      // Read anew each time: writing the header may have changed the track's time base.
      packet.rescaleTs(this.#timeBase, this.#stream.timeBase);
      const written = this.#container.interleavedWriteFrameSync(packet);
      if (written < 0) throw CompositorError.outputFailed(this.#container.url ?? '', describeCode(written));
    }
  }

  close(): void {
    this.#codec.freeContext();
  }
}
