/** Brings sound of another rate or format than the mix's to it: a gateway's, of 8 kHz. */
import {
  AV_CHANNEL_LAYOUT_MONO,
  AV_CHANNEL_LAYOUT_STEREO,
  AV_SAMPLE_FMT_FLTP,
  type AVSampleFormat,
} from 'node-av/constants';
import { type Frame, SoftwareResampleContext } from 'node-av/lib';
import { check, present } from '../native.ts';
import { SAMPLE_RATE } from './sound-block.ts';

const BYTES_PER_SAMPLE = 4;

/** `lateBy`: how many of the mix's samples before the input's first one the output begins. */
export type Resampled = { channels: Float32Array[]; lateBy: number };

export class Resampler {
  readonly #context = new SoftwareResampleContext();
  readonly #channels: 1 | 2;

  /** For frames of the same kind as this one. */
  constructor({ channels, format, sampleRate }: Frame) {
    this.#channels = channels === 1 ? 1 : 2;
    const layout = this.#channels === 1 ? AV_CHANNEL_LAYOUT_MONO : AV_CHANNEL_LAYOUT_STEREO;
    const to = [layout, AV_SAMPLE_FMT_FLTP, SAMPLE_RATE] as const;
    check(
      this.#context.allocSetOpts2(...to, layout, format as AVSampleFormat, sampleRate),
      'setting up to change a rate of sound',
    );
    check(this.#context.init(), 'setting up to change a rate of sound');
  }

  convert(frame: Frame): Resampled {
    const held = this.#held();
    const input = present(frame.data, 'reading decoded sound');
    const room = Math.ceil((frame.nbSamples * SAMPLE_RATE) / frame.sampleRate) + held + 1;
    const planes = Array.from({ length: this.#channels }, () => Buffer.alloc(room * BYTES_PER_SAMPLE));
    const count = check(this.#context.convertSync(planes, room, input, frame.nbSamples), 'changing the rate of sound');
    const channels = planes.map(({ buffer, byteOffset }) => new Float32Array(buffer, byteOffset, count));
    return { channels, lateBy: held };
  }

  close(): void {
    this.#context.free();
  }

  /** What the filter holds back, in samples of the mix. */
  #held(): number {
    return Number(this.#context.getDelay(BigInt(SAMPLE_RATE)));
  }
}
