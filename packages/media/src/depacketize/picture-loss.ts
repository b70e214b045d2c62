/**
 * What a hole in the sequence numbers of a stream cost. Holes are seen in the sequence numbers alone; picture ids, temporal layers and
 * the like only explain them, where they do so beyond doubt.
 */
import { stepBetween } from '../reorder/unwrap.ts';

/** What the head of one payload says of its place in the stream; VP8, VP9 and AV1 each say some of it. */
export type PacketFacts = {
  /** It is the first of a picture, beyond doubt. */
  startsPicture: boolean;
  /** It is not, beyond doubt. */
  continuesPicture: boolean;
  /** No other picture leans on this one. */
  nonReference: boolean;
  pictureId: { value: number; bits: 7 | 15 } | undefined;
  /** Counts the pictures of the base layer, 8 bits. */
  tl0PictureIndex: number | undefined;
  /** Undefined where the stream has no temporal layers. */
  temporalLayer: number | undefined;
  /** This picture leans on the base layer alone. */
  layerSync: boolean;
  /** Later pictures of layers above this one's lean on none of those layers from before it. */
  switchingUpPoint: boolean;
};

/** One side of the hole. */
export type HoleEdge = { facts: PacketFacts; rtpTimestamp: number };

export type LossVerdict =
  | { kind: 'keyFrameNeeded' }
  /** `picturesMissing` whole ones are gone; those of `brokenLayer` and above may lean on what is gone (Infinity: none does). */
  | { kind: 'harmless'; picturesMissing: number; brokenLayer: number };

/** So many pictures at once are not explained away; the base layer's index has 8 bits and would wrap. */
const MAX_EXPLAINED_PICTURES = 100;
const KEY_FRAME_NEEDED: LossVerdict = { kind: 'keyFrameNeeded' };

/** Whether pictures of the base layer never lean on this one, as far as it tells. */
export const isDiscardable = (facts: PacketFacts): boolean => facts.nonReference || (facts.temporalLayer ?? 0) > 0;

/** The lowest layer that may lean on this picture, which is discardable. */
export const layerBrokenBy = (facts: PacketFacts): number =>
  facts.nonReference ? Infinity : (facts.temporalLayer ?? 0);

/** How many pictures lie between the two, by their ids; undefined where these do not tell. */
const picturesBetween = (before: PacketFacts, after: PacketFacts): number | undefined => {
  const [first, second] = [before.pictureId, after.pictureId];
  if (first === undefined || second === undefined || first.bits !== second.bits) return undefined;
  const step = stepBetween(first.value, second.value, first.bits);
  return step >= 1 ? step - 1 : undefined;
};

/** Whether every picture of the base layer up to `after` was seen. */
const baseLayerIsWhole = (before: PacketFacts, after: PacketFacts): boolean => {
  if (before.tl0PictureIndex === undefined || after.tl0PictureIndex === undefined) return false;
  if (before.temporalLayer === undefined || after.temporalLayer === undefined) return false;
  const step = stepBetween(before.tl0PictureIndex, after.tl0PictureIndex, 8);
  return step === (after.temporalLayer === 0 ? 1 : 0);
};

/**
 * Judges the hole between two media packets. `beforeIsOpen`: the picture before the hole had not ended.
 */
export const judgeLoss = (before: HoleEdge, beforeIsOpen: boolean, after: HoleEdge): LossVerdict => {
  const broken: PacketFacts[] = [];
  if (beforeIsOpen) broken.push(before.facts);
  if (!after.facts.startsPicture) broken.push(after.facts);
  if (!broken.every(isDiscardable)) return KEY_FRAME_NEEDED;
  const brokenLayer = Math.min(Infinity, ...broken.map(layerBrokenBy));
  if (beforeIsOpen && before.rtpTimestamp === after.rtpTimestamp && !after.facts.startsPicture) {
    return { kind: 'harmless', picturesMissing: 0, brokenLayer };
  }
  const picturesMissing = picturesBetween(before.facts, after.facts);
  if (picturesMissing === undefined || picturesMissing > MAX_EXPLAINED_PICTURES) return KEY_FRAME_NEEDED;
  if (picturesMissing === 0) return { kind: 'harmless', picturesMissing, brokenLayer };
  if (!baseLayerIsWhole(before.facts, after.facts)) return KEY_FRAME_NEEDED;
  return { kind: 'harmless', picturesMissing, brokenLayer: Math.min(brokenLayer, 1) };
};
