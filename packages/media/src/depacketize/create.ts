import type { AudioCodecName, VideoCodecName } from '@callreel/contract/conference.ts';
import { av1Format } from './av1.ts';
import type { Depacketizer } from './depacketizer.ts';
import { G711Depacketizer } from './g711.ts';
import { H264 } from './h264.ts';
import { H265 } from './h265.ts';
import { NaluDepacketizer } from './nalu-depacketizer.ts';
import { OpusDepacketizer } from './opus.ts';
import { PictureDepacketizer } from './picture-depacketizer.ts';
import { VP8 } from './vp8.ts';
import { vp9Format } from './vp9.ts';

const MAKERS: Record<VideoCodecName | AudioCodecName, () => Depacketizer> = {
  VP8: () => new PictureDepacketizer(VP8),
  H264: () => new NaluDepacketizer(H264),
  VP9: () => new PictureDepacketizer(vp9Format()),
  AV1: () => new PictureDepacketizer(av1Format()),
  H265: () => new NaluDepacketizer(H265),
  opus: () => new OpusDepacketizer(),
  PCMU: () => new G711Depacketizer(),
  PCMA: () => new G711Depacketizer(),
};

/** A depacketizer for one track's packets, from its first on. */
export const createDepacketizer = (codec: VideoCodecName | AudioCodecName): Depacketizer => MAKERS[codec]();
