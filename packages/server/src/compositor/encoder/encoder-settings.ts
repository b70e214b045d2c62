/** How the merged picture and sound are encoded. */

export type VideoEncoderSettings = {
  preset: string;
  crf: number;
  /** Further settings in x264's own words, `name=value` joined by colons. */
  x264: string;
};

/** See the table that `bench/merge.ts` prints: CPU time, bit rate and SSIM of these against others. */
export const VIDEO_ENCODER: VideoEncoderSettings = {
  preset: 'superfast',
  crf: 24,
  x264: 'mbtree=1:rc-lookahead=10:subme=1',
};

/** A key frame at least so often: seeking decodes from the last one. */
export const KEY_FRAME_EVERY_SECONDS = 4;
export const AUDIO_BITS_PER_SECOND = 128_000n;
/** AAC's frame. */
export const AUDIO_FRAME_SAMPLES = 1024;
