import type { VideoCodecName } from '@callreel/contract/conference.ts';
import { packetizeH264, splitAnnexB } from '../packetize/h264.ts';
import { packetizeVp8 } from '../packetize/vp8.ts';
import type { PreparedFrame } from '../prepare/encode-video.ts';

const PICTURE_IDS = 2 ** 15;

/** A picture as the payloads of its packets. */
export const videoPayloads = (codec: VideoCodecName, frame: PreparedFrame): Uint8Array[] => {
  switch (codec) {
    case 'VP8':
      return packetizeVp8(frame.data, { pictureId: frame.counter % PICTURE_IDS });
    case 'H264':
      return packetizeH264(splitAnnexB(frame.data));
  }
};
