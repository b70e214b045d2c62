import type { PacketFacts } from './picture-loss.ts';

/** The VP8 payload descriptor (RFC 7741 section 4.2); of its names, N is nonReference, TID temporalLayer and Y layerSync. */
export type Vp8Descriptor = PacketFacts & {
  /** Where the VP8 bytes begin. */
  sizeBytes: number;
  keyIndex: number | undefined;
};

const EXTENDED = 0x80;
const HAS_PICTURE_ID = 0x80;
const HAS_TL0_PICTURE_INDEX = 0x40;
const HAS_TEMPORAL_LAYER = 0x20;
const HAS_KEY_INDEX = 0x10;
const START_MASK = 0x17;
const START = 0x10;

const parseExtension = (payload: Uint8Array, base: Vp8Descriptor): Vp8Descriptor => {
  const flags = payload[1] ?? 0;
  let offset = 2;
  const descriptor = { ...base };
  if (flags & HAS_PICTURE_ID) {
    const first = payload[offset++] ?? 0;
    const long = (first & 0x80) !== 0;
    const value = long ? ((first & 0x7f) << 8) | (payload[offset++] ?? 0) : first;
    descriptor.pictureId = { value, bits: long ? 15 : 7 };
  }
  if (flags & HAS_TL0_PICTURE_INDEX) descriptor.tl0PictureIndex = payload[offset++];
  if (flags & (HAS_TEMPORAL_LAYER | HAS_KEY_INDEX)) {
    const layers = payload[offset++] ?? 0;
    if (flags & HAS_TEMPORAL_LAYER) descriptor.temporalLayer = layers >> 6;
    if (flags & HAS_TEMPORAL_LAYER) descriptor.layerSync = (layers & 0x20) !== 0;
    if (flags & HAS_KEY_INDEX) descriptor.keyIndex = layers & 0x1f;
  }
  descriptor.sizeBytes = offset;
  return descriptor;
};

/** Undefined where the payload ends within the descriptor or right behind it. */
export const parseVp8Descriptor = (payload: Uint8Array): Vp8Descriptor | undefined => {
  const first = payload[0] ?? 0;
  const base: Vp8Descriptor = {
    sizeBytes: 1,
    nonReference: (first & 0x20) !== 0,
    // S and PID: the first partition's start is the frame's.
    startsPicture: (first & START_MASK) === START,
    continuesPicture: (first & START_MASK) !== START,
    pictureId: undefined,
    tl0PictureIndex: undefined,
    temporalLayer: undefined,
    layerSync: false,
    switchingUpPoint: false,
    keyIndex: undefined,
  };
  const descriptor = first & EXTENDED ? parseExtension(payload, base) : base;
  return descriptor.sizeBytes < payload.length ? descriptor : undefined;
};
