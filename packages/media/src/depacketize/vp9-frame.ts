/** What of VP9's bitstream a recorder has to know: key frames, sizes, and frames that share one block. */
import type { PictureSize } from '../frame/frame.ts';
import { BitReader } from './bit-reader.ts';

/** A frame's uncompressed header, as far as the size; undefined size where it is that of a frame before. */
export type Vp9FrameHeader = { keyFrame: boolean; size: PictureSize | undefined };

const FRAME_MARKER = 2;
const SYNC_CODE = 0x498342;
const RGB = 7;
const REFERENCES = 3;

/** color_config (VP9 bitstream specification section 6.2.2). */
const skipColorConfig = (reader: BitReader, profile: number): void => {
  if (profile >= 2) reader.flag(); // ten_or_twelve_bit
  const subsampled = profile === 1 || profile === 3;
  if (reader.bits(3) !== RGB) {
    reader.flag(); // color_range
    if (subsampled) reader.bits(3);
  } else if (subsampled) {
    reader.flag();
  }
};

const readSize = (reader: BitReader): PictureSize | undefined => {
  const size = { width: reader.bits(16) + 1, height: reader.bits(16) + 1 };
  return reader.failed ? undefined : size;
};

const readKeyFrame = (reader: BitReader, profile: number): Vp9FrameHeader | undefined => {
  if (reader.bits(24) !== SYNC_CODE) return undefined;
  skipColorConfig(reader, profile);
  const size = readSize(reader);
  return size && { keyFrame: true, size };
};

const readIntraOnly = (reader: BitReader, profile: number): Vp9FrameHeader | undefined => {
  if (reader.bits(24) !== SYNC_CODE) return undefined;
  if (profile > 0) skipColorConfig(reader, profile);
  reader.bits(8); // refresh_frame_flags
  return { keyFrame: false, size: readSize(reader) };
};

const readInter = (reader: BitReader): Vp9FrameHeader => {
  reader.bits(8); // refresh_frame_flags
  reader.bits(4 * REFERENCES); // ref_frame_idx, ref_frame_sign_bias
  for (let reference = 0; reference < REFERENCES; reference++) {
    if (reader.flag()) return { keyFrame: false, size: undefined }; // found_ref
  }
  return { keyFrame: false, size: readSize(reader) };
};

/** The uncompressed header (section 6.2); undefined where the bytes are not the start of a frame. */
export const parseVp9FrameHeader = (frame: Uint8Array): Vp9FrameHeader | undefined => {
  const reader = new BitReader(frame);
  if (reader.bits(2) !== FRAME_MARKER) return undefined;
  const profile = reader.bits(1) + 2 * reader.bits(1);
  if (profile === 3) reader.flag();
  if (reader.flag()) return { keyFrame: false, size: undefined }; // show_existing_frame
  const keyFrame = !reader.flag();
  const shown = reader.flag();
  const errorResilient = reader.flag();
  if (keyFrame) return readKeyFrame(reader, profile);
  const intraOnly = !shown && reader.flag();
  if (!errorResilient) reader.bits(2); // reset_frame_context
  return intraOnly ? readIntraOnly(reader, profile) : readInter(reader);
};

const INDEX_MARKER = 0xc0;
const INDEX_MARKER_MASK = 0xe0;
/** Bytes of each size in the index that we write: no layer is as long as 4 GiB. */
const SIZE_BYTES = 4;
export const MAX_SUPERFRAME_FRAMES = 8;

/** The frames in these bytes: several where they end in a superframe index (annex B), which is left out then. */
export const splitSuperframe = (bytes: Uint8Array): Uint8Array[] => {
  const marker = bytes.at(-1) ?? 0;
  const [count, width] = [(marker & 7) + 1, ((marker >> 3) & 3) + 1];
  const indexStart = bytes.length - 2 - count * width;
  if ((marker & INDEX_MARKER_MASK) !== INDEX_MARKER || bytes[indexStart] !== marker) return [bytes];
  const frames: Uint8Array[] = [];
  let start = 0;
  for (let position = indexStart + 1; position < bytes.length - 1; position += width) {
    let size = 0;
    for (let byte = width - 1; byte >= 0; byte--) size = size * 256 + (bytes[position + byte] ?? 0);
    if (size > 0) frames.push(bytes.subarray(start, start + size));
    start += size;
  }
  return start === indexStart ? frames : [bytes];
};

/** What makes one block of several frames: their sizes, behind them. */
export const superframeIndex = (sizes: readonly number[]): Uint8Array => {
  const index = new Uint8Array(2 + SIZE_BYTES * sizes.length);
  const marker = INDEX_MARKER | ((SIZE_BYTES - 1) << 3) | (sizes.length - 1);
  const view = new DataView(index.buffer);
  for (const [position, size] of sizes.entries()) view.setUint32(1 + SIZE_BYTES * position, size, true);
  index[0] = marker;
  index[index.length - 1] = marker;
  return index;
};
