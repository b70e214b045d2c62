/**
 * What a hole in the sequence numbers of a VP8 stream cost. Holes are seen in the sequence numbers alone; picture ids, layers
 * and the N bit only explain them, where they do so beyond doubt.
 */
import { stepBetween } from '../reorder/unwrap.ts';
import { isDiscardable, layerBrokenBy, startsFrame, type Vp8Descriptor } from './vp8-descriptor.ts';

/** One side of the hole. */
export type HoleEdge = { descriptor: Vp8Descriptor; rtpTimestamp: number };

export type LossVerdict =
  | { kind: 'keyFrameNeeded' }
  /** `framesMissing` whole frames are gone; frames of `brokenLayer` and above may lean on what is gone (Infinity: none does). */
  | { kind: 'harmless'; framesMissing: number; brokenLayer: number };

/** So many frames at once are not explained away; the base layer's index has 8 bits and would wrap. */
const MAX_EXPLAINED_FRAMES = 100;
const KEY_FRAME_NEEDED: LossVerdict = { kind: 'keyFrameNeeded' };

/** How many frames lie between the two, by their picture ids; undefined where these do not tell. */
const framesBetween = (before: HoleEdge, after: HoleEdge): number | undefined => {
  const [first, second] = [before.descriptor.pictureId, after.descriptor.pictureId];
  if (first === undefined || second === undefined || first.bits !== second.bits) return undefined;
  const step = stepBetween(first.value, second.value, first.bits);
  return step >= 1 ? step - 1 : undefined;
};

/** Whether every frame of the base layer up to `after` was seen. */
const baseLayerIsWhole = (before: Vp8Descriptor, after: Vp8Descriptor): boolean => {
  if (before.tl0PictureIndex === undefined || after.tl0PictureIndex === undefined) return false;
  if (before.temporalLayer === undefined || after.temporalLayer === undefined) return false;
  const step = stepBetween(before.tl0PictureIndex, after.tl0PictureIndex, 8);
  return step === (after.temporalLayer === 0 ? 1 : 0);
};

/**
 * Judges the hole between two media packets. `beforeIsOpen`: the frame before the hole had not ended.
 */
export const judgeLoss = (before: HoleEdge, beforeIsOpen: boolean, after: HoleEdge): LossVerdict => {
  const broken: Vp8Descriptor[] = [];
  if (beforeIsOpen) broken.push(before.descriptor);
  if (!startsFrame(after.descriptor)) broken.push(after.descriptor);
  if (!broken.every(isDiscardable)) return KEY_FRAME_NEEDED;
  const brokenLayer = Math.min(Infinity, ...broken.map(layerBrokenBy));
  if (beforeIsOpen && before.rtpTimestamp === after.rtpTimestamp && !startsFrame(after.descriptor)) {
    return { kind: 'harmless', framesMissing: 0, brokenLayer };
  }
  const framesMissing = framesBetween(before, after);
  if (framesMissing === undefined || framesMissing > MAX_EXPLAINED_FRAMES) return KEY_FRAME_NEEDED;
  if (framesMissing === 0) return { kind: 'harmless', framesMissing, brokenLayer };
  if (!baseLayerIsWhole(before.descriptor, after.descriptor)) return KEY_FRAME_NEEDED;
  return { kind: 'harmless', framesMissing, brokenLayer: Math.min(brokenLayer, 1) };
};
