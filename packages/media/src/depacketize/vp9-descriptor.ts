/** The VP9 payload descriptor (RFC 9628 section 4.2), in flexible and non-flexible mode. */
import type { PictureSize } from '../frame/frame.ts';
import type { PacketFacts } from './picture-loss.ts';

/** Of its names, TID is temporalLayer and U switchingUpPoint; VP9 has no sign that nothing at all leans on a picture. */
export type Vp9Descriptor = PacketFacts & {
  /** Where the VP9 bytes begin. */
  sizeBytes: number;
  /** P: it leans on earlier pictures. */
  interPredicted: boolean;
  /** B: the first packet of one spatial layer of the picture. */
  startsLayer: boolean;
  /** SID; 0 where the stream has no layers. */
  spatialLayer: number;
  /** Of each spatial layer, where the scalability structure tells. */
  layerSizes: readonly PictureSize[] | undefined;
};

const HAS_PICTURE_ID = 0x80;
const INTER_PREDICTED = 0x40;
const HAS_LAYERS = 0x20;
const FLEXIBLE = 0x10;
const STARTS_LAYER = 0x08;
const HAS_STRUCTURE = 0x02;
const MAX_REFERENCES = 3;

/** Reads bytes one by one; behind the end all are zero, which `offset` tells. */
class ByteCursor {
  readonly #bytes: Uint8Array;
  offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  next(): number {
    return this.#bytes[this.offset++] ?? 0;
  }
}

const readPictureId = (cursor: ByteCursor): Vp9Descriptor['pictureId'] => {
  const first = cursor.next();
  return first & 0x80 ? { value: ((first & 0x7f) << 8) | cursor.next(), bits: 15 } : { value: first, bits: 7 };
};

/** P_DIFF, up to three, each telling whether another follows. */
const skipReferences = (cursor: ByteCursor): void => {
  for (let count = 0; count < MAX_REFERENCES; count++) if ((cursor.next() & 1) === 0) return;
};

/** N_S, Y, G: sizes of the layers, and a pattern of pictures, which is skipped. */
const readStructure = (cursor: ByteCursor): readonly PictureSize[] | undefined => {
  const head = cursor.next();
  const layers = (head >> 5) + 1;
  const side = (): number => (cursor.next() << 8) | cursor.next();
  const sizes = head & 0x10 ? Array.from({ length: layers }, () => ({ width: side(), height: side() })) : undefined;
  if (head & 0x08) {
    for (let pictures = cursor.next(); pictures > 0; pictures--) {
      const references = (cursor.next() >> 2) & 3;
      cursor.offset += references;
    }
  }
  return sizes;
};

const readLayers = (descriptor: Vp9Descriptor, cursor: ByteCursor, flexible: boolean): void => {
  const byte = cursor.next();
  descriptor.temporalLayer = byte >> 5;
  descriptor.switchingUpPoint = (byte & 0x10) !== 0;
  descriptor.spatialLayer = (byte >> 1) & 7;
  if (!flexible) descriptor.tl0PictureIndex = cursor.next();
};

/** Undefined where the payload ends within the descriptor or right behind it. */
export const parseVp9Descriptor = (payload: Uint8Array): Vp9Descriptor | undefined => {
  const cursor = new ByteCursor(payload);
  const flags = cursor.next();
  const flexible = (flags & FLEXIBLE) !== 0;
  const descriptor: Vp9Descriptor = {
    sizeBytes: 0,
    startsPicture: false,
    continuesPicture: false,
    nonReference: false,
    pictureId: flags & HAS_PICTURE_ID ? readPictureId(cursor) : undefined,
    tl0PictureIndex: undefined,
    temporalLayer: undefined,
    layerSync: false,
    switchingUpPoint: false,
    interPredicted: (flags & INTER_PREDICTED) !== 0,
    startsLayer: (flags & STARTS_LAYER) !== 0,
    spatialLayer: 0,
    layerSizes: undefined,
  };
  if (flags & HAS_LAYERS) readLayers(descriptor, cursor, flexible);
  if (flexible && descriptor.interPredicted) skipReferences(cursor);
  if (flags & HAS_STRUCTURE) descriptor.layerSizes = readStructure(cursor);
  descriptor.sizeBytes = cursor.offset;
  descriptor.startsPicture = descriptor.startsLayer && descriptor.spatialLayer === 0;
  descriptor.continuesPicture = !descriptor.startsPicture;
  return descriptor.sizeBytes < payload.length ? descriptor : undefined;
};
