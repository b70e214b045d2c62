/** The picture of one recording at a moment of conference time. */
import { Frame } from 'node-av/lib';
import type { CompositeSource } from './protocol.ts';
import { SourceDecoder } from './source-decoder.ts';

export class VideoSource {
  readonly #source: CompositeSource;
  readonly #decoder: SourceDecoder | undefined;
  #current = allocateFrame();
  #currentMs = Number.NEGATIVE_INFINITY;
  #next = allocateFrame();
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(source: CompositeSource) {
    this.#source = source;
    this.#decoder = source.hasVideo ? SourceDecoder.open(source, 'video') : undefined;
    this.#decodeNext();
  }

  /** Goes on to the newest picture at or before `ms`, and tells whether that is another than before. `ms` never falls. */
  advance(ms: number): boolean {
    let changed = false;
    while (this.#nextMs <= ms) {
      [this.#current, this.#next] = [this.#next, this.#current];
      this.#currentMs = this.#nextMs;
      this.#decodeNext();
      changed = true;
    }
    return changed;
  }

  /** Conference time of the picture; minus infinity before the first one. */
  get pictureMs(): number {
    return this.#currentMs;
  }

  /** Valid until the next `advance`. */
  get picture(): Frame {
    return this.#current;
  }

  close(): void {
    this.#decoder?.close();
    this.#current.free();
    this.#next.free();
  }

  #decodeNext(): void {
    if (!this.#decoder?.next(this.#next)) {
      this.#nextMs = Number.POSITIVE_INFINITY;
      return;
    }
    const fileMs = this.#decoder.timeOf(this.#next);
    this.#nextMs = fileMs === undefined ? Math.max(this.#nextMs, this.#source.startMs) : this.#source.startMs + fileMs;
  }
}

const allocateFrame = (): Frame => {
  const frame = new Frame();
  frame.alloc();
  return frame;
};
