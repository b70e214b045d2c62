/** The sound of one recording, decoded packet by packet. */
import { AV_SAMPLE_FMT_FLTP } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import { CompositorError } from '../compositor-error.ts';
import { present } from '../native.ts';
import type { CompositeSource } from '../protocol.ts';
import { SourceDecoder } from '../source-decoder.ts';
import { SAMPLE_RATE, SAMPLES_PER_MS, type SoundBlock, type SoundFeed } from './sound-block.ts';

export class SoundSource implements SoundFeed {
  readonly firstSample: number;
  readonly #source: CompositeSource;
  readonly #offsetMs: number;
  readonly #frame = new Frame();
  #decoder: SourceDecoder | undefined;
  #opened = false;
  #nextStart: number;

  /** `outputStartMs` is the conference time of the output's first sample. */
  constructor(source: CompositeSource, outputStartMs: number) {
    this.#source = source;
    this.#offsetMs = source.startMs - outputStartMs;
    this.firstSample = Math.round(this.#offsetMs * SAMPLES_PER_MS);
    this.#nextStart = this.firstSample;
    this.#frame.alloc();
  }

  next(): SoundBlock | undefined {
    if (!this.#opened) this.#open();
    if (!this.#decoder?.next(this.#frame)) return undefined;
    const fileMs = this.#decoder.timeOf(this.#frame);
    const start = fileMs === undefined ? this.#nextStart : Math.round((this.#offsetMs + fileMs) * SAMPLES_PER_MS);
    this.#nextStart = start + this.#frame.nbSamples;
    return { start, channels: this.#samples() };
  }

  close(): void {
    this.#decoder?.close();
    this.#decoder = undefined;
    this.#frame.free();
  }

  #open(): void {
    this.#opened = true;
    if (this.#source.hasAudio) this.#decoder = SourceDecoder.open(this.#source, 'audio');
  }

  /** Copies, for the frame's memory is the decoder's again at the next call. */
  #samples(): SoundBlock['channels'] {
    const frame = this.#frame;
    if (frame.format !== AV_SAMPLE_FMT_FLTP || frame.sampleRate !== SAMPLE_RATE) {
      throw CompositorError.unreadableSource(this.#source, 'its sound is not Opus at 48 kHz');
    }
    const planes = present(frame.data, 'reading decoded sound');
    const channel = (index: number): Float32Array => {
      const plane = present(planes[index], 'reading decoded sound');
      return new Float32Array(plane.buffer, plane.byteOffset, frame.nbSamples).slice();
    };
    return frame.channels === 1 ? [channel(0)] : [channel(0), channel(1)];
  }
}
