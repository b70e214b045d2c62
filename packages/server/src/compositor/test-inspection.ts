/** What is to be seen and heard in a merged file, by its timestamps, for this folder's tests. */
import { AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { Codec, CodecContext, FormatContext, Frame, Packet } from 'node-av/lib';
import { check, present } from './native.ts';

export type SeenPicture = { ms: number; width: number; height: number; lumaAt(x: number, y: number): number };
export type Heard = { left: Float32Array; right: Float32Array };

/** Decodes the whole file; `onPicture` gets every picture and must not keep it. Sound lies at its place by timestamp. */
export const inspect = (path: string, onPicture: (picture: SeenPicture) => void = () => {}): Heard => {
  const container = new FormatContext();
  check(container.openInputSync(path), `opening ${path}`);
  check(container.findStreamInfoSync(), `reading ${path}`);
  const chunks: Chunk[] = [];
  const tracks = container.streams.map((stream) => {
    const decoder = present(Codec.findDecoder(stream.codecpar.codecId), 'decoder');
    const codec = new CodecContext();
    codec.allocContext3(decoder);
    check(codec.parametersToContext(stream.codecpar), 'decoder');
    codec.pktTimebase = stream.timeBase;
    check(codec.open2Sync(decoder), 'decoder');
    const msPerTick = (1000 * stream.timeBase.num) / stream.timeBase.den;
    return { codec, isVideo: stream.codecpar.codecType === AVMEDIA_TYPE_VIDEO, msPerTick };
  });
  const frame = new Frame();
  frame.alloc();
  const take = ({ codec, isVideo, msPerTick }: (typeof tracks)[number]): void => {
    while (codec.receiveFrameSync(frame) >= 0) {
      const ms = Number(frame.bestEffortTimestamp) * msPerTick;
      if (isVideo) onPicture(seen(frame, ms));
      else chunks.push(hear(frame, ms));
    }
  };
  const packet = new Packet();
  packet.alloc();
  while (container.readFrameSync(packet) >= 0) {
    const track = present(tracks[packet.streamIndex], 'track');
    check(track.codec.sendPacketSync(packet), 'decoding');
    packet.unref();
    take(track);
  }
  for (const track of tracks) {
    track.codec.sendPacketSync(null);
    take(track);
    track.codec.freeContext();
  }
  packet.free();
  frame.free();
  container.closeInputSync();
  return { left: assemble(chunks, 0), right: assemble(chunks, 1) };
};

const seen = (frame: Frame, ms: number): SeenPicture => {
  const luma = present(frame.data?.[0], 'picture');
  const stride = present(frame.linesize[0], 'picture');
  return { ms, width: frame.width, height: frame.height, lumaAt: (x, y) => luma[y * stride + x] ?? Number.NaN };
};

type Chunk = { start: number; sides: Float32Array[] };

const hear = (frame: Frame, ms: number): Chunk => {
  const planes = present(frame.data, 'sound');
  const sides = planes
    .slice(0, 2)
    .map((plane) => new Float32Array(plane.buffer, plane.byteOffset, frame.nbSamples).slice());
  return { start: Math.round(ms * 48), sides };
};

const assemble = (chunks: Chunk[], side: number): Float32Array => {
  const end = chunks.reduce((most, chunk) => Math.max(most, chunk.start + (chunk.sides[side]?.length ?? 0)), 0);
  const samples = new Float32Array(end);
  for (const chunk of chunks) samples.set(present(chunk.sides[side], 'side'), chunk.start);
  return samples;
};

/** Amplitude of the tone of `hz` between two times (Goertzel). */
export const toneLevel = (samples: Float32Array, hz: number, fromMs: number, toMs: number): number => {
  const stretch = samples.subarray(fromMs * 48, toMs * 48);
  let real = 0;
  let imaginary = 0;
  for (const [i, value] of stretch.entries()) {
    const phase = (2 * Math.PI * hz * i) / 48_000;
    real += value * Math.cos(phase);
    imaginary += value * Math.sin(phase);
  }
  return (2 * Math.hypot(real, imaginary)) / stretch.length;
};

/** Times at which sound louder than `threshold` begins after at least 200 ms of quiet. */
export const onsetsMs = (samples: Float32Array, threshold: number): number[] => {
  const onsets: number[] = [];
  let lastLoud = Number.NEGATIVE_INFINITY;
  for (const [i, value] of samples.entries()) {
    if (Math.abs(value) < threshold) continue;
    if (i - lastLoud > 9600) onsets.push(i / 48);
    lastLoud = i;
  }
  return onsets;
};
