/** One source's part of the merged picture: its video, with the name in its corner; or where there is none a dark ground, with the name in its middle. */
import { BLACK, type Canvas, type Colour } from './canvas.ts';
import type { Label, Labels } from './label.ts';
import { type Area, contains, letterbox } from './layout.ts';
import type { CompositeSource } from './protocol.ts';
import type { VideoSource } from './video-source.ts';

/**
 * How long the last picture stands when no other comes. A camera that sends nothing for 2 s is off or lost; a screen
 * that does not change may be sent once a second or less (Chromium repeats it every second at best).
 */
const PICTURE_STANDS_MS = { av: 2_000, desktop: 10_000 } as const;

const PLACEHOLDER: Colour = { y: 36, u: 130, v: 127 };
/** Between placeholders that lie side by side. */
const PLACEHOLDER_MARGIN = 2;
/** Smaller tiles bear no name: nobody could read it. */
const SMALLEST_NAMED_HEIGHT = 40;

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

export class Tile {
  readonly #area: Area;
  readonly #source: CompositeSource;
  readonly #video: VideoSource;
  readonly #label: Label | undefined;
  readonly #title: Label | undefined;
  #shows: 'nothing' | 'placeholder' | Area = 'nothing';

  constructor(area: Area, source: CompositeSource, video: VideoSource, labels: Labels) {
    this.#area = area;
    this.#source = source;
    this.#video = video;
    if (area.height < SMALLEST_NAMED_HEIGHT) return;
    const labelSizePx = clamp(Math.round(area.height / 20), 13, 28);
    const titleSizePx = clamp(Math.round(area.height / 10), 14, 56);
    this.#label = labels.get(source.label, { fontSizePx: labelSizePx, maxWidth: area.width - 8, boxed: true });
    this.#title = labels.get(source.label, { fontSizePx: titleSizePx, maxWidth: area.width - 16, boxed: false });
  }

  /** Paints what is to be seen at `ms` of conference time where that is something new; tells whether it did. */
  paint(canvas: Canvas, ms: number): boolean {
    const changed = this.#video.advance(ms);
    const isOver = ms - this.#video.pictureMs > PICTURE_STANDS_MS[this.#source.kind];
    if (isOver || this.#isPaused(ms)) return this.#paintPlaceholder(canvas);
    if (!changed && typeof this.#shows === 'object') return false;
    this.#paintPicture(canvas);
    return true;
  }

  #isPaused(ms: number): boolean {
    return this.#source.pauses?.some(({ fromMs, toMs }) => ms >= fromMs && ms < toMs) ?? false;
  }

  #paintPicture(canvas: Canvas): void {
    const inner = letterbox(this.#video.picture, this.#area);
    const shown = this.#shows;
    const sameBars = typeof shown === 'object' && shown.width === inner.width && shown.height === inner.height;
    if (!sameBars) canvas.fill(this.#area, BLACK);
    const place = this.#labelPlace();
    // What lies beside the picture is not painted over by it, and would darken with every blending.
    if (place && !contains(inner, place)) canvas.fill(place, BLACK);
    canvas.draw(this.#video.picture, inner);
    if (place) this.#label?.blendOnto(canvas, place.x, place.y);
    this.#shows = inner;
  }

  #paintPlaceholder(canvas: Canvas): boolean {
    if (this.#shows === 'placeholder') return false;
    this.#shows = 'placeholder';
    const { x, y, width, height } = this.#area;
    canvas.fill(this.#area, BLACK);
    const margin = PLACEHOLDER_MARGIN;
    canvas.fill({ x: x + margin, y: y + margin, width: width - 2 * margin, height: height - 2 * margin }, PLACEHOLDER);
    const title = this.#title;
    if (title)
      title.blendOnto(canvas, x + (((width - title.width) / 2) & ~1), y + (((height - title.height) / 2) & ~1));
    return true;
  }

  /** The lower left corner. */
  #labelPlace(): Area | undefined {
    const label = this.#label;
    if (!label) return undefined;
    const { x, y, height } = this.#area;
    return { x: x + 4, y: y + height - label.height - 4, width: label.width, height: label.height };
  }
}
