/** Where the tiles of a merged picture lie. Pure arithmetic; all coordinates are even, as 4:2:0 pictures need. */
import type { PublicationKind } from '@callreel/contract/conference.ts';

/** A rectangle of pixels from the upper left corner. */
export type Area = { x: number; y: number; width: number; height: number };

export type Occupant = { kind: PublicationKind; startMs: number };

/** How much of the width a shared screen takes when others are beside it. */
const SCREEN_SHARE_OF_WIDTH = 0.75;
const PICTURE_RATIO = 16 / 9;

const even = (pixels: number): number => Math.floor(pixels) & ~1;

/**
 * An area for each occupant, in their order: an even grid, or the newest shared screen large on the left with all
 * others in a column beside it.
 */
export const layOut = (occupants: readonly Occupant[], width: number, height: number): Area[] => {
  const canvas = { x: 0, y: 0, width, height };
  const screen = newestScreen(occupants);
  if (screen === undefined || occupants.length === 1) return grid(occupants.length, canvas);
  const screenWidth = even(width * SCREEN_SHARE_OF_WIDTH);
  const areas = column(occupants.length - 1, { x: screenWidth, y: 0, width: width - screenWidth, height });
  areas.splice(screen, 0, { x: 0, y: 0, width: screenWidth, height });
  return areas;
};

const newestScreen = (occupants: readonly Occupant[]): number | undefined => {
  let newest: number | undefined;
  for (const [index, { kind, startMs }] of occupants.entries()) {
    if (kind === 'desktop' && startMs >= (occupants[newest ?? index]?.startMs ?? 0)) newest = index;
  }
  return newest;
};

/** 1 alone, 2 side by side, 3–4 as 2x2, 5–6 as 3x2, 7–9 as 3x3 and so on; a last row that is not full is centred. */
const grid = (count: number, bounds: Area): Area[] => {
  const columns = Math.ceil(Math.sqrt(count));
  const rows = Math.ceil(count / columns);
  const width = even(bounds.width / columns);
  const height = even(bounds.height / rows);
  const top = bounds.y + even((bounds.height - rows * height) / 2);
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = row === rows - 1 ? count - row * columns : columns;
    const left = bounds.x + even((bounds.width - inRow * width) / 2);
    return { x: left + (index % columns) * width, y: top + row * height, width, height };
  });
};

/** Stacked from the top, so that those who are there keep their place when another joins below them. */
const column = (count: number, strip: Area): Area[] => {
  const abreast = mostLegibleAbreast(count, strip);
  const width = even(strip.width / abreast);
  const height = Math.min(even(width / PICTURE_RATIO), even(strip.height / Math.ceil(count / abreast)));
  return Array.from({ length: count }, (_, index) => ({
    x: strip.x + (index % abreast) * width,
    y: strip.y + Math.floor(index / abreast) * height,
    width,
    height,
  }));
};

/** How many tiles side by side in the strip give the largest pictures. */
const mostLegibleAbreast = (count: number, strip: Area): number => {
  const pictureWidth = (abreast: number): number =>
    Math.min(strip.width / abreast, (strip.height / Math.ceil(count / abreast)) * PICTURE_RATIO);
  let best = 1;
  for (let abreast = 2; abreast <= count; abreast++) {
    if (pictureWidth(abreast) > pictureWidth(best)) best = abreast;
  }
  return best;
};

/** The largest area with the picture's proportions inside `bounds`, centred ("letterbox"). */
export const letterbox = (picture: { width: number; height: number }, bounds: Area): Area => {
  const scale = Math.min(bounds.width / picture.width, bounds.height / picture.height);
  const fit = (pixels: number, limit: number): number =>
    Math.min(limit, Math.max(2, 2 * Math.round((pixels * scale) / 2)));
  const width = fit(picture.width, bounds.width);
  const height = fit(picture.height, bounds.height);
  return {
    x: bounds.x + even((bounds.width - width) / 2),
    y: bounds.y + even((bounds.height - height) / 2),
    width,
    height,
  };
};

/** Whether `inner` lies wholly inside `outer`. */
export const contains = (outer: Area, inner: Area): boolean =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;
