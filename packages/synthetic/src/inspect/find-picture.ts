import type { Picture } from '../prepare/picture.ts';
import { CHROMA_TOLERANCE, chromaOfHue } from '../prepare/picture-layout.ts';
import type { Rectangle } from './read-picture.ts';

/** A row or column belongs to the picture from this share of the fullest one on: blocks and flash leave at least 0.2 of a line plain. */
const LEAST_SHARE = 0.12;
/** Smaller ones cannot be read. */
const LEAST_PIXELS = 48;

const extent = (counts: Uint32Array): { first: number; length: number } => {
  const least = Math.max(1, LEAST_SHARE * Math.max(...counts));
  const first = counts.findIndex((count) => count >= least);
  const last = counts.findLastIndex((count) => count >= least);
  return { first, length: first < 0 ? 0 : last - first + 1 };
};

/**
 * Where, inside `within`, the synthetic picture of this hue is: the bounds of its background's colour. Undefined where it is not.
 * Works in any layout and at any scale that keeps the picture whole.
 */
export const findPicture = (picture: Picture, hueDegrees: number, within: Rectangle): Rectangle | undefined => {
  const wanted = chromaOfHue(hueDegrees);
  const left = Math.ceil(within.left / 2);
  const top = Math.ceil(within.top / 2);
  const columns = new Uint32Array(Math.floor(within.width / 2));
  const rows = new Uint32Array(Math.floor(within.height / 2));
  for (let row = 0; row < rows.length; row++) {
    for (let column = 0; column < columns.length; column++) {
      const u = picture.u.data[(top + row) * picture.u.stride + left + column] ?? 0;
      const v = picture.v.data[(top + row) * picture.v.stride + left + column] ?? 0;
      if (Math.abs(u - wanted.u) > CHROMA_TOLERANCE || Math.abs(v - wanted.v) > CHROMA_TOLERANCE) continue;
      columns[column] = (columns[column] ?? 0) + 1;
      rows[row] = (rows[row] ?? 0) + 1;
    }
  }
  const across = extent(columns);
  const down = extent(rows);
  const found = {
    left: 2 * (left + across.first),
    top: 2 * (top + down.first),
    width: 2 * across.length,
    height: 2 * down.length,
  };
  return found.width >= LEAST_PIXELS && found.height >= LEAST_PIXELS / 2 ? found : undefined;
};
