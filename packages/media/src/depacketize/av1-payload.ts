/** The AV1 aggregation header (RTP Payload Format For AV1, section 4.4) and the OBU elements behind it. */
import { readLeb128 } from './av1-obu.ts';
import type { PacketFacts } from './picture-loss.ts';

export type Av1Payload = PacketFacts & {
  /** Z: the first element goes on with the last one of the packet before. */
  continuesObu: boolean;
  /** Y: the last element goes on in the next packet. */
  obuContinues: boolean;
  /** OBUs or pieces of them, uncopied. */
  elements: readonly Uint8Array[];
};

const CONTINUES = 0x80;
const IS_CONTINUED = 0x40;
const STARTS_SEQUENCE = 0x08;
/** Hostile packets of empty elements would otherwise cost a hundred times their size. */
const MAX_ELEMENTS = 256;

/** W elements, the last of them without a size; where W is 0 each has one. */
const readElements = (payload: Uint8Array, count: number): Uint8Array[] | undefined => {
  const elements: Uint8Array[] = [];
  for (let offset = 1; offset < payload.length; ) {
    if (elements.length >= MAX_ELEMENTS) return undefined;
    const isLast = count > 0 && elements.length === count - 1;
    const size = isLast ? { value: payload.length - offset, sizeBytes: 0 } : readLeb128(payload, offset);
    if (size === undefined) return undefined;
    const start = offset + size.sizeBytes;
    offset = start + size.value;
    if (offset > payload.length) return undefined;
    elements.push(payload.subarray(start, offset));
  }
  const whole = elements.length > 0 && (count === 0 || elements.length === count);
  return whole ? elements : undefined;
};

/**
 * Undefined where the payload breaks the format. The header says nothing of temporal layers: a hole always needs a key frame. N marks
 * the first packet of a coded video sequence; of others than that nothing says that they begin a temporal unit.
 */
export const parseAv1Payload = (payload: Uint8Array): Av1Payload | undefined => {
  const head = payload[0] ?? 0;
  const elements = readElements(payload, (head >> 4) & 3);
  if (elements === undefined) return undefined;
  const continuesObu = (head & CONTINUES) !== 0;
  return {
    startsPicture: (head & STARTS_SEQUENCE) !== 0 && !continuesObu,
    continuesPicture: continuesObu,
    nonReference: false,
    pictureId: undefined,
    tl0PictureIndex: undefined,
    temporalLayer: undefined,
    layerSync: false,
    switchingUpPoint: false,
    continuesObu,
    obuContinues: (head & IS_CONTINUED) !== 0,
    elements,
  };
};
