/** The merged picture: one 4:2:0 frame that tiles are painted onto and the encoder reads. */
import { AV_PIX_FMT_YUV420P } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import type { Area } from './layout.ts';
import { check } from './native.ts';
import { fillPlane, halved, type Planes, planesFrom, planesOf } from './plane.ts';
import { Scaler } from './scaler.ts';

export type Colour = { y: number; u: number; v: number };
export const BLACK: Colour = { y: 16, u: 128, v: 128 };

export class Canvas {
  readonly frame = new Frame();
  readonly area: Area;
  /** The frame's own memory: never touch it after the canvas is closed. */
  readonly planes: Planes;
  readonly #scaler = new Scaler();

  constructor(width: number, height: number) {
    this.area = { x: 0, y: 0, width, height };
    this.frame.alloc();
    this.frame.format = AV_PIX_FMT_YUV420P;
    this.frame.width = width;
    this.frame.height = height;
    check(this.frame.getBuffer(0), 'allocating the canvas');
    this.planes = planesOf(this.frame);
    this.fill(this.area, BLACK);
  }

  fill(area: Area, { y, u, v }: Colour): void {
    fillPlane(this.planes[0], area, y);
    fillPlane(this.planes[1], halved(area), u);
    fillPlane(this.planes[2], halved(area), v);
  }

  /** Scales `picture` to exactly `area`. */
  draw(picture: Frame, area: Area): void {
    this.#scaler.scale(picture, planesFrom(this.planes, area), area.width, area.height);
  }

  close(): void {
    this.#scaler.close();
    this.frame.free();
  }
}
