/** The AVCDecoderConfigurationRecord, "avcC" (ISO/IEC 14496-15 section 5.3.3.1): an mp4's and a Matroska's word on H264. */
import { fields } from './box.ts';

const HIGH_PROFILE = 100;
/** High profile says so behind the sets; with 8 bits and 4:2:0, which is all that a camera or a screen is sent with. */
const HIGH_PROFILE_TAIL = Uint8Array.of(0xfc | 1, 0xf8, 0xf8, 0);
const PROFILE_BYTES = { start: 1, end: 4 };

/** For frames whose NAL units stand behind lengths of four bytes; undefined where the sets cannot be such. */
export const avcConfiguration = (sps: Uint8Array, pps: readonly Uint8Array[]): Uint8Array | undefined => {
  if (sps.length < PROFILE_BYTES.end || pps.length === 0 || pps.length > 0xff) return undefined;
  if ([sps, ...pps].some(({ length }) => length === 0 || length > 0xffff)) return undefined;
  const tail = sps[1] === HIGH_PROFILE ? HIGH_PROFILE_TAIL : new Uint8Array(0);
  return Uint8Array.of(
    1,
    ...sps.subarray(PROFILE_BYTES.start, PROFILE_BYTES.end),
    0xff, // lengths of four bytes
    0xe1, // one SPS
    ...fields([2, sps.length]),
    ...sps,
    pps.length,
    ...pps.flatMap((nalu) => [...fields([2, nalu.length]), ...nalu]),
    ...tail,
  );
};
