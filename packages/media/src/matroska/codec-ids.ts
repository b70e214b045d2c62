/** How Matroska names codecs, and which of them a WebM may hold. */
import type { AudioCodecName, VideoCodecName } from '@callreel/contract/conference.ts';

export type CodecName = VideoCodecName | AudioCodecName;

/** G.711 has no id of its own: A_MS/ACM says what it is in its CodecPrivate. */
export const CODEC_IDS: Readonly<Record<CodecName, string>> = {
  VP8: 'V_VP8',
  VP9: 'V_VP9',
  AV1: 'V_AV1',
  H264: 'V_MPEG4/ISO/AVC',
  H265: 'V_MPEGH/ISO/HEVC',
  opus: 'A_OPUS',
  PCMU: 'A_MS/ACM',
  PCMA: 'A_MS/ACM',
};

const WEBM_CODECS: ReadonlySet<CodecName> = new Set<CodecName>(['VP8', 'VP9', 'AV1', 'opus']);

export const fitsWebm = (codecs: readonly (CodecName | undefined)[]): boolean =>
  codecs.every((codec) => codec === undefined || WEBM_CODECS.has(codec));
