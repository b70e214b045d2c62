/** The AV1CodecConfigurationRecord, "av1C" (AV1 Codec ISO Media File Format Binding section 2.3): Matroska's word on AV1 too. */
import { parseObu } from '../depacketize/av1-obu.ts';
import { parseAv1SequenceHeader } from '../depacketize/av1-sequence-header.ts';

const MARKER_AND_VERSION = 0x81;

/** `obu` is a sequence header with its size; undefined where it is none. */
export const av1Configuration = (obu: Uint8Array): Uint8Array | undefined => {
  const payload = parseObu(obu)?.payload;
  const header = payload && parseAv1SequenceHeader(payload);
  if (header === undefined) return undefined;
  const flag = (value: boolean, position: number): number => (value ? 1 << position : 0);
  const { subsamplingX, subsamplingY, chromaSamplePosition } = header;
  return Uint8Array.of(
    MARKER_AND_VERSION,
    (header.profile << 5) | header.level,
    (header.tier << 7) |
      flag(header.highBitDepth, 6) |
      flag(header.twelveBit, 5) |
      flag(header.monochrome, 4) |
      (subsamplingX << 3) |
      (subsamplingY << 2) |
      chromaSamplePosition,
    0, // initial_presentation_delay: not told
    ...obu,
  );
};
