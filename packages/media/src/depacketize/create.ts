import type { VideoCodecName } from '@callreel/contract/conference.ts';
import type { Depacketizer } from './depacketizer.ts';
import { H264Depacketizer } from './h264.ts';
import { OpusDepacketizer } from './opus.ts';
import { Vp8Depacketizer } from './vp8.ts';

const MAKERS: Record<VideoCodecName | 'opus', () => Depacketizer> = {
  VP8: () => new Vp8Depacketizer(),
  H264: () => new H264Depacketizer(),
  opus: () => new OpusDepacketizer(),
};

/** A depacketizer for one track's packets, from its first on. */
export const createDepacketizer = (codec: VideoCodecName | 'opus'): Depacketizer => MAKERS[codec]();
