import { bitsToCounter, COUNTER_BITS } from '../prepare/counter.ts';
import type { Picture, Plane } from '../prepare/picture.ts';
import { type Area, blockArea, FLASH_AREA } from '../prepare/picture-layout.ts';

/** A rectangle of a picture, in pixels of luma. */
export type Rectangle = { left: number; top: number; width: number; height: number };

/** What a synthetic picture shows: `counter` is below 2048, or undefined where it cannot be read. */
export type PictureReading = { counter: number | undefined; flash: boolean };

/** Half-way between black (16) and white (235). */
const MIDDLE_LUMA = 126;
/** A block nearer to the middle than this is neither: the rectangle is not where the picture is. */
const LEAST_CONTRAST = 45;
const FLASH_LUMA = 190;
/** Only the middle of an area is looked at: its edges are blurred by coding and scaling. */
const MIDDLE_PART = 0.5;

const meanLuma = (luma: Plane, rectangle: Rectangle, area: Area): number => {
  const inset = (1 - MIDDLE_PART) / 2;
  const left = Math.round(rectangle.left + rectangle.width * (area.x + area.width * inset));
  const top = Math.round(rectangle.top + rectangle.height * (area.y + area.height * inset));
  const columns = Math.max(1, Math.round(rectangle.width * area.width * MIDDLE_PART));
  const rows = Math.max(1, Math.round(rectangle.height * area.height * MIDDLE_PART));
  let sum = 0;
  for (let row = top; row < top + rows; row++) {
    const start = row * luma.stride + left;
    for (let offset = start; offset < start + columns; offset++) sum += luma.data[offset] ?? 0;
  }
  return sum / (columns * rows);
};

const readCounter = (luma: Plane, rectangle: Rectangle): number | undefined => {
  const means = Array.from({ length: COUNTER_BITS }, (_, index) => meanLuma(luma, rectangle, blockArea(index)));
  if (means.some((mean) => Math.abs(mean - MIDDLE_LUMA) < LEAST_CONTRAST)) return undefined;
  return bitsToCounter(means.map((mean) => mean > MIDDLE_LUMA));
};

/** Reads the synthetic picture that fills `rectangle`. */
export const readPicture = (picture: Picture, rectangle: Rectangle): PictureReading => ({
  counter: readCounter(picture.y, rectangle),
  flash: meanLuma(picture.y, rectangle, FLASH_AREA) > FLASH_LUMA,
});

/** All of a picture. */
export const wholeOf = (picture: Picture): Rectangle => ({
  left: 0,
  top: 0,
  width: picture.width,
  height: picture.height,
});
