/** Plays the scenes: who is there has a tile on the canvas and an open file, who is not has neither. */
import type { Canvas } from './canvas.ts';
import { BLACK } from './canvas.ts';
import { Labels } from './label.ts';
import type { CompositeSource } from './protocol.ts';
import type { Scene } from './scenes.ts';
import { Tile } from './tile.ts';
import { VideoSource } from './video-source.ts';

export class Stage {
  readonly #canvas: Canvas;
  readonly #sources: readonly CompositeSource[];
  readonly #scenes: Scene[];
  readonly #labels = new Labels();
  readonly #videos = new Map<number, VideoSource>();
  #tiles: Tile[] = [];
  #scene: Scene | undefined;

  constructor(canvas: Canvas, sources: readonly CompositeSource[], scenes: readonly Scene[]) {
    this.#canvas = canvas;
    this.#sources = sources;
    this.#scenes = [...scenes];
  }

  /** Paints the moment `ms` of conference time, which never falls; tells whether the canvas is another than before. */
  paint(ms: number): boolean {
    let changed = false;
    while ((this.#scene === undefined || this.#scene.toMs <= ms) && this.#scenes.length > 0) {
      this.#enter(this.#scenes.shift());
      changed = true;
    }
    for (const tile of this.#tiles) changed = tile.paint(this.#canvas, ms) || changed;
    return changed;
  }

  close(): void {
    for (const video of this.#videos.values()) video.close();
    this.#videos.clear();
    this.#tiles = [];
  }

  #enter(scene: Scene | undefined): void {
    this.#scene = scene;
    this.#closeAbsent(scene);
    this.#canvas.fill(this.#canvas.area, BLACK);
    this.#tiles = (scene?.tiles ?? []).flatMap(({ source: index, area }) => {
      const source = this.#sources[index];
      return source ? [new Tile(area, source, this.#videoOf(index, source), this.#labels)] : [];
    });
  }

  #closeAbsent(scene: Scene | undefined): void {
    for (const [index, video] of this.#videos) {
      if (scene?.tiles.some(({ source }) => source === index)) continue;
      video.close();
      this.#videos.delete(index);
    }
  }

  #videoOf(index: number, source: CompositeSource): VideoSource {
    const video = this.#videos.get(index) ?? new VideoSource(source);
    this.#videos.set(index, video);
    return video;
  }
}
