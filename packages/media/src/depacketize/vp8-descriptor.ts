/** The VP8 payload descriptor (RFC 7741 section 4.2). */
export type Vp8Descriptor = {
  /** Where the VP8 bytes begin. */
  sizeBytes: number;
  /** N: no other frame leans on this one. */
  nonReference: boolean;
  /** S and PID. */
  startOfPartition: boolean;
  partitionIndex: number;
  pictureId: { value: number; bits: 7 | 15 } | undefined;
  /** Counts the frames of the base layer, 8 bits. */
  tl0PictureIndex: number | undefined;
  /** TID; undefined where the stream has no temporal layers. */
  temporalLayer: number | undefined;
  /** Y: this frame leans on the base layer alone. */
  layerSync: boolean;
  keyIndex: number | undefined;
};

const EXTENDED = 0x80;
const HAS_PICTURE_ID = 0x80;
const HAS_TL0_PICTURE_INDEX = 0x40;
const HAS_TEMPORAL_LAYER = 0x20;
const HAS_KEY_INDEX = 0x10;

/** Whether this packet is the first of a frame. */
export const startsFrame = (descriptor: Vp8Descriptor): boolean =>
  descriptor.startOfPartition && descriptor.partitionIndex === 0;

/** Whether frames of the base layer never lean on this one, as far as its descriptor tells. */
export const isDiscardable = (descriptor: Vp8Descriptor): boolean =>
  descriptor.nonReference || (descriptor.temporalLayer ?? 0) > 0;

/** The lowest layer that may lean on this frame, which is discardable. */
export const layerBrokenBy = (descriptor: Vp8Descriptor): number =>
  descriptor.nonReference ? Infinity : (descriptor.temporalLayer ?? 0);

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
    startOfPartition: (first & 0x10) !== 0,
    partitionIndex: first & 0x07,
    pictureId: undefined,
    tl0PictureIndex: undefined,
    temporalLayer: undefined,
    layerSync: false,
    keyIndex: undefined,
  };
  const descriptor = first & EXTENDED ? parseExtension(payload, base) : base;
  return descriptor.sizeBytes < payload.length ? descriptor : undefined;
};
