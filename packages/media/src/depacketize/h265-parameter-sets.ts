/** What of H.265's parameter sets and slice headers a recorder has to know (H.265 section 7.3). */
import { BitReader } from './bit-reader.ts';
import { H265_NALU_TYPE, h265NaluType, NALU_HEADER_BYTES } from './h265-payload.ts';
import { type ActiveParameterSets, ofSequence, type ParameterSetStore } from './nalu.ts';

export type H265SequenceParameterSet = {
  id: number;
  videoId: number;
  width: number;
  height: number;
  maxSubLayers: number;
  temporalIdNesting: boolean;
  /** general_profile_space to general_level_idc, twelve bytes as they stand in an hvcC too. */
  profileTierLevel: Uint8Array;
  chromaFormat: number;
  lumaBitDepth: number;
  chromaBitDepth: number;
};

const MAX_SPS_ID = 15;
const MAX_PPS_ID = 63;
const MAX_PIXELS_A_SIDE = 16_384;
/** Longer than any real one: bounds the work on hostile bytes. */
const MAX_BYTES = 4096;
const SLICE_HEADER_BYTES = 24;
const PROFILE_TIER_LEVEL_BYTES = 12;
const SUB_LAYER_PROFILE_BITS = 88;
const SUB_LAYER_LEVEL_BITS = 8;
const MAX_SUB_LAYERS = 7;

const skipSubLayers = (reader: BitReader, subLayers: number): void => {
  if (subLayers === 0) return;
  let bits = 0;
  for (let layer = 0; layer < subLayers; layer++) {
    if (reader.flag()) bits += SUB_LAYER_PROFILE_BITS;
    if (reader.flag()) bits += SUB_LAYER_LEVEL_BITS;
  }
  // Two reserved bits for each of those that there are not, up to eight in all.
  reader.bits(2 * (8 - subLayers));
  for (; bits > 0; bits -= 8) reader.bits(8);
};

/** conf_win_*_offset in pixels. */
const readCropping = (reader: BitReader, chromaFormat: number): [x: number, y: number] => {
  if (!reader.flag()) return [0, 0];
  const [left, right, top, bottom] = [reader.unsigned(), reader.unsigned(), reader.unsigned(), reader.unsigned()];
  const unitX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
  const unitY = chromaFormat === 1 ? 2 : 1;
  return [(left + right) * unitX, (top + bottom) * unitY];
};

/** `nalu` with its header; undefined where it is none that a decoder could use. */
export const parseH265SequenceParameterSet = (nalu: Uint8Array): H265SequenceParameterSet | undefined => {
  if (nalu.length > MAX_BYTES) return undefined;
  const reader = BitReader.ofNalu(nalu.subarray(NALU_HEADER_BYTES));
  const videoId = reader.bits(4);
  const subLayers = reader.bits(3);
  const temporalIdNesting = reader.flag();
  const profileTierLevel = Uint8Array.from({ length: PROFILE_TIER_LEVEL_BYTES }, () => reader.bits(8));
  skipSubLayers(reader, subLayers);
  const id = reader.unsigned();
  const chromaFormat = reader.unsigned();
  if (chromaFormat === 3) reader.flag(); // separate_colour_plane_flag
  const [codedWidth, codedHeight] = [reader.unsigned(), reader.unsigned()];
  const [cropX, cropY] = readCropping(reader, chromaFormat);
  const [width, height] = [codedWidth - cropX, codedHeight - cropY];
  const [lumaBitDepth, chromaBitDepth] = [reader.unsigned() + 8, reader.unsigned() + 8];
  const sane = width > 0 && height > 0 && width <= MAX_PIXELS_A_SIDE && height <= MAX_PIXELS_A_SIDE;
  const coded = chromaFormat <= 3 && lumaBitDepth <= 15 && chromaBitDepth <= 15 && subLayers < MAX_SUB_LAYERS;
  if (reader.failed || id > MAX_SPS_ID || !sane || !coded) return undefined;
  const maxSubLayers = subLayers + 1;
  const colour = { chromaFormat, lumaBitDepth, chromaBitDepth };
  return { id, videoId, width, height, maxSubLayers, temporalIdNesting, profileTierLevel, ...colour };
};

export const parseH265PictureParameterSet = (nalu: Uint8Array): { id: number; sequenceId: number } | undefined => {
  if (nalu.length > MAX_BYTES) return undefined;
  const reader = BitReader.ofNalu(nalu.subarray(NALU_HEADER_BYTES));
  const [id, sequenceId] = [reader.unsigned(), reader.unsigned()];
  return !reader.failed && id <= MAX_PPS_ID && sequenceId <= MAX_SPS_ID ? { id, sequenceId } : undefined;
};

/** Which picture parameter set a slice names; `nalu` with its header. */
export const parseH265SlicePictureParameterSetId = (nalu: Uint8Array): number | undefined => {
  const reader = BitReader.ofNalu(nalu.subarray(NALU_HEADER_BYTES, SLICE_HEADER_BYTES));
  const type = h265NaluType(nalu);
  reader.flag(); // first_slice_segment_in_pic_flag
  if (type >= H265_NALU_TYPE.firstKey && type <= H265_NALU_TYPE.lastOfReservedKeys) reader.flag();
  const id = reader.unsigned();
  return reader.failed ? undefined : id;
};

export class H265ParameterSets implements ParameterSetStore {
  readonly #video = new Map<number, Uint8Array>();
  readonly #sequence = new Map<number, H265SequenceParameterSet & { nalu: Uint8Array }>();
  readonly #picture = new Map<number, { id: number; sequenceId: number; nalu: Uint8Array }>();

  add(nalu: Uint8Array): void {
    const type = h265NaluType(nalu);
    if (type === H265_NALU_TYPE.videoParameterSet) this.#addVideo(nalu);
    if (type === H265_NALU_TYPE.sequenceParameterSet) {
      const parsed = parseH265SequenceParameterSet(nalu);
      if (parsed !== undefined) this.#sequence.set(parsed.id, { ...parsed, nalu: nalu.slice() });
    }
    if (type === H265_NALU_TYPE.pictureParameterSet) {
      const parsed = parseH265PictureParameterSet(nalu);
      if (parsed !== undefined) this.#picture.set(parsed.id, { ...parsed, nalu: nalu.slice() });
    }
  }

  activeFor(slice: Uint8Array): ActiveParameterSets | undefined {
    const picture = this.#picture.get(parseH265SlicePictureParameterSetId(slice) ?? -1);
    const sequence = this.#sequence.get(picture?.sequenceId ?? -1);
    const vps = this.#video.get(sequence?.videoId ?? -1);
    if (picture === undefined || sequence === undefined || vps === undefined) return undefined;
    const { nalu: sps, width, height } = sequence;
    return { size: { width, height }, sets: { kind: 'H265', vps, sps, pps: ofSequence(this.#picture, picture) } };
  }

  /** vps_video_parameter_set_id is its first four bits. */
  #addVideo(nalu: Uint8Array): void {
    const first = nalu[NALU_HEADER_BYTES];
    if (first !== undefined && nalu.length <= MAX_BYTES) this.#video.set(first >> 4, nalu.slice());
  }
}
