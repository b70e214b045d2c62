/** Whether the codecs that merging needs are in the native library, which is loaded by importing this: do so in a child. */
import {
  AV_CODEC_ID_AV1,
  AV_CODEC_ID_H264,
  AV_CODEC_ID_HEVC,
  AV_CODEC_ID_OPUS,
  AV_CODEC_ID_PCM_ALAW,
  AV_CODEC_ID_PCM_MULAW,
  AV_CODEC_ID_VP8,
  AV_CODEC_ID_VP9,
} from 'node-av/constants';
import { Codec } from 'node-av/lib';
import { VIDEO_ENCODER } from './encoder/encoder-settings.ts';
import { openSoundEncoder } from './encoder/sound-encoder.ts';
import { openVideoEncoder } from './encoder/video-encoder.ts';

const DECODERS = {
  'decoding VP8': AV_CODEC_ID_VP8,
  'decoding H264': AV_CODEC_ID_H264,
  'decoding VP9': AV_CODEC_ID_VP9,
  'decoding AV1': AV_CODEC_ID_AV1,
  'decoding H265': AV_CODEC_ID_HEVC,
  'decoding Opus': AV_CODEC_ID_OPUS,
  'decoding PCMU': AV_CODEC_ID_PCM_MULAW,
  'decoding PCMA': AV_CODEC_ID_PCM_ALAW,
};

const SMALL_PICTURE = { width: 320, height: 180, framesPerSecond: 25 };

const ENCODERS = {
  'encoding H264 (libx264)': () => openVideoEncoder(SMALL_PICTURE, VIDEO_ENCODER),
  'encoding AAC': () => openSoundEncoder(),
};

const opens = (open: () => { freeContext(): void }): boolean => {
  try {
    open().freeContext();
    return true;
  } catch {
    return false;
  }
};

/** What cannot be done; empty where all is well. */
export const missingCodecs = (): string[] => [
  ...Object.entries(DECODERS).flatMap(([what, id]) => (Codec.findDecoder(id) ? [] : [what])),
  ...Object.entries(ENCODERS).flatMap(([what, open]) => (opens(open) ? [] : [what])),
];
