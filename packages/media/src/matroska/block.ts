/** SimpleBlocks (RFC 9559 section 10.2) and the headers of clusters. */
import { AUDIO_TRACK_NUMBER } from './audio-entry.ts';
import { concatBytes, encodeId, encodeSize, UNKNOWN_SIZE, unsignedElement } from './ebml.ts';
import { VIDEO_TRACK_NUMBER } from './header.ts';

/** One frame at its place in the file's time, which counts whole milliseconds from 0. */
export type Block =
  | { kind: 'video'; timeMs: number; keyFrame: boolean; data: Uint8Array }
  | { kind: 'audio'; timeMs: number; durationMs: number; data: Uint8Array };

/** A block's header, as far as it depends on the frame. */
export type BlockFacts = { kind: 'video' | 'audio'; keyFrame: boolean; length: number };

const SIMPLE_BLOCK_ID = 0xa3;
const KEY_FRAME_FLAG = 0x80;
/** Track number, relative time, flags. */
const FIXED_FIELDS_BYTES = 4;

/** Where a cluster's size stands, counted from the cluster's start. */
export const CLUSTER_SIZE_POSITION = 4;
/** ID, size in eight bytes, Timestamp in four. */
export const CLUSTER_HEADER_BYTES = 18;

const sizeWidth = (contents: number): number => (contents < 127 ? 1 : contents < 16_383 ? 2 : 4);

/** How many bytes stand before the data of a block that holds `dataBytes`. */
export const blockHeaderBytes = (dataBytes: number): number =>
  1 + sizeWidth(FIXED_FIELDS_BYTES + dataBytes) + FIXED_FIELDS_BYTES;

/** `relativeMs` counts from the cluster's time and must fit 16 bits with a sign. */
export const encodeBlockHeader = (facts: BlockFacts, relativeMs: number): Uint8Array => {
  const header = new Uint8Array(blockHeaderBytes(facts.length));
  const fields = header.length - FIXED_FIELDS_BYTES;
  header[0] = SIMPLE_BLOCK_ID;
  header.set(encodeSize(FIXED_FIELDS_BYTES + facts.length, fields - 1), 1);
  header[fields] = 0x80 | (facts.kind === 'video' ? VIDEO_TRACK_NUMBER : AUDIO_TRACK_NUMBER);
  new DataView(header.buffer).setInt16(fields + 1, relativeMs);
  header[fields + 3] = facts.keyFrame ? KEY_FRAME_FLAG : 0;
  return header;
};

/** The start of a cluster of unknown size. */
export const encodeClusterHeader = (timeMs: number): Uint8Array =>
  concatBytes([encodeId(0x1f43b675), UNKNOWN_SIZE, unsignedElement(0xe7, timeMs, 4)]);

/** What goes over the unknown size of a cluster from `start` to `end` (offsets in the file). */
export const encodeClusterSize = (start: number, end: number): Uint8Array =>
  encodeSize(end - start - CLUSTER_SIZE_POSITION - UNKNOWN_SIZE.length, UNKNOWN_SIZE.length);
