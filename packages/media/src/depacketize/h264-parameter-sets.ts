/** What of H.264's parameter sets and slice headers a recorder has to know: which belongs to which, and the picture's size. */
import { BitReader } from './bit-reader.ts';
import { NALU_TYPE, naluType } from './h264-payload.ts';
import { type ActiveParameterSets, ofSequence, type ParameterSetStore } from './nalu.ts';

export type SequenceParameterSet = { id: number; width: number; height: number };
export type PictureParameterSet = { id: number; sequenceId: number };

const MAX_SPS_ID = 31;
const MAX_PPS_ID = 255;
/** Twice 8K; level 6.2 allows no wider picture. */
const MAX_PIXELS_A_SIDE = 16_384;
/** Longer than any real one (scaling lists fill some 500 bytes): bounds the work on hostile bytes. */
const MAX_BYTES = 4096;
/** The first three numbers of a slice header take at most this much. */
const SLICE_HEADER_BYTES = 24;

/** profile_idc of those that carry chroma_format_idc and scaling lists (section 7.3.2.1.1). */
const HIGH_PROFILES: ReadonlySet<number> = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

const skipScalingList = (reader: BitReader, size: number): void => {
  let last = 8;
  for (let i = 0; i < size && !reader.failed; i++) {
    last = (last + reader.signed() + 256) % 256;
    if (last === 0) return;
  }
};

/** Answers ChromaArrayType (section 7.4.2.1.1). */
const readHighProfile = (reader: BitReader): number => {
  const chromaFormat = reader.unsigned();
  const separatePlanes = chromaFormat === 3 && reader.flag();
  reader.unsigned(); // bit_depth_luma_minus8
  reader.unsigned(); // bit_depth_chroma_minus8
  reader.flag(); // qpprime_y_zero_transform_bypass_flag
  if (reader.flag()) {
    const lists = chromaFormat === 3 ? 12 : 8;
    for (let i = 0; i < lists; i++) if (reader.flag()) skipScalingList(reader, i < 6 ? 16 : 64);
  }
  return separatePlanes ? 0 : chromaFormat;
};

const skipPictureOrderCount = (reader: BitReader): void => {
  const type = reader.unsigned();
  if (type === 0) reader.unsigned(); // log2_max_pic_order_cnt_lsb_minus4
  if (type !== 1) return;
  reader.flag(); // delta_pic_order_always_zero_flag
  reader.signed(); // offset_for_non_ref_pic
  reader.signed(); // offset_for_top_to_bottom_field
  const count = reader.unsigned();
  for (let i = 0; i < count && !reader.failed; i++) reader.signed();
};

/** frame_crop_*_offset in pixels (equations 7-18 to 7-21). */
const readCropping = (reader: BitReader, chromaArrayType: number, fieldFactor: number): [x: number, y: number] => {
  if (!reader.flag()) return [0, 0];
  const [left, right, top, bottom] = [reader.unsigned(), reader.unsigned(), reader.unsigned(), reader.unsigned()];
  const unitX = chromaArrayType === 1 || chromaArrayType === 2 ? 2 : 1;
  const unitY = (chromaArrayType === 1 ? 2 : 1) * fieldFactor;
  return [(left + right) * unitX, (top + bottom) * unitY];
};

/** `nalu` with its header byte; undefined where it is none that a decoder could use. */
export const parseSequenceParameterSet = (nalu: Uint8Array): SequenceParameterSet | undefined => {
  if (nalu.length > MAX_BYTES) return undefined;
  const reader = BitReader.ofNalu(nalu.subarray(1));
  const profile = reader.bits(8);
  reader.bits(16); // constraint flags, level_idc
  const id = reader.unsigned();
  const chromaArrayType = HIGH_PROFILES.has(profile) ? readHighProfile(reader) : 1;
  reader.unsigned(); // log2_max_frame_num_minus4
  skipPictureOrderCount(reader);
  reader.unsigned(); // max_num_ref_frames
  reader.flag(); // gaps_in_frame_num_value_allowed_flag
  const widthInMacroblocks = reader.unsigned() + 1;
  const heightInMapUnits = reader.unsigned() + 1;
  const fieldFactor = reader.flag() ? 1 : 2;
  if (fieldFactor === 2) reader.flag(); // mb_adaptive_frame_field_flag
  reader.flag(); // direct_8x8_inference_flag
  const [cropX, cropY] = readCropping(reader, chromaArrayType, fieldFactor);
  const width = widthInMacroblocks * 16 - cropX;
  const height = heightInMapUnits * 16 * fieldFactor - cropY;
  const sane = width > 0 && height > 0 && width <= MAX_PIXELS_A_SIDE && height <= MAX_PIXELS_A_SIDE;
  return !reader.failed && id <= MAX_SPS_ID && sane ? { id, width, height } : undefined;
};

/** `nalu` with its header byte. */
export const parsePictureParameterSet = (nalu: Uint8Array): PictureParameterSet | undefined => {
  if (nalu.length > MAX_BYTES) return undefined;
  const reader = BitReader.ofNalu(nalu.subarray(1));
  const [id, sequenceId] = [reader.unsigned(), reader.unsigned()];
  return !reader.failed && id <= MAX_PPS_ID && sequenceId <= MAX_SPS_ID ? { id, sequenceId } : undefined;
};

/** Which picture parameter set a slice names; `nalu` with its header byte. */
export const parseSlicePictureParameterSetId = (nalu: Uint8Array): number | undefined => {
  const reader = BitReader.ofNalu(nalu.subarray(1, SLICE_HEADER_BYTES));
  reader.unsigned(); // first_mb_in_slice
  reader.unsigned(); // slice_type
  const id = reader.unsigned();
  return reader.failed ? undefined : id;
};

/** All parameter sets that were received, by their ids; a new one replaces the old. */
export class H264ParameterSets implements ParameterSetStore {
  readonly #sequence = new Map<number, SequenceParameterSet & { nalu: Uint8Array }>();
  readonly #picture = new Map<number, PictureParameterSet & { nalu: Uint8Array }>();

  /** Takes an SPS or PPS; others, and those that cannot be read, are left. Keeps a copy: it outlives its packet by far. */
  add(nalu: Uint8Array): void {
    const type = naluType(nalu[0] ?? 0);
    if (type === NALU_TYPE.sequenceParameterSet) {
      const parsed = parseSequenceParameterSet(nalu);
      if (parsed !== undefined) this.#sequence.set(parsed.id, { ...parsed, nalu: nalu.slice() });
    } else if (type === NALU_TYPE.pictureParameterSet) {
      const parsed = parsePictureParameterSet(nalu);
      if (parsed !== undefined) this.#picture.set(parsed.id, { ...parsed, nalu: nalu.slice() });
    }
  }

  activeFor(slice: Uint8Array): ActiveParameterSets | undefined {
    const picture = this.#picture.get(parseSlicePictureParameterSetId(slice) ?? -1);
    const sequence = this.#sequence.get(picture?.sequenceId ?? -1);
    if (picture === undefined || sequence === undefined) return undefined;
    const { nalu: sps, width, height } = sequence;
    return { size: { width, height }, sets: { kind: 'H264', sps, pps: ofSequence(this.#picture, picture) } };
  }
}
