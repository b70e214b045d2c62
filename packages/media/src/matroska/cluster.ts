/** Lays frames out in clusters behind one another, for a file that only grows. */
import {
  type Block,
  CLUSTER_SIZE_POSITION,
  encodeBlockHeader,
  encodeClusterHeader,
  encodeClusterSize,
} from './block.ts';
import type { IndexLine } from './index-line.ts';

/** Bytes to be written over what stands at `offset`. */
export type Patch = { offset: number; bytes: Uint8Array };

/** What one call adds to the file and to its index. */
export type Addition = { offset: number; bytes: Uint8Array; patches: Patch[]; lines: IndexLine[] };

const MAX_CLUSTER_MS = 5000;
/** Key frames closer together than this share a cluster. */
const MIN_CLUSTER_MS = 1000;
/**
 * A cluster's time lies this much before its first block, so that the other track's blocks, which may come a little later in the
 * file, still count up from it: Chromium's MediaSource refuses relative times below zero.
 */
const CLUSTER_LEAD_MS = 1000;
/** Relative times are 16 bits with a sign: 32.7 s either way. */
const MAX_RELATIVE_MS = 30_000;

type OpenCluster = { start: number; timeMs: number; firstBlockMs: number };
type Piece = { offset: number; bytes: Uint8Array };

/** `position` is where the next byte goes; it starts behind the header. */
export class ClusterWriter {
  #position: number;
  #open: OpenCluster | undefined;

  constructor(position: number) {
    this.#position = position;
  }

  get position(): number {
    return this.#position;
  }

  /** Lays out these blocks, which should be in order of time, behind what there is. */
  append(blocks: readonly Block[]): Addition {
    const offset = this.#position;
    const pieces: Piece[] = [];
    const patches: Patch[] = [];
    const lines: IndexLine[] = [];
    for (const block of blocks) {
      const cluster = this.#clusterFor(block, pieces, patches, lines);
      this.#put(pieces, encodeBlockHeader(factsOf(block), block.timeMs - cluster.timeMs));
      lines.push(lineOf(block, this.#position));
      this.#put(pieces, block.data);
    }
    return { offset, bytes: gather(pieces, offset, this.#position), patches, lines };
  }

  /** The patch that gives the last cluster its size. */
  close(): Patch[] {
    if (this.#open === undefined) return [];
    const { start } = this.#open;
    this.#open = undefined;
    return [{ offset: start + CLUSTER_SIZE_POSITION, bytes: encodeClusterSize(start, this.#position) }];
  }

  #clusterFor(block: Block, pieces: Piece[], patches: Patch[], lines: IndexLine[]): OpenCluster {
    if (this.#open !== undefined && belongs(block, this.#open)) return this.#open;
    patches.push(...this.close());
    const cluster = {
      start: this.#position,
      timeMs: Math.max(0, block.timeMs - CLUSTER_LEAD_MS),
      firstBlockMs: block.timeMs,
    };
    this.#open = cluster;
    lines.push({ kind: 'cluster', offset: cluster.start, timeMs: cluster.timeMs });
    this.#put(pieces, encodeClusterHeader(cluster.timeMs));
    return cluster;
  }

  #put(pieces: Piece[], bytes: Uint8Array): void {
    pieces.push({ offset: this.#position, bytes });
    this.#position += bytes.length;
  }
}

const belongs = (block: Block, cluster: OpenCluster): boolean => {
  const ageMs = block.timeMs - cluster.firstBlockMs;
  const keyFrame = block.kind === 'video' && block.keyFrame;
  if (ageMs >= (keyFrame ? MIN_CLUSTER_MS : MAX_CLUSTER_MS)) return false;
  return Math.abs(block.timeMs - cluster.timeMs) <= MAX_RELATIVE_MS;
};

const factsOf = (block: Block) => ({
  kind: block.kind,
  keyFrame: block.kind === 'audio' || block.keyFrame,
  length: block.data.length,
});

const lineOf = (block: Block, offset: number): IndexLine => {
  const place = { offset, length: block.data.length, timeMs: block.timeMs };
  return block.kind === 'video'
    ? { kind: 'video', ...place, keyFrame: block.keyFrame }
    : { kind: 'audio', ...place, durationMs: block.durationMs };
};

const gather = (pieces: readonly Piece[], from: number, to: number): Uint8Array => {
  const bytes = new Uint8Array(to - from);
  for (const piece of pieces) bytes.set(piece.bytes, piece.offset - from);
  return bytes;
};
