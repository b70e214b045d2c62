/** What of AV1's sequence and frame headers a recorder has to know (AV1 specification sections 5.5 and 5.9). */
import type { PictureSize } from '../frame/frame.ts';
import { BitReader } from './bit-reader.ts';

export type Av1SequenceHeader = {
  profile: number;
  /** Of the first operating point, all layers. */
  level: number;
  tier: number;
  reducedStillPicture: boolean;
  size: PictureSize;
  highBitDepth: boolean;
  twelveBit: boolean;
  monochrome: boolean;
  subsamplingX: number;
  subsamplingY: number;
  chromaSamplePosition: number;
};

const LEVELS_WITH_TIER = 7;
const BT709 = 1;
const SRGB = 13;
const IDENTITY = 0;

type Timing = { delayBits: number | undefined };

const readTiming = (reader: BitReader): Timing => {
  if (!reader.flag()) return { delayBits: undefined };
  reader.bits(32); // num_units_in_display_tick
  reader.bits(32); // time_scale
  if (reader.flag()) reader.unsigned(); // equal_picture_interval, num_ticks_per_picture_minus_1
  if (!reader.flag()) return { delayBits: undefined }; // decoder_model_info_present_flag
  const delayBits = reader.bits(5) + 1;
  reader.bits(32 + 5 + 5);
  return { delayBits };
};

type Point = { level: number; tier: number };

const readOperatingPoint = (reader: BitReader, { delayBits }: Timing, tellsDisplayDelay: boolean): Point => {
  reader.bits(12); // operating_point_idc
  const level = reader.bits(5);
  const tier = level > LEVELS_WITH_TIER ? reader.bits(1) : 0;
  if (delayBits !== undefined && reader.flag()) reader.bits(2 * delayBits + 1);
  if (tellsDisplayDelay && reader.flag()) reader.bits(4);
  return { level, tier };
};

const readOperatingPoints = (reader: BitReader): Point => {
  const timing = readTiming(reader);
  const tellsDisplayDelay = reader.flag();
  const others = reader.bits(5);
  const first = readOperatingPoint(reader, timing, tellsDisplayDelay);
  for (let point = 0; point < others; point++) readOperatingPoint(reader, timing, tellsDisplayDelay);
  return first;
};

const readSize = (reader: BitReader): PictureSize => {
  const [widthBits, heightBits] = [reader.bits(4) + 1, reader.bits(4) + 1];
  return { width: reader.bits(widthBits) + 1, height: reader.bits(heightBits) + 1 };
};

/** From enable_interintra_compound to OrderHintBits. */
const skipInterTools = (reader: BitReader): void => {
  reader.bits(4);
  const orderHint = reader.flag();
  if (orderHint) reader.bits(2);
  const screenContent = reader.flag() || reader.flag();
  if (screenContent && !reader.flag()) reader.flag();
  if (orderHint) reader.bits(3);
};

const skipTools = (reader: BitReader, reduced: boolean): void => {
  if (!reduced && reader.flag()) reader.bits(4 + 3); // frame_id_numbers_present_flag
  reader.bits(3); // use_128x128_superblock, enable_filter_intra, enable_intra_edge_filter
  if (!reduced) skipInterTools(reader);
  reader.bits(3); // enable_superres, enable_cdef, enable_restoration
};

type Colour = Pick<
  Av1SequenceHeader,
  'highBitDepth' | 'twelveBit' | 'monochrome' | 'subsamplingX' | 'subsamplingY' | 'chromaSamplePosition'
>;

const readSubsampling = (reader: BitReader, profile: number, twelveBit: boolean): [x: number, y: number] => {
  if (profile < 2) return profile === 0 ? [1, 1] : [0, 0];
  if (!twelveBit) return [1, 0];
  const x = reader.bits(1);
  return [x, x === 1 ? reader.bits(1) : 0];
};

const readColour = (reader: BitReader, profile: number): Colour => {
  const highBitDepth = reader.flag();
  const twelveBit = profile === 2 && highBitDepth && reader.flag();
  const monochrome = profile !== 1 && reader.flag();
  const described = reader.flag();
  const [primaries, transfer, matrix] = described ? [reader.bits(8), reader.bits(8), reader.bits(8)] : [2, 2, 2];
  const depth = { highBitDepth, twelveBit, monochrome };
  if (!monochrome && primaries === BT709 && transfer === SRGB && matrix === IDENTITY)
    return { ...depth, subsamplingX: 0, subsamplingY: 0, chromaSamplePosition: 0 };
  reader.flag(); // color_range
  if (monochrome) return { ...depth, subsamplingX: 1, subsamplingY: 1, chromaSamplePosition: 0 };
  const [subsamplingX, subsamplingY] = readSubsampling(reader, profile, twelveBit);
  const chromaSamplePosition = subsamplingX === 1 && subsamplingY === 1 ? reader.bits(2) : 0;
  return { ...depth, subsamplingX, subsamplingY, chromaSamplePosition };
};

/** `payload` of a sequence header OBU; undefined where it is none. */
export const parseAv1SequenceHeader = (payload: Uint8Array): Av1SequenceHeader | undefined => {
  const reader = new BitReader(payload);
  const profile = reader.bits(3);
  reader.flag(); // still_picture
  const reducedStillPicture = reader.flag();
  const point = reducedStillPicture ? { level: reader.bits(5), tier: 0 } : readOperatingPoints(reader);
  const size = readSize(reader);
  skipTools(reader, reducedStillPicture);
  const colour = readColour(reader, profile);
  return reader.failed || profile > 2 ? undefined : { profile, ...point, reducedStillPicture, size, ...colour };
};

/** Whether a frame's header, the payload of OBU_FRAME or OBU_FRAME_HEADER, is that of a key frame which is shown. */
export const isAv1KeyFrame = (payload: Uint8Array, { reducedStillPicture }: Av1SequenceHeader): boolean => {
  if (reducedStillPicture) return true;
  // show_existing_frame 0, frame_type KEY_FRAME 0, show_frame 1.
  return ((payload[0] ?? 0xff) & 0xf0) === 0x10;
};
