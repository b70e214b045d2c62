/** A recording's folder while it is written: the media, its index and the manifest, in one order, without ever blocking. */
import { join } from 'node:path';
import { type Manifest, writeManifest } from './manifest.ts';
import { RecorderError } from './recorder-error.ts';
import type { SpoolDisk, SpoolFile } from './spool-disk.ts';
import { WriteQueue } from './write-queue.ts';
import { markWriter, unmarkWriter } from './writer-mark.ts';

export const MEDIA_FILE = 'media';
export const INDEX_FILE = 'index';

/** For power failures only: kill -9 loses nothing that was written. */
const SYNC_INTERVAL_MS = 5000;
/** A minute at 2 Mbit/s. Pictures are left out beyond it, everything beyond twice that. */
const MAX_WAITING_BYTES = 16 * 2 ** 20;

/** How far the disk is behind: `behind` has no room for pictures, `lost` none for anything. */
export type DiskState = 'keepingUp' | 'behind' | 'lost';

export type LiveFileOptions = {
  folder: string;
  recordingKey: string;
  disk: SpoolDisk;
  onError: (error: RecorderError) => void;
};

/** Bytes and where they go in the media file. */
export type MediaPiece = { offset: number; bytes: Uint8Array };

type OpenFiles = { media: SpoolFile; index: SpoolFile };

export class LiveFile {
  readonly #options: LiveFileOptions;
  readonly #queue: WriteQueue;
  #media: SpoolFile | undefined;
  #index: SpoolFile | undefined;
  #indexBytes = 0;
  #dirty = false;
  #syncing = false;
  #refreshing: Promise<void> | undefined;
  #lastSyncMs: number | undefined;

  constructor(options: LiveFileOptions) {
    this.#options = options;
    this.#queue = new WriteQueue({
      count: (bytes) => options.disk.count(bytes),
      onFailure: (cause) => options.onError(RecorderError.writeFailed(options.recordingKey, cause)),
    });
  }

  get waitingBytes(): number {
    return this.#queue.waitingBytes;
  }

  get diskState(): DiskState {
    const waiting = this.#queue.waitingBytes;
    if (waiting > 2 * MAX_WAITING_BYTES) return 'lost';
    return waiting > MAX_WAITING_BYTES || this.#options.disk.isCrowded ? 'behind' : 'keepingUp';
  }

  /** Makes the folder, says in it who writes, and creates the files. Comes before all else. */
  open(manifest: Manifest): void {
    const { folder, disk } = this.#options;
    this.#do(async () => {
      await disk.port.makeFolder(folder);
      await markWriter(folder);
    });
    this.saveManifest(manifest);
    this.#do(async () => {
      this.#media = await disk.port.create(join(folder, MEDIA_FILE));
    });
    this.#do(async () => {
      this.#index = await disk.port.create(join(folder, INDEX_FILE));
    });
  }

  saveManifest(manifest: Manifest): void {
    this.#do(() => writeManifest(this.#options.folder, manifest));
  }

  /** Nothing waits for the disk. */
  get isIdle(): boolean {
    return this.#refreshing === undefined && this.#queue.isIdle;
  }

  /** A newer one in place of what the manifest says. Only while `isIdle`; what is written meanwhile does not wait for it. */
  refreshManifest(manifest: Manifest): void {
    this.#refreshing = this.#options.disk
      .sync(() => writeManifest(this.#options.folder, manifest))
      .catch((cause: unknown) => this.#fail(cause))
      .finally(() => {
        this.#refreshing = undefined;
      });
  }

  /** The index may come to be ahead of the media: its lines count only where the media agrees. */
  write(media: readonly MediaPiece[], indexText: string): void {
    const index = new TextEncoder().encode(indexText);
    const indexOffset = this.#indexBytes;
    this.#indexBytes += index.length;
    const bytes = media.reduce((sum, piece) => sum + piece.bytes.length, index.length);
    if (bytes === 0) return;
    // Both at once: each write that is handed over by itself wakes a thread, which costs more than the write.
    this.#do(() => Promise.all([this.#writeMedia(media), this.#writeIndex(index, indexOffset)]), bytes);
  }

  /** Call it often: it syncs when that is due and tries again what failed. */
  tick(nowMs: number): void {
    this.#queue.tick(nowMs);
    this.#lastSyncMs ??= nowMs;
    if (!this.#dirty || this.#syncing || nowMs - this.#lastSyncMs < SYNC_INTERVAL_MS) return;
    this.#lastSyncMs = nowMs;
    void this.#sync().catch((cause: unknown) => this.#fail(cause));
  }

  /** Writes what waits, makes it durable, then lets the manifest say so. @throws RecorderError */
  async close(manifest: Manifest): Promise<void> {
    try {
      await this.#refreshing;
      await this.#queue.drain();
      await this.#sync();
      await writeManifest(this.#options.folder, manifest);
    } catch (cause) {
      throw RecorderError.writeFailed(this.#options.recordingKey, cause);
    } finally {
      await Promise.allSettled([this.#media?.close(), this.#index?.close(), unmarkWriter(this.#options.folder)]);
    }
  }

  async #writeMedia(pieces: readonly MediaPiece[]): Promise<void> {
    for (const { offset, bytes } of pieces) if (bytes.length > 0) await this.#files().media.write(bytes, offset);
  }

  async #writeIndex(bytes: Uint8Array, offset: number): Promise<void> {
    if (bytes.length > 0) await this.#files().index.write(bytes, offset);
  }

  #do(run: () => Promise<unknown>, bytes = 0): void {
    this.#dirty = true;
    this.#queue.add({ bytes, run });
  }

  #files(): OpenFiles {
    if (this.#media === undefined || this.#index === undefined) throw new TypeError('open: must come before writing');
    return { media: this.#media, index: this.#index };
  }

  /** The media first: an index that leads says less than one that lags. */
  async #sync(): Promise<void> {
    this.#syncing = true;
    this.#dirty = false;
    try {
      await this.#options.disk.sync(async () => {
        await this.#media?.sync();
        await this.#index?.sync();
      });
    } finally {
      this.#syncing = false;
    }
  }

  #fail(cause: unknown): void {
    this.#dirty = true;
    this.#options.onError(RecorderError.writeFailed(this.#options.recordingKey, cause));
  }
}
