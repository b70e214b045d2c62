/** The HEVCDecoderConfigurationRecord, "hvcC" (ISO/IEC 14496-15 section 8.3.3.1): Matroska's word on H265 too. */
import { parseH265SequenceParameterSet } from '../depacketize/h265-parameter-sets.ts';
import { H265_NALU_TYPE } from '../depacketize/h265-payload.ts';
import { fields } from './box.ts';

const FOUR_BYTE_LENGTHS = 3;

/** Sets of one kind; more of them may stand in band, so the array is not said to be complete. */
const setArray = (type: number, nalus: readonly Uint8Array[]): number[] => [
  type,
  ...fields([2, nalus.length]),
  ...nalus.flatMap((nalu) => [...fields([2, nalu.length]), ...nalu]),
];

/** For frames whose NAL units stand behind lengths of four bytes; undefined where the sets cannot be such. */
export const hevcConfiguration = (
  vps: Uint8Array,
  sps: Uint8Array,
  pps: readonly Uint8Array[],
): Uint8Array | undefined => {
  const parsed = parseH265SequenceParameterSet(sps);
  if (parsed === undefined || [vps, sps, ...pps].some(({ length }) => length === 0 || length > 0xffff))
    return undefined;
  const { chromaFormat, lumaBitDepth, chromaBitDepth, maxSubLayers, temporalIdNesting } = parsed;
  return Uint8Array.of(
    1,
    ...parsed.profileTierLevel,
    ...fields([2, 0xf000]), // min_spatial_segmentation_idc: not told
    0xfc, // parallelismType: not told
    0xfc | chromaFormat,
    0xf8 | (lumaBitDepth - 8),
    0xf8 | (chromaBitDepth - 8),
    ...fields([2, 0]), // avgFrameRate: not told
    (maxSubLayers << 3) | (temporalIdNesting ? 4 : 0) | FOUR_BYTE_LENGTHS,
    3,
    ...setArray(H265_NALU_TYPE.videoParameterSet, [vps]),
    ...setArray(H265_NALU_TYPE.sequenceParameterSet, [sps]),
    ...setArray(H265_NALU_TYPE.pictureParameterSet, pps),
  );
};
