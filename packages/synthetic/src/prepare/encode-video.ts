import type { VideoCodecName } from '@callreel/contract/conference.ts';
import {
  AV_LOG_ERROR,
  AV_OPT_SEARCH_CHILDREN,
  AV_OPT_TYPE_STRING,
  AV_PICTURE_TYPE_I,
  AV_PICTURE_TYPE_NONE,
  AV_PIX_FMT_YUV420P,
  AVCOL_RANGE_MPEG,
  Codec,
  CodecContext,
  type FFEncoderCodec,
  Frame,
  Log,
  Packet,
  Rational,
} from 'node-av';
import { drawPicture, isFlash, type Picture } from './picture.ts';
import { checkEncoder, PrepareError } from './prepare-error.ts';

export type VideoPlan = {
  codec: VideoCodecName;
  width: number;
  height: number;
  framesPerSecond: number;
  bitsPerSecond: number;
  keyFrameIntervalMs: number;
  hueDegrees: number;
  textured: boolean;
};

/** An encoded picture: VP8, VP9 and AV1 as they are, H264 and H265 with start codes (Annex B), parameter sets before each key frame. */
export type PreparedFrame = { counter: number; mediaMs: number; keyFrame: boolean; flash: boolean; data: Uint8Array };

const ENCODERS: Record<VideoCodecName, { name: string; options: Record<string, string> }> = {
  VP8: { name: 'libvpx', options: { deadline: 'realtime', 'cpu-used': '8', 'lag-in-frames': '0' } },
  H264: {
    name: 'libx264',
    options: {
      preset: 'veryfast',
      tune: 'zerolatency',
      profile: 'baseline',
      'forced-idr': '1',
      'x264-params': 'scenecut=0',
    },
  },
  // Faster presets leave the counter of one picture in a hundred unreadable.
  AV1: { name: 'libsvtav1', options: { preset: '8', 'svtav1-params': 'pred-struct=1:rc=2:lookahead=0:scd=0:lp=1' } },
  H265: {
    name: 'libx265',
    options: {
      preset: 'ultrafast',
      tune: 'zerolatency',
      'forced-idr': '1',
      'x265-params': 'scenecut=0:repeat-headers=1:log-level=none:pools=none:frame-threads=1:info=0:open-gop=0',
    },
  },
  VP9: { name: 'libvpx-vp9', options: { deadline: 'realtime', 'cpu-used': '8', 'lag-in-frames': '0' } },
};

/** Longer than any plan: key frames come where they are asked for. */
const ENDLESS_GOP_FRAMES = 1_000_000;

/** SVT-AV1 writes of its settings to the terminal unless told not to. */
process.env.SVT_LOG ??= '1';

const openEncoder = (plan: VideoPlan): CodecContext => {
  const { name, options } = ENCODERS[plan.codec];
  Log.setLevel(AV_LOG_ERROR);
  const codec = Codec.findEncoderByName(name as FFEncoderCodec);
  if (!codec) throw PrepareError.encoderMissing(name);
  const context = new CodecContext();
  context.allocContext3(codec);
  context.width = plan.width;
  context.height = plan.height;
  context.pixelFormat = AV_PIX_FMT_YUV420P;
  context.colorRange = AVCOL_RANGE_MPEG;
  context.timeBase = new Rational(1, plan.framesPerSecond);
  context.framerate = new Rational(plan.framesPerSecond, 1);
  context.bitRate = BigInt(plan.bitsPerSecond);
  context.gopSize = ENDLESS_GOP_FRAMES;
  context.maxBFrames = 0;
  context.threadCount = 1;
  for (const [option, value] of Object.entries(options)) {
    checkEncoder(option, context.setOption(option, value, AV_OPT_TYPE_STRING, AV_OPT_SEARCH_CHILDREN));
  }
  // Options are set one by one: opening with a dictionary crashes node-av 6.1.1 when the dictionary is collected.
  checkEncoder(`opening ${name}`, context.open2Sync(codec));
  return context;
};

const openFrame = (plan: VideoPlan): Frame => {
  const frame = new Frame();
  frame.alloc();
  frame.format = AV_PIX_FMT_YUV420P;
  frame.width = plan.width;
  frame.height = plan.height;
  checkEncoder('picture buffer', frame.getBuffer());
  return frame;
};

/** The native frame's planes as a picture to draw in; they may move once the frame was sent. */
const pictureOf = (frame: Frame): Picture => {
  checkEncoder('picture buffer', frame.makeWritable());
  const [y, u, v] = frame.data ?? [];
  const [yStride = 0, uStride = 0, vStride = 0] = frame.linesize;
  if (!y || !u || !v) throw PrepareError.encoderMissing('YUV 4:2:0');
  return {
    width: frame.width,
    height: frame.height,
    y: { data: y, stride: yStride },
    u: { data: u, stride: uStride },
    v: { data: v, stride: vStride },
  };
};

/** Draws and encodes a picture for each of these counters, one at a time as they are asked for. */
export function* encodeVideo(plan: VideoPlan, counters: Iterable<number>): Generator<PreparedFrame> {
  const context = openEncoder(plan);
  const frame = openFrame(plan);
  const packet = new Packet();
  packet.alloc();
  const keyFrameEvery = Math.max(1, Math.round((plan.keyFrameIntervalMs * plan.framesPerSecond) / 1000));
  try {
    let index = 0;
    for (const counter of counters) {
      const flash = isFlash(counter, plan.framesPerSecond);
      drawPicture(pictureOf(frame), counter, { flash, hueDegrees: plan.hueDegrees, textured: plan.textured });
      frame.pts = BigInt(index);
      frame.pictType = index % keyFrameEvery === 0 ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
      index += 1;
      checkEncoder('encoding a picture', context.sendFrameSync(frame));
      checkEncoder('encoding a picture', context.receivePacketSync(packet));
      const mediaMs = (counter * 1000) / plan.framesPerSecond;
      yield { counter, mediaMs, keyFrame: packet.isKeyframe, flash, data: Uint8Array.from(packet.data ?? []) };
      packet.unref();
    }
    // SVT-AV1 complains on the terminal where it is not told of the end.
    context.sendFrameSync(null);
    while (context.receivePacketSync(packet) >= 0) packet.unref();
  } finally {
    packet.free();
    frame.free();
    context.freeContext();
  }
}
