/**
 * Where things are in a synthetic picture, as fractions of its size, shared by the one who draws and the one who reads.
 *
 * A margin of plain background runs all around: its colour finds the picture again inside a merged one.
 */
export type Area = { x: number; y: number; width: number; height: number };

const BLOCK_COLUMNS = 8;
const BLOCK_WIDTH = 0.1;
const BLOCK_HEIGHT = 0.15;
const BLOCKS_LEFT = 0.1;
const BLOCKS_TOP = 0.1;

/** The counter's blocks: two rows of eight, each a tenth of the width, so that a picture 160 wide still has 16 pixels to each. */
export const blockArea = (index: number): Area => ({
  x: BLOCKS_LEFT + BLOCK_WIDTH * (index % BLOCK_COLUMNS),
  y: BLOCKS_TOP + BLOCK_HEIGHT * Math.floor(index / BLOCK_COLUMNS),
  width: BLOCK_WIDTH,
  height: BLOCK_HEIGHT,
});

export const FLASH_AREA: Area = { x: 0.1, y: 0.48, width: 0.8, height: 0.42 };

/** Limited range, as video is coded: the extremes are black and white, the background lies between them. */
export const BLACK_LUMA = 16;
export const WHITE_LUMA = 235;
export const BACKGROUND_LUMA = 112;
export const NEUTRAL_CHROMA = 128;

/** How far a background's colour lies from grey. */
const CHROMA_RADIUS = 56;

/** The chroma of a hue: its direction in the plane of U and V. */
export const chromaOfHue = (hueDegrees: number): { u: number; v: number } => {
  const angle = (hueDegrees * Math.PI) / 180;
  return {
    u: Math.round(NEUTRAL_CHROMA + CHROMA_RADIUS * Math.cos(angle)),
    v: Math.round(NEUTRAL_CHROMA + CHROMA_RADIUS * Math.sin(angle)),
  };
};

/** A hue counts as found within this distance of its chroma: hues 60 degrees apart are 56 from each other. */
export const CHROMA_TOLERANCE = 24;
