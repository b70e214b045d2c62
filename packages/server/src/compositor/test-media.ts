/** Made-up recordings for this folder's tests and for the benchmark: pictures and sound by formula, encoded as browsers do. */
import { extname } from 'node:path';
import type { AudioCodecName, VideoCodecName } from '@callreel/contract/conference.ts';
import {
  AV_CHANNEL_LAYOUT_MONO,
  AV_CHANNEL_LAYOUT_STEREO,
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_PIX_FMT_YUV420P,
  AV_SAMPLE_FMT_FLT,
  AV_SAMPLE_FMT_S16,
  FF_ENCODER_LIBOPUS,
  FF_ENCODER_LIBSVTAV1,
  FF_ENCODER_LIBVPX_VP8,
  FF_ENCODER_LIBVPX_VP9,
  FF_ENCODER_LIBX264,
  FF_ENCODER_LIBX265,
  FF_ENCODER_PCM_ALAW,
  FF_ENCODER_PCM_MULAW,
  type FFEncoderCodec,
} from 'node-av/constants';
import { Codec, CodecContext, FormatContext, Frame, Packet, Rational, type Stream } from 'node-av/lib';
import { check, present, silenceLibraries } from './native.ts';
import { type Planes, planesOf } from './plane.ts';

export type ClipVideo = {
  codec: VideoCodecName;
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
  /** Opus unless given; G.711 has one channel. */
  codec?: AudioCodecName;
  channels: 1 | 2;
  /** File time of the first sample. */
  firstMs?: number;
  /** The sample at file time `seconds`, between −1 and 1. */
  sampleAt(seconds: number, channel: number): number;
};

/** `path` ends in .webm (VP8, Opus), .mp4 (H264 without sound) or .mkv. */
export type Clip = { path: string; durationMs: number; video?: ClipVideo; audio?: ClipAudio };

const MUXERS: Readonly<Record<string, string>> = { '.webm': 'webm', '.mp4': 'mp4', '.mkv': 'matroska' };

const LIVE_VPX = { deadline: 'realtime', 'cpu-used': '8', 'lag-in-frames': '0', 'auto-alt-ref': '0' };

const VIDEO_ENCODERS: Record<VideoCodecName, { name: FFEncoderCodec; options: Record<string, string> }> = {
  VP8: { name: FF_ENCODER_LIBVPX_VP8, options: LIVE_VPX },
  VP9: { name: FF_ENCODER_LIBVPX_VP9, options: LIVE_VPX },
  AV1: {
    name: FF_ENCODER_LIBSVTAV1,
    options: { preset: '12', 'svtav1-params': 'pred-struct=1:rc=2:lookahead=0:lp=1' },
  },
  H264: { name: FF_ENCODER_LIBX264, options: { preset: 'ultrafast', tune: 'zerolatency', profile: 'baseline' } },
  H265: {
    name: FF_ENCODER_LIBX265,
    options: { preset: 'ultrafast', tune: 'zerolatency', 'x265-params': 'log-level=none:pools=none:frame-threads=1' },
  },
};

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
  const { name: encoderName, options } = VIDEO_ENCODERS[video.codec];
  const encoder = Codec.findEncoderByName(encoderName);
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
  for (const [name, value] of Object.entries(options)) check(codec.setOption(name, value), `option ${name}`);
  check(codec.open2Sync(encoder), `opening ${video.codec}`);
  return codec;
};

const encodeAudio = (audio: ClipAudio, durationMs: number): Track => {
  const name = audio.codec ?? 'opus';
  const { rate, sampleFormat } = SOUND_FORMATS[name];
  const frameSamples = rate / 50;
  const codec = openAudio(name, audio.channels);
  const frame = newFrame();
  frame.format = sampleFormat;
  frame.sampleRate = rate;
  frame.channelLayout = codec.channelLayout;
  frame.nbSamples = frameSamples;
  check(frame.getBuffer(0), 'allocating sound');
  const packets: Packet[] = [];
  const firstSample = ((audio.firstMs ?? 0) * rate) / 1000;
  for (let sample = firstSample; sample < (durationMs * rate) / 1000; sample += frameSamples) {
    check(frame.makeWritable(), 'writing sound');
    const plane = present(frame.data?.[0], 'writing sound');
    const count = frameSamples * audio.channels;
    const scale = name === 'opus' ? 1 : 0x7fff;
    const samples =
      name === 'opus'
        ? new Float32Array(plane.buffer, plane.byteOffset, count)
        : new Int16Array(plane.buffer, plane.byteOffset, count);
    for (let i = 0; i < count; i++) {
      const at = sample + Math.floor(i / audio.channels);
      samples[i] = scale * audio.sampleAt(at / rate, i % audio.channels);
    }
    frame.pts = BigInt(sample);
    encode(codec, frame, packets);
  }
  encode(codec, null, packets);
  frame.free();
  return { codec, packets };
};

const SOUND_FORMATS = {
  opus: { encoder: FF_ENCODER_LIBOPUS, rate: 48_000, sampleFormat: AV_SAMPLE_FMT_FLT },
  PCMU: { encoder: FF_ENCODER_PCM_MULAW, rate: 8000, sampleFormat: AV_SAMPLE_FMT_S16 },
  PCMA: { encoder: FF_ENCODER_PCM_ALAW, rate: 8000, sampleFormat: AV_SAMPLE_FMT_S16 },
} as const;

const openAudio = (name: AudioCodecName, channels: 1 | 2): CodecContext => {
  const { encoder: encoderName, rate, sampleFormat } = SOUND_FORMATS[name];
  const encoder = present(Codec.findEncoderByName(encoderName), name);
  const codec = new CodecContext();
  codec.allocContext3(encoder);
  codec.sampleRate = rate;
  codec.channelLayout = channels === 1 ? AV_CHANNEL_LAYOUT_MONO : AV_CHANNEL_LAYOUT_STEREO;
  codec.sampleFormat = sampleFormat;
  if (name === 'opus') codec.bitRate = BigInt(40_000 * channels);
  codec.timeBase = new Rational(1, rate);
  check(codec.open2Sync(encoder), `opening ${name}`);
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
