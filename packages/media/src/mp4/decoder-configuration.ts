/** What a file's header says to a decoder before the first picture: an mp4's avcC and Matroska's CodecPrivate. */
import type { ParameterSets } from '../frame/frame.ts';
import { av1Configuration } from './av1-configuration.ts';
import { avcConfiguration } from './avc-configuration.ts';
import { hevcConfiguration } from './hevc-configuration.ts';

/** Undefined where the sets cannot be such. */
export const decoderConfiguration = (sets: ParameterSets): Uint8Array | undefined => {
  switch (sets.kind) {
    case 'H264':
      return avcConfiguration(sets.sps, sets.pps);
    case 'H265':
      return hevcConfiguration(sets.vps, sets.sps, sets.pps);
    case 'AV1':
      return av1Configuration(sets.sequenceHeader);
  }
};
