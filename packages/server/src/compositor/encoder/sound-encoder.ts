import {
  AV_CHANNEL_LAYOUT_STEREO,
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_SAMPLE_FMT_FLTP,
  FF_ENCODER_AAC,
} from 'node-av/constants';
import { Codec, CodecContext, Frame, Rational } from 'node-av/lib';
import { check, present } from '../native.ts';
import { SAMPLE_RATE } from '../sound/sound-block.ts';
import { AUDIO_BITS_PER_SECOND, AUDIO_FRAME_SAMPLES } from './encoder-settings.ts';

/** FFmpeg's own AAC encoder in stereo; timestamps count samples. */
export const openSoundEncoder = (): CodecContext => {
  const encoder = present(Codec.findEncoderByName(FF_ENCODER_AAC), 'the AAC encoder');
  const codec = new CodecContext();
  codec.allocContext3(encoder);
  codec.sampleRate = SAMPLE_RATE;
  codec.channelLayout = AV_CHANNEL_LAYOUT_STEREO;
  codec.sampleFormat = AV_SAMPLE_FMT_FLTP;
  codec.bitRate = AUDIO_BITS_PER_SECOND;
  codec.timeBase = new Rational(1, SAMPLE_RATE);
  codec.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
  check(codec.open2Sync(encoder), 'opening the AAC encoder');
  return codec;
};

/** The frame that carries samples into the encoder. */
export class SoundFrame {
  readonly frame = new Frame();

  constructor() {
    this.frame.alloc();
    this.#describe(AUDIO_FRAME_SAMPLES);
  }

  /** `left` and `right` have at most 1024 samples; fewer only at the end. */
  fill(left: Float32Array, right: Float32Array, firstSample: number): void {
    const { frame } = this;
    if (left.length !== frame.nbSamples) this.#describe(left.length);
    // The encoder keeps a reference to what it was given last.
    check(frame.makeWritable(), 'making room for sound');
    const planes = present(frame.data, 'writing sound');
    for (const [index, samples] of [left, right].entries()) {
      const plane = present(planes[index], 'writing sound');
      new Float32Array(plane.buffer, plane.byteOffset, samples.length).set(samples);
    }
    frame.pts = BigInt(firstSample);
  }

  close(): void {
    this.frame.free();
  }

  #describe(samples: number): void {
    const { frame } = this;
    frame.unref();
    frame.format = AV_SAMPLE_FMT_FLTP;
    frame.sampleRate = SAMPLE_RATE;
    frame.channelLayout = AV_CHANNEL_LAYOUT_STEREO;
    frame.nbSamples = samples;
    check(frame.getBuffer(0), 'allocating sound');
  }
}
