/** For a page: a picture with so much in it that every size takes all the bits that it may have. Runs in the browser. */

/** Noise in tiles that move, over a background that changes; at 30 frames a second. */
export const busyPicture = (size: { width: number; height: number }): MediaStream => {
  const TILE = 64;
  const canvas = Object.assign(document.createElement('canvas'), size);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const tiles = Array.from({ length: 16 }, () => {
    const tile = new ImageData(TILE, TILE);
    for (let index = 0; index < tile.data.length; index += 1) tile.data[index] = Math.random() * 256;
    for (let index = 3; index < tile.data.length; index += 4) tile.data[index] = 255;
    return tile;
  });
  let frame = 0;
  const draw = (): void => {
    frame += 1;
    for (let x = 0, column = 0; x < size.width; x += TILE, column += 1) {
      for (let y = 0, row = 0; y < size.height; y += TILE, row += 1) {
        const tile = tiles[(column * 7 + row * 5 + (frame >> 2)) % tiles.length];
        if (tile) context?.putImageData(tile, x + ((frame * (1 + (row % 3))) % TILE) - TILE / 2, y);
      }
    }
  };
  draw();
  setInterval(draw, 33);
  return canvas.captureStream(30);
};
