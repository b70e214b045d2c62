/** What H.264 and H.265 have in common: streams of NAL units, and parameter sets that slices name. */
import type { ParameterSets, PictureSize } from '../frame/frame.ts';

export type NaluPiece =
  | { kind: 'whole'; nalu: Uint8Array }
  /** `header` is the one that the whole NAL unit had. */
  | { kind: 'fragment'; header: Uint8Array; first: boolean; last: boolean; bytes: Uint8Array };

/** What the header of a NAL unit says of it. */
export type NaluFacts = {
  /** It holds picture data. */
  slice: boolean;
  /** Of a picture that leans on none before it. */
  key: boolean;
  /** Of a picture that no other leans on. */
  discardable: boolean;
  /** It may lean on what lies before the last key frame. */
  leansBack: boolean;
  /** Nothing of its picture comes before it. */
  beginsUnit: boolean;
};

/** What a key frame is decoded with. Its other slices, and later pictures, may name any of the PPSs. */
export type ActiveParameterSets = { sets: ParameterSets; size: PictureSize };

/** All parameter sets that were received, by their ids; a new one replaces the old. */
export type ParameterSetStore = {
  /** Takes a parameter set; other NAL units, and sets that cannot be read, are left. Keeps a copy: it outlives its packet by far. */
  add(nalu: Uint8Array): void;
  /** Those that this slice names, where all are known. */
  activeFor(slice: Uint8Array): ActiveParameterSets | undefined;
};

export type NaluFormat = {
  /** What one payload holds, in order; undefined where it is of another mode or breaks the format. */
  parse(payload: Uint8Array): NaluPiece[] | undefined;
  /** Of a NAL unit, or of its header alone. */
  facts(nalu: Uint8Array): NaluFacts;
  createParameterSets(): ParameterSetStore;
};

/** More than any encoder has; a file's header has room for little more. */
const MAX_PICTURE_PARAMETER_SETS = 16;

type KnownPicture = { id: number; sequenceId: number; nalu: Uint8Array };

/** The PPSs of one SPS, that of the key frame first and the others by their ids. */
export const ofSequence = (known: ReadonlyMap<number, KnownPicture>, active: KnownPicture): Uint8Array[] => {
  const others = [...known.values()].filter(
    ({ id, sequenceId }) => id !== active.id && sequenceId === active.sequenceId,
  );
  const sorted = [active, ...others.sort((one, other) => one.id - other.id)];
  return sorted.slice(0, MAX_PICTURE_PARAMETER_SETS).map(({ nalu }) => nalu);
};
