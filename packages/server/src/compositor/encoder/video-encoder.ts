import {
  AV_CODEC_FLAG_FRAME_DURATION,
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_PIX_FMT_YUV420P,
  AVCOL_PRI_BT709,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_SMPTE170M,
  AVCOL_TRC_BT709,
  FF_ENCODER_LIBX264,
} from 'node-av/constants';
import { Codec, CodecContext, Rational } from 'node-av/lib';
import { check, present } from '../native.ts';
import { KEY_FRAME_EVERY_SECONDS, type VideoEncoderSettings } from './encoder-settings.ts';

export type PictureFormat = { width: number; height: number; framesPerSecond: number };

/** H.264 for an MP4 file; timestamps count frames. */
export const openVideoEncoder = (picture: PictureFormat, settings: VideoEncoderSettings): CodecContext => {
  const encoder = present(Codec.findEncoderByName(FF_ENCODER_LIBX264), 'the H.264 encoder');
  const codec = new CodecContext();
  codec.allocContext3(encoder);
  codec.width = picture.width;
  codec.height = picture.height;
  codec.pixelFormat = AV_PIX_FMT_YUV420P;
  codec.timeBase = new Rational(1, picture.framesPerSecond);
  codec.framerate = new Rational(picture.framesPerSecond, 1);
  codec.gopSize = KEY_FRAME_EVERY_SECONDS * picture.framesPerSecond;
  codec.threadCount = 0;
  // Without the frames' durations the file would be told to end where its last picture begins.
  codec.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER, AV_CODEC_FLAG_FRAME_DURATION);
  tagColours(codec);
  const options = { preset: settings.preset, crf: `${settings.crf}`, 'x264-params': settings.x264 };
  // Not by a dictionary to open2Sync: the process crashes when that is collected (node-av 6.1.1).
  for (const [name, value] of Object.entries(options)) check(codec.setOption(name, value), `option ${name} of x264`);
  check(codec.open2Sync(encoder), 'opening the H.264 encoder');
  return codec;
};

/** Browsers send the matrix of BT.601 (VP8 knows no other); a player that is not told takes BT.709 for a picture so large. */
const tagColours = (codec: CodecContext): void => {
  codec.colorRange = AVCOL_RANGE_MPEG;
  codec.colorSpace = AVCOL_SPC_SMPTE170M;
  codec.colorPrimaries = AVCOL_PRI_BT709;
  codec.colorTrc = AVCOL_TRC_BT709;
};
