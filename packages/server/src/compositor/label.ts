/** A name on the merged picture: rendered once, blended in at every repaint of its tile. */
import type { Canvas } from './canvas.ts';
import type { Area } from './layout.ts';
import { halved, type Plane } from './plane.ts';
import { renderText, type TextMask } from './text-renderer.ts';

/** How much of the picture's light is left under the box, in 256ths. */
const BOX_TRANSPARENCY = 102;
const BLACK_LUMA = 16;
const WHITE_LUMA = 235;
const GREY_CHROMA = 128;

/** Light text on a translucent dark box. Blending is one multiplication a pixel: about 30 µs for a label of 150x26. */
export class Label {
  readonly width: number;
  readonly height: number;
  /** What remains of each pixel's luma in 256ths, and what is added to it in 256ths. */
  readonly #kept: Uint16Array;
  readonly #added: Uint16Array;

  /** `boxed` false: the text alone, for a plain ground. */
  constructor(text: TextMask, { boxed, padding }: { boxed: boolean; padding: number }) {
    this.width = evenUp(text.width + 2 * padding);
    this.height = evenUp(text.height + 2 * Math.floor(padding / 3));
    this.#kept = new Uint16Array(this.width * this.height);
    this.#added = new Uint16Array(this.width * this.height);
    this.#boxed = boxed;
    this.#prepare(text, padding);
  }

  readonly #boxed: boolean;

  /** `x` and `y` are even. */
  blendOnto(canvas: Canvas, x: number, y: number): void {
    const [luma, ...colours] = canvas.planes;
    this.#blendLuma(luma, x, y);
    if (!this.#boxed) return;
    const half = halved({ x, y, width: this.width, height: this.height });
    for (const plane of colours) fade(plane, half);
  }

  #prepare(text: TextMask, padding: number): void {
    const ground = this.#boxed ? BOX_TRANSPARENCY : 256;
    this.#kept.fill(ground);
    this.#added.fill((256 - ground) * BLACK_LUMA);
    const top = Math.floor((this.height - text.height) / 2);
    for (let row = 0; row < text.height; row++) {
      for (let column = 0; column < text.width; column++) {
        const ink = text.coverage[row * text.width + column] ?? 0;
        if (ink === 0) continue;
        const at = (top + row) * this.width + padding + column;
        this.#kept[at] = Math.round((ground * (255 - ink)) / 255);
        this.#added[at] = Math.round(((256 - ground) * BLACK_LUMA * (255 - ink) + 256 * WHITE_LUMA * ink) / 255);
      }
    }
  }

  #blendLuma({ data, stride }: Plane, x: number, y: number): void {
    const kept = this.#kept;
    const added = this.#added;
    let at = 0;
    for (let row = 0; row < this.height; row++) {
      const start = (y + row) * stride + x;
      for (let pixel = start; pixel < start + this.width; pixel++, at++) {
        data[pixel] = ((data[pixel] ?? 0) * (kept[at] ?? 0) + (added[at] ?? 0)) >> 8;
      }
    }
  }
}

const fade = ({ data, stride }: Plane, area: Area): void => {
  const added = GREY_CHROMA * (256 - BOX_TRANSPARENCY);
  for (let row = area.y; row < area.y + area.height; row++) {
    const start = row * stride + area.x;
    for (let pixel = start; pixel < start + area.width; pixel++) {
      data[pixel] = ((data[pixel] ?? 0) * BOX_TRANSPARENCY + added) >> 8;
    }
  }
};

const evenUp = (pixels: number): number => (pixels + 1) & ~1;

/** Keeps every label that was rendered: the same names come back in the same sizes. */
export class Labels {
  readonly #known = new Map<string, Label>();

  /** `fontSizePx` of the text, `maxWidth` of the whole label. */
  get(text: string, style: { fontSizePx: number; maxWidth: number; boxed: boolean }): Label {
    const key = `${style.fontSizePx} ${style.maxWidth} ${style.boxed} ${text}`;
    const known = this.#known.get(key);
    if (known) return known;
    const padding = Math.round(style.fontSizePx / 2);
    const mask = renderText(text, style.fontSizePx, style.maxWidth - 2 * padding - 2);
    const label = new Label(mask, { boxed: style.boxed, padding });
    this.#known.set(key, label);
    return label;
  }
}
