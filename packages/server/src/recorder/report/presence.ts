/** What a recording holds by its index alone: the same for one that is being written, one that was closed and one whose writer was killed. */
import type { PictureReport } from '@callreel/contract/recording-report.ts';
import type { IndexLine } from '@callreel/media/matroska/index-line.ts';
import type { TrackKind } from '../recording-spec.ts';
import { GapList } from './gap-list.ts';

export type PictureSizes = PictureReport['sizes'];

/** Sizes change with bandwidth: a few times a minute at most. */
const MAX_SIZES = 128;

export class Presence {
  readonly gaps = new GapList();
  readonly sizes: PictureSizes = [];
  frames = 0;
  /** Where each track's last frame ends; undefined where none came. */
  readonly endMs: Record<TrackKind, number | undefined> = { audio: undefined, video: undefined };
  #newSize: { width: number; height: number } | undefined;

  push(line: IndexLine): void {
    switch (line.kind) {
      case 'picture':
        this.#newSize = { width: line.width, height: line.height };
        return;
      case 'video':
        this.frames += 1;
        // B pictures come in the order of decoding.
        this.endMs.video = Math.max(this.endMs.video ?? 0, line.timeMs);
        this.#noteSize(line.timeMs);
        return;
      case 'audio':
        this.endMs.audio = line.timeMs + line.durationMs;
        return;
      case 'gap':
        this.gaps.add({ ...line, endMs: line.startMs + line.lengthMs });
        return;
      case 'start':
      case 'cluster':
      case 'end':
        return;
    }
  }

  /** A description may be new for another reason than the size. */
  #noteSize(atMs: number): void {
    const size = this.#newSize;
    this.#newSize = undefined;
    const last = this.sizes.at(-1);
    if (size === undefined || (last?.width === size.width && last.height === size.height)) return;
    if (this.sizes.length < MAX_SIZES) this.sizes.push({ atMs, ...size });
  }
}
