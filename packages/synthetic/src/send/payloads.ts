import type { VideoCodecName } from '@callreel/contract/conference.ts';
import { packetizeAv1, splitTemporalUnit } from '../packetize/av1.ts';
import { packetizeH264, splitAnnexB } from '../packetize/h264.ts';
import { packetizeH265 } from '../packetize/h265.ts';
import { packetizeVp8 } from '../packetize/vp8.ts';
import { packetizeVp9, type Vp9PacketizeOptions } from '../packetize/vp9.ts';
import type { PreparedFrame } from '../prepare/encode-video.ts';

const PICTURE_IDS = 2 ** 15;

/** Non-flexible mode, without layers, as browsers send it. */
const vp9Options = ({ counter, keyFrame }: PreparedFrame): Vp9PacketizeOptions => ({
  pictureId: counter % PICTURE_IDS,
  ...(keyFrame ? {} : { references: [1] }),
});

/** A picture as the payloads of its packets. */
export const videoPayloads = (codec: VideoCodecName, frame: PreparedFrame): Uint8Array[] => {
  switch (codec) {
    case 'VP8':
      return packetizeVp8(frame.data, { pictureId: frame.counter % PICTURE_IDS });
    case 'VP9':
      return packetizeVp9([frame.data], vp9Options(frame));
    case 'AV1':
      return packetizeAv1(splitTemporalUnit(frame.data), { startsSequence: frame.keyFrame });
    case 'H265':
      return packetizeH265(splitAnnexB(frame.data));
    case 'H264':
      return packetizeH264(splitAnnexB(frame.data));
  }
};
