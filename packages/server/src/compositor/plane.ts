/** One plane of a 4:2:0 picture, or the part of it from some pixel on. `data` is native memory: it dies with its frame. */
import type { Frame } from 'node-av/lib';
import type { Area } from './layout.ts';
import { present } from './native.ts';

export type Plane = { data: Buffer; stride: number };
/** Luma, and the two of colour at half its width and height. */
export type Planes = readonly [Plane, Plane, Plane];

export const planesOf = (frame: Frame): Planes => {
  const data = present(frame.data, 'reading a picture');
  const strides = frame.linesize;
  const plane = (index: number): Plane => ({
    data: present(data[index], 'reading a picture'),
    stride: present(strides[index], 'reading a picture'),
  });
  return [plane(0), plane(1), plane(2)];
};

/** The same planes from the upper left corner of `area` on. */
export const planesFrom = (planes: Planes, area: Area): Planes => {
  const half = halved(area);
  const from = ({ data, stride }: Plane, { x, y }: Area): Plane => ({ data: data.subarray(y * stride + x), stride });
  return [from(planes[0], area), from(planes[1], half), from(planes[2], half)];
};

/** The area in the planes of colour. */
export const halved = ({ x, y, width, height }: Area): Area => ({
  x: x / 2,
  y: y / 2,
  width: width / 2,
  height: height / 2,
});

export const fillPlane = ({ data, stride }: Plane, area: Area, value: number): void => {
  for (let row = area.y; row < area.y + area.height; row++) {
    data.fill(value, row * stride + area.x, row * stride + area.x + area.width);
  }
};

export const copyPlane = (from: Plane, to: Plane, width: number, height: number): void => {
  for (let row = 0; row < height; row++) {
    from.data.copy(to.data, row * to.stride, row * from.stride, row * from.stride + width);
  }
};
