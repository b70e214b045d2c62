/** For tests: prepared media put into a file by FFmpeg's own muxers, with the sound moved by as much as a test wants. */
import {
  AV_CHANNEL_LAYOUT_MONO,
  AV_CHANNEL_LAYOUT_STEREO,
  AV_CODEC_ID_H264,
  AV_CODEC_ID_OPUS,
  AV_CODEC_ID_VP8,
  AVMEDIA_TYPE_AUDIO,
  AVMEDIA_TYPE_VIDEO,
  Dictionary,
  FFmpegError,
  FormatContext,
  Packet,
  Rational,
  type Stream,
} from 'node-av';
import { SOUND_PACKET_MS } from '../prepare/encode-sound.ts';
import type { PreparedMedia, PreparedVideo } from '../prepare/prepare-media.ts';

const MILLISECONDS = new Rational(1, 1000);
/** RFC 7845 section 5.1: one channel, a pre-skip of 312 samples, 48 kHz. */
const OPUS_HEAD = Buffer.from('4f707573486561640101380180bb0000000000', 'hex');
const PRE_SKIP_SAMPLES = 312;
const PRE_SKIP_MS = PRE_SKIP_SAMPLES / 48;

const check = (code: number): void => FFmpegError.throwIfError(code);

const addVideo = (output: FormatContext, video: PreparedVideo): Stream => {
  const stream = output.newStream();
  stream.timeBase = MILLISECONDS;
  stream.codecpar.codecType = AVMEDIA_TYPE_VIDEO;
  stream.codecpar.codecId = video.codec === 'VP8' ? AV_CODEC_ID_VP8 : AV_CODEC_ID_H264;
  stream.codecpar.width = video.width;
  stream.codecpar.height = video.height;
  // Parameter sets in band, with start codes: the muxers find and convert them.
  const first = video.frames[0];
  if (video.codec === 'H264' && first) stream.codecpar.extradata = Buffer.from(first.data);
  return stream;
};

const addAudio = (output: FormatContext): Stream => {
  const stream = output.newStream();
  stream.timeBase = MILLISECONDS;
  stream.codecpar.codecType = AVMEDIA_TYPE_AUDIO;
  stream.codecpar.codecId = AV_CODEC_ID_OPUS;
  stream.codecpar.sampleRate = 48_000;
  stream.codecpar.channelLayout = AV_CHANNEL_LAYOUT_MONO;
  stream.codecpar.initialPadding = PRE_SKIP_SAMPLES;
  stream.codecpar.extradata = OPUS_HEAD;
  return stream;
};

export type TimedPacket = { timeMs: number; keyFrame: boolean; data: Uint8Array };

const writePacket = (output: FormatContext, stream: Stream, { timeMs, keyFrame, data }: TimedPacket): void => {
  const packet = new Packet();
  packet.alloc();
  // The data first: setting them resets the rest.
  packet.data = Buffer.from(data);
  packet.streamIndex = stream.index;
  packet.pts = BigInt(Math.round(timeMs));
  packet.dts = packet.pts;
  packet.isKeyframe = keyFrame;
  packet.rescaleTs(MILLISECONDS, stream.timeBase);
  check(output.interleavedWriteFrameSync(packet));
  packet.free();
};

/** Sound of media time t stands at t + `soundLateMs` in the file; `leaveOut` drops packets of sound. */
export const muxFixture = (
  path: string,
  format: 'webm' | 'matroska',
  media: PreparedMedia,
  { soundLateMs = 0, leaveOut = () => false }: { soundLateMs?: number; leaveOut?: (mediaMs: number) => boolean } = {},
): void => {
  const output = new FormatContext();
  check(output.allocOutputContext2(null, format, path));
  const video = media.video && addVideo(output, media.video);
  const audio = media.audio && addAudio(output);
  check(output.openOutputSync());
  check(output.writeHeaderSync());
  for (const { mediaMs, keyFrame, data } of media.video?.frames ?? []) {
    if (video) writePacket(output, video, { timeMs: mediaMs, keyFrame, data });
  }
  for (const [index, data] of (media.audio?.packets ?? []).entries()) {
    const mediaMs = index * SOUND_PACKET_MS;
    const timeMs = mediaMs + soundLateMs - PRE_SKIP_MS;
    if (audio && !leaveOut(mediaMs)) writePacket(output, audio, { timeMs, keyFrame: true, data });
  }
  check(output.writeTrailerSync());
  output.closeOutputSync();
  output.freeContext();
};

type Timed = { stream: Stream; packet: TimedPacket };

/** Publishes by WHIP, as libavformat does it, at the media's own pace. Its muxer takes stereo alone: any Opus packet passes for that. */
export const publishMuxed = async (
  url: string,
  token: string,
  media: PreparedMedia,
  delay: (ms: number) => Promise<unknown>,
): Promise<void> => {
  const output = new FormatContext();
  check(output.allocOutputContext2(null, 'whip', url));
  const [video, audio] = [media.video && addVideo(output, media.video), media.audio && addAudio(output)];
  if (audio) audio.codecpar.channelLayout = AV_CHANNEL_LAYOUT_STEREO;
  check(await output.writeHeader(Dictionary.fromObject({ authorization: token })));
  const pictures = (media.video?.frames ?? []).flatMap(({ mediaMs, keyFrame, data }): Timed[] =>
    video ? [{ stream: video, packet: { timeMs: mediaMs, keyFrame, data } }] : [],
  );
  const sounds = (media.audio?.packets ?? []).flatMap((data, index): Timed[] =>
    audio ? [{ stream: audio, packet: { timeMs: index * SOUND_PACKET_MS, keyFrame: true, data } }] : [],
  );
  const startedAtMs = performance.now();
  for (const { stream, packet } of [...pictures, ...sounds].sort((a, b) => a.packet.timeMs - b.packet.timeMs)) {
    await delay(Math.max(0, startedAtMs + packet.timeMs - performance.now()));
    writePacket(output, stream, packet);
  }
  check(output.writeTrailerSync());
  output.freeContext();
};
