/** The sound of one recording, decoded packet by packet. */
import { AV_SAMPLE_FMT_FLTP } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import { CompositorError } from '../compositor-error.ts';
import { present } from '../native.ts';
import type { CompositeSource } from '../protocol.ts';
import { SourceDecoder } from '../source-decoder.ts';
import { Resampler } from './resampler.ts';
import { SAMPLE_RATE, SAMPLES_PER_MS, type SoundBlock, type SoundFeed } from './sound-block.ts';

export class SoundSource implements SoundFeed {
  readonly firstSample: number;
  readonly #source: CompositeSource;
  readonly #offsetMs: number;
  readonly #frame = new Frame();
  #decoder: SourceDecoder | undefined;
  #resampler: Resampler | undefined;
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
    const told = fileMs === undefined ? undefined : Math.round((this.#offsetMs + fileMs) * SAMPLES_PER_MS);
    const { channels, lateBy } = this.#samples();
    const start = told === undefined ? this.#nextStart : told - lateBy;
    this.#nextStart = start + channels[0].length;
    return { start, channels };
  }

  close(): void {
    this.#decoder?.close();
    this.#decoder = undefined;
    this.#resampler?.close();
    this.#frame.free();
  }

  #open(): void {
    this.#opened = true;
    if (this.#source.hasAudio) this.#decoder = SourceDecoder.open(this.#source, 'audio');
  }

  /** Copies, for the frame's memory is the decoder's again at the next call. */
  #samples(): { channels: SoundBlock['channels']; lateBy: number } {
    const frame = this.#frame;
    if (frame.channels > 2)
      throw CompositorError.unreadableSource(this.#source, `its sound has ${frame.channels} channels`);
    if (frame.format !== AV_SAMPLE_FMT_FLTP || frame.sampleRate !== SAMPLE_RATE) {
      this.#resampler ??= new Resampler(frame);
      const { channels, lateBy } = this.#resampler.convert(frame);
      return { channels: inPairs(channels), lateBy };
    }
    const planes = present(frame.data, 'reading decoded sound');
    const channel = (index: number): Float32Array => {
      const plane = present(planes[index], 'reading decoded sound');
      return new Float32Array(plane.buffer, plane.byteOffset, frame.nbSamples).slice();
    };
    return { channels: frame.channels === 1 ? [channel(0)] : [channel(0), channel(1)], lateBy: 0 };
  }
}

const inPairs = ([left, right]: readonly Float32Array[]): SoundBlock['channels'] => {
  const first = present(left, 'reading decoded sound');
  return right === undefined ? [first] : [first, right];
};
