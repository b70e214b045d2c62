/** How far an index and the file beside it agree, after a crash at any byte of either. */
import { blockHeaderBytes, CLUSTER_HEADER_BYTES, encodeBlockHeader } from './block.ts';
import { HEADER_BYTES } from './header.ts';
import type { AudioLine, IndexLine, VideoLine } from './index-line.ts';
import type { PlacedLine } from './index-reader.ts';

/** Up to where both are whole: the end of a frame in the file, and of the last line that speaks of it in the index. */
export type Agreement = { fileEnd: number; indexEnd: number };

/** A frame whose block can be compared with the file: it should start with these bytes, or the file ends before it. */
export type TailBlock = { offset: number; header: Uint8Array; before: Agreement };

type TailFrame = { line: VideoLine | AudioLine; clusterMs: number; before: Agreement };

/** More than the kernel holds back before it writes by itself, 30 s, and than we let pass between syncs. */
const TAIL_MS = 60_000;
/** The tail is cut back once it holds this many frames more than it needs. */
const TAIL_SLACK = 4096;

const NOTHING: Agreement = { fileEnd: 0, indexEnd: 0 };

/**
 * Takes the lines of an index in order. Blocks lie one behind the other, so each line's place follows from those before it: the
 * first that is elsewhere, or beyond the file's end, ends the agreement.
 */
export class IndexAgreement {
  readonly #fileBytes: number;
  #position = HEADER_BYTES;
  #clusterMs: number | undefined;
  #started = false;
  #pictured = false;
  #broken = false;
  #agreed = NOTHING;
  #newestMs = 0;
  #tail: TailFrame[] = [];

  constructor(fileBytes: number) {
    this.#fileBytes = fileBytes;
  }

  /** Zeros where the file holds no whole frame. */
  get agreed(): Agreement {
    return this.#agreed;
  }

  push({ line, endOffset }: PlacedLine): void {
    if (!this.#broken) this.#broken = !this.#accept(line, endOffset);
  }

  /** The frames of the last minute, oldest first: a power failure may have lost what lies under them, though the sizes are right. */
  tail(): TailBlock[] {
    return this.#tail.filter(({ line }) => this.#isRecent(line)).map(toTailBlock);
  }

  #accept(line: IndexLine, endOffset: number): boolean {
    if (this.#started !== (line.kind !== 'start')) return false;
    switch (line.kind) {
      case 'start':
        this.#started = true;
        return true;
      case 'cluster':
        return this.#acceptCluster(line.offset, line.timeMs);
      case 'picture':
        this.#pictured = true;
        return true;
      case 'video':
        return this.#pictured && this.#acceptFrame(line, endOffset);
      case 'audio':
        return this.#acceptFrame(line, endOffset);
      case 'gap':
      case 'end':
        this.#agreed = { ...this.#agreed, indexEnd: endOffset };
        return true;
    }
  }

  #acceptCluster(offset: number, timeMs: number): boolean {
    if (offset !== this.#position) return false;
    this.#clusterMs = timeMs;
    this.#position += CLUSTER_HEADER_BYTES;
    return true;
  }

  #acceptFrame(line: VideoLine | AudioLine, endOffset: number): boolean {
    const clusterMs = this.#clusterMs;
    const end = line.offset + line.length;
    if (clusterMs === undefined || Math.abs(line.timeMs - clusterMs) > 0x7fff) return false;
    if (line.offset !== this.#position + blockHeaderBytes(line.length) || end > this.#fileBytes) return false;
    this.#tail.push({ line, clusterMs, before: this.#agreed });
    this.#position = end;
    this.#agreed = { fileEnd: end, indexEnd: endOffset };
    this.#newestMs = Math.max(this.#newestMs, line.timeMs);
    if (this.#tail.length > TAIL_SLACK) this.#trim();
    return true;
  }

  #isRecent(line: VideoLine | AudioLine): boolean {
    return line.timeMs >= this.#newestMs - TAIL_MS;
  }

  /** Half at a time, so that a long index is not copied for each of its lines. */
  #trim(): void {
    const half = this.#tail.length / 2;
    const middle = this.#tail[half];
    if (middle !== undefined && !this.#isRecent(middle.line)) this.#tail = this.#tail.slice(half);
  }
}

const toTailBlock = ({ line, clusterMs, before }: TailFrame): TailBlock => {
  const facts = {
    kind: line.kind,
    keyFrame: line.kind === 'audio' || line.keyFrame,
    length: line.length,
  };
  const header = encodeBlockHeader(facts, line.timeMs - clusterMs);
  return { offset: line.offset - header.length, header, before };
};
