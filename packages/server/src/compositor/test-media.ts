/** Made-up recordings for this folder's tests and for the benchmark: pictures and sound by formula, encoded as browsers do. */
import { extname } from 'node:path';
import {
  AV_CHANNEL_LAYOUT_MONO,
  AV_CHANNEL_LAYOUT_STEREO,
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_PIX_FMT_YUV420P,
  AV_SAMPLE_FMT_FLT,
  FF_ENCODER_LIBOPUS,
  FF_ENCODER_LIBVPX_VP8,
  FF_ENCODER_LIBX264,
} from 'node-av/constants';
import { Codec, CodecContext, FormatContext, Frame, Packet, Rational, type Stream } from 'node-av/lib';
import { check, present, silenceLibraries } from './native.ts';
import { type Planes, planesOf } from './plane.ts';

export type ClipVideo = {
  codec: 'VP8' | 'H264';
  framesPerSecond: number;
  /** The size from `fromMs` on; a change of size starts with a key frame, as a browser's does. */
  sizes: { fromMs: number; width: number; height: number }[];
  bitsPerSecond?: number;
  /** Paints the picture of file time `ms`; the planes of colour are grey before. */
  paint(planes: Planes, size: { width: number; height: number }, ms: number): void;
  /** Stretches without frames. */
  holes?: { fromMs: number; toMs: number }[];
};

export type ClipAudio = {
  channels: 1 | 2;
  /** File time of the first sample. */
  firstMs?: number;
  /** The sample at file time `seconds`, between −1 and 1. */
  sampleAt(seconds: number, channel: number): number;
};

/** `path` ends in .webm (VP8, Opus), .mp4 (H264 without sound) or .mkv. */
export type Clip = { path: string; durationMs: number; video?: ClipVideo; audio?: ClipAudio };

const MUXERS: Readonly<Record<string, string>> = { '.webm': 'webm', '.mp4': 'mp4', '.mkv': 'matroska' };
const OPUS_FRAME_SAMPLES = 960;

export const tone =
  (hz: number, amplitude: number) =>
  (seconds: number): number =>
    amplitude * Math.sin(2 * Math.PI * hz * seconds);

/** Every pixel of luma `value`. */
export const plain =
  (value: number): ClipVideo['paint'] =>
  ([luma]) => {
    luma.data.fill(value);
  };

export const makeClip = (clip: Clip): void => {
  silenceLibraries();
  const container = new FormatContext();
  const muxer = MUXERS[extname(clip.path)] ?? 'matroska';
  check(container.allocOutputContext2(null, muxer, clip.path), 'making a clip');
  const tracks = [
    ...(clip.video ? [encodeVideo(clip.video, clip.durationMs)] : []),
    ...(clip.audio ? [encodeAudio(clip.audio, clip.durationMs)] : []),
  ];
  const streams = tracks.map((track) => addStream(container, track));
  check(container.openOutputSync(), 'opening a clip');
  check(container.writeHeaderSync(), 'writing a clip');
  const packets = tracks.flatMap((track, index) =>
    track.packets.map((packet) => ({ packet, track, stream: streams[index] })),
  );
  packets.sort((a, b) => msOf(a) - msOf(b));
  for (const { packet, track, stream } of packets) {
    packet.streamIndex = present(stream, 'finding a track').index;
    packet.rescaleTs(track.codec.timeBase, present(stream, 'finding a track').timeBase);
    check(container.interleavedWriteFrameSync(packet), 'writing a clip');
    packet.free();
  }
  check(container.writeTrailerSync(), 'ending a clip');
  container.closeOutputSync();
  for (const { codec } of tracks) codec.freeContext();
};

/** `codec` tells the track's parameters; it is the first one used. */
type Track = { codec: CodecContext; packets: Packet[] };

const msOf = ({ packet, track }: { packet: Packet; track: Track }): number =>
  (Number(packet.pts) * 1000) / track.codec.timeBase.den;

const addStream = (container: FormatContext, { codec }: Track): Stream => {
  const stream = container.newStream();
  stream.timeBase = codec.timeBase;
  check(stream.codecpar.fromContext(codec), 'describing a track');
  stream.codecpar.codecTag = 0;
  return stream;
};

const encodeVideo = (video: ClipVideo, durationMs: number): Track => {
  const packets: Packet[] = [];
  const codecs = video.sizes.map((size, index) => {
    const untilMs = video.sizes[index + 1]?.fromMs ?? durationMs;
    const codec = openVideo(video, size, false);
    encodePictures(video, { ...size, untilMs }, codec, packets);
    return codec;
  });
  for (const codec of codecs) codec.freeContext();
  // H264 has its parameter sets in front of each key frame, and those of the start in the file's header besides.
  return { codec: openVideo(video, present(video.sizes[0], 'sizes'), true), packets };
};

const encodePictures = (
  video: ClipVideo,
  part: { fromMs: number; untilMs: number; width: number; height: number },
  codec: CodecContext,
  packets: Packet[],
): void => {
  const frame = newFrame();
  frame.format = AV_PIX_FMT_YUV420P;
  frame.width = part.width;
  frame.height = part.height;
  check(frame.getBuffer(0), 'allocating a picture');
  const first = Math.ceil((part.fromMs * video.framesPerSecond) / 1000);
  for (let number = first; (number * 1000) / video.framesPerSecond < part.untilMs; number++) {
    const ms = (number * 1000) / video.framesPerSecond;
    if (video.holes?.some(({ fromMs, toMs }) => fromMs <= ms && ms < toMs)) continue;
    check(frame.makeWritable(), 'painting');
    const planes = planesOf(frame);
    planes[1].data.fill(128);
    planes[2].data.fill(128);
    video.paint(planes, part, ms);
    frame.pts = BigInt(Math.round(ms));
    encode(codec, frame, packets);
  }
  encode(codec, null, packets);
  frame.free();
};

const openVideo = (video: ClipVideo, size: { width: number; height: number }, globalHeader: boolean): CodecContext => {
  const encoder = Codec.findEncoderByName(video.codec === 'VP8' ? FF_ENCODER_LIBVPX_VP8 : FF_ENCODER_LIBX264);
  const codec = new CodecContext();
  codec.allocContext3(present(encoder, video.codec));
  codec.width = size.width;
  codec.height = size.height;
  codec.pixelFormat = AV_PIX_FMT_YUV420P;
  codec.timeBase = new Rational(1, 1000);
  codec.framerate = new Rational(video.framesPerSecond, 1);
  codec.bitRate = BigInt(video.bitsPerSecond ?? 500_000);
  codec.gopSize = 9999;
  codec.maxBFrames = 0;
  if (globalHeader) codec.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
  const options: Record<string, string> =
    video.codec === 'VP8'
      ? { deadline: 'realtime', 'cpu-used': '8', 'lag-in-frames': '0', 'auto-alt-ref': '0' }
      : { preset: 'ultrafast', tune: 'zerolatency', profile: 'baseline' };
  for (const [name, value] of Object.entries(options)) check(codec.setOption(name, value), `option ${name}`);
  check(codec.open2Sync(encoder), `opening ${video.codec}`);
  return codec;
};

const encodeAudio = (audio: ClipAudio, durationMs: number): Track => {
  const codec = openAudio(audio.channels);
  const frame = newFrame();
  frame.format = AV_SAMPLE_FMT_FLT;
  frame.sampleRate = 48_000;
  frame.channelLayout = codec.channelLayout;
  frame.nbSamples = OPUS_FRAME_SAMPLES;
  check(frame.getBuffer(0), 'allocating sound');
  const packets: Packet[] = [];
  const firstSample = (audio.firstMs ?? 0) * 48;
  for (let sample = firstSample; sample < durationMs * 48; sample += OPUS_FRAME_SAMPLES) {
    check(frame.makeWritable(), 'writing sound');
    const plane = present(frame.data?.[0], 'writing sound');
    const samples = new Float32Array(plane.buffer, plane.byteOffset, OPUS_FRAME_SAMPLES * audio.channels);
    for (let i = 0; i < samples.length; i++) {
      const at = sample + Math.floor(i / audio.channels);
      samples[i] = audio.sampleAt(at / 48_000, i % audio.channels);
    }
    frame.pts = BigInt(sample);
    encode(codec, frame, packets);
  }
  encode(codec, null, packets);
  frame.free();
  return { codec, packets };
};

const openAudio = (channels: 1 | 2): CodecContext => {
  const encoder = present(Codec.findEncoderByName(FF_ENCODER_LIBOPUS), 'Opus');
  const codec = new CodecContext();
  codec.allocContext3(encoder);
  codec.sampleRate = 48_000;
  codec.channelLayout = channels === 1 ? AV_CHANNEL_LAYOUT_MONO : AV_CHANNEL_LAYOUT_STEREO;
  codec.sampleFormat = AV_SAMPLE_FMT_FLT;
  codec.bitRate = BigInt(40_000 * channels);
  codec.timeBase = new Rational(1, 48_000);
  check(codec.open2Sync(encoder), 'opening Opus');
  return codec;
};

const encode = (codec: CodecContext, frame: Frame | null, packets: Packet[]): void => {
  check(codec.sendFrameSync(frame), 'encoding a clip');
  for (;;) {
    const packet = new Packet();
    packet.alloc();
    if (codec.receivePacketSync(packet) < 0) {
      packet.free();
      return;
    }
    packets.push(packet);
  }
};

const newFrame = (): Frame => {
  const frame = new Frame();
  frame.alloc();
  return frame;
};
