import { AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUVJ420P, AV_SAMPLE_FMT_FLTP, AV_SAMPLE_FMT_S16, type Frame } from 'node-av';
import type { Picture } from '../prepare/picture.ts';
import { InspectError } from './inspect-error.ts';

/** A decoded frame as a picture; its planes are the frame's own memory. */
export const pictureOf = (frame: Frame): Picture => {
  const [y, u, v] = frame.data ?? [];
  const [yStride = 0, uStride = 0, vStride = 0] = frame.linesize;
  const planar = frame.format === AV_PIX_FMT_YUV420P || frame.format === AV_PIX_FMT_YUVJ420P;
  if (!planar || !y || !u || !v) throw InspectError.unsupported(`Pixel format ${frame.format}`);
  return {
    width: frame.width,
    height: frame.height,
    y: { data: y, stride: yStride },
    u: { data: u, stride: uStride },
    v: { data: v, stride: vStride },
  };
};

/** A decoded frame of sound as one channel, the mean of its own, in memory of its own. */
export const monoOf = (frame: Frame): Float32Array => {
  if (frame.format === AV_SAMPLE_FMT_S16 && frame.channels === 1) return fromIntegers(frame);
  if (frame.format !== AV_SAMPLE_FMT_FLTP) throw InspectError.unsupported(`Sample format ${frame.format}`);
  const planes = (frame.data ?? []).slice(0, frame.channels);
  const channels = planes.map((plane) => new Float32Array(plane.buffer, plane.byteOffset, frame.nbSamples));
  return Float32Array.from({ length: frame.nbSamples }, (_, index) =>
    channels.reduce((sum, channel) => sum + (channel[index] ?? 0) / channels.length, 0),
  );
};

/** G.711's. */
const fromIntegers = (frame: Frame): Float32Array => {
  const plane = frame.data?.[0];
  const samples = plane ? new Int16Array(plane.buffer, plane.byteOffset, frame.nbSamples) : new Int16Array(0);
  return Float32Array.from(samples, (sample) => sample / 0x8000);
};
