import { seededChance } from '../seeded-chance.ts';
import { counterToBits } from './counter.ts';
import {
  type Area,
  BACKGROUND_LUMA,
  BLACK_LUMA,
  blockArea,
  chromaOfHue,
  FLASH_AREA,
  NEUTRAL_CHROMA,
  WHITE_LUMA,
} from './picture-layout.ts';

/** One plane of a picture; a row begins every `stride` bytes. */
export type Plane = { data: Uint8Array; stride: number };
/** A picture in YUV 4:2:0: luma at full size, both chromas at half of it. */
export type Picture = { width: number; height: number; y: Plane; u: Plane; v: Plane };

/** How many frames of each second are a flash, from its first one on. */
export const FLASH_FRAMES = 2;

/** Whether the frame with this counter flashes: the first two of each whole second, 0 included. */
export const isFlash = (counter: number, framesPerSecond: number): boolean => counter % framesPerSecond < FLASH_FRAMES;

const fill = (plane: Plane, left: number, top: number, right: number, bottom: number, value: number): void => {
  for (let row = top; row < bottom; row++) {
    plane.data.fill(value, row * plane.stride + left, row * plane.stride + right);
  }
};

/** Edges fall on even pixels, so that luma and chroma agree about them. */
const toEvenPixel = (fraction: number, size: number): number => 2 * Math.round((fraction * size) / 2);

const fillArea = (picture: Picture, area: Area, luma: number, u: number, v: number): void => {
  const left = toEvenPixel(area.x, picture.width);
  const right = toEvenPixel(area.x + area.width, picture.width);
  const top = toEvenPixel(area.y, picture.height);
  const bottom = toEvenPixel(area.y + area.height, picture.height);
  fill(picture.y, left, top, right, bottom, luma);
  fill(picture.u, left / 2, top / 2, right / 2, bottom / 2, u);
  fill(picture.v, left / 2, top / 2, right / 2, bottom / 2, v);
};

export type PictureLook = {
  flash: boolean;
  hueDegrees: number;
  /** Moving noise where the flash would be: frames of several packets, as a camera's are. */
  textured: boolean;
};

const NOISE_BYTES = 1 << 16;
const NOISE_SPREAD = 40;
/** Patches this wide keep a key frame to about ten packets: a burst that a socket's buffer holds, three callers' at once too. */
const NOISE_PATCH_PIXELS = 8;

const makeNoise = (): Uint8Array => {
  const chance = seededChance(1);
  let luma = BACKGROUND_LUMA;
  return Uint8Array.from({ length: NOISE_BYTES }, (_, index) => {
    if (index % NOISE_PATCH_PIXELS === 0) luma = BACKGROUND_LUMA + NOISE_SPREAD * (chance() - 0.5);
    return luma;
  });
};
let noise: Uint8Array | undefined;

/** Bands of eight rows begin somewhere else in the noise each, and move on by two pixels a frame. */
const fillWithNoise = (picture: Picture, area: Area, counter: number): void => {
  noise ??= makeNoise();
  const left = toEvenPixel(area.x, picture.width);
  const columns = toEvenPixel(area.width, picture.width);
  const bottom = toEvenPixel(area.y + area.height, picture.height);
  for (let row = toEvenPixel(area.y, picture.height); row < bottom; row++) {
    const from = (Math.floor(row / NOISE_PATCH_PIXELS) * 7919 + 2 * counter) % (NOISE_BYTES - columns);
    picture.y.data.set(noise.subarray(from, from + columns), row * picture.y.stride + left);
  }
};

/** Draws one frame: a plain background of the hue, the counter in 16 blocks, and the flash or the texture where there is one. */
export const drawPicture = (picture: Picture, counter: number, look: PictureLook): void => {
  const { u, v } = chromaOfHue(look.hueDegrees);
  fillArea(picture, { x: 0, y: 0, width: 1, height: 1 }, BACKGROUND_LUMA, u, v);
  for (const [index, bit] of counterToBits(counter).entries()) {
    fillArea(picture, blockArea(index), bit ? WHITE_LUMA : BLACK_LUMA, NEUTRAL_CHROMA, NEUTRAL_CHROMA);
  }
  if (look.flash) fillArea(picture, FLASH_AREA, WHITE_LUMA, NEUTRAL_CHROMA, NEUTRAL_CHROMA);
  else if (look.textured) fillWithNoise(picture, FLASH_AREA, counter);
};

/** A picture of even size in memory of its own. */
export const makePicture = (width: number, height: number): Picture => {
  if (width % 2 !== 0 || height % 2 !== 0) throw new TypeError('width and height must be even');
  const plane = (columns: number, rows: number): Plane => ({ data: new Uint8Array(columns * rows), stride: columns });
  return {
    width,
    height,
    y: plane(width, height),
    u: plane(width / 2, height / 2),
    v: plane(width / 2, height / 2),
  };
};
