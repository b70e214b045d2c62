/** Reads the index beside a recording, in pieces, so that an hour of it never holds up the event loop. */
import { createReadStream } from 'node:fs';
import { type FileHandle, open, truncate } from 'node:fs/promises';
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { type Agreement, IndexAgreement } from '@callreel/media/matroska/index-agreement.ts';
import { IndexReader, type PlacedLine } from '@callreel/media/matroska/index-reader.ts';

/** About 2,500 lines, a millisecond or two of work. */
const PIECE_BYTES = 64 * 1024;

/** Calls `take` with each line up to the first that is not whole. */
export const readIndex = async (path: string, take: (placed: PlacedLine) => void): Promise<void> => {
  const reader = new IndexReader();
  for await (const piece of createReadStream(path, { highWaterMark: PIECE_BYTES })) {
    for (const placed of reader.push(piece)) take(placed);
    await yieldToOthers();
  }
};

/**
 * Cuts the index back to what it and the media agree on, after a crash. The media is cut when it is finished. Doing it again
 * changes nothing.
 */
export const repairIndex = async (mediaPath: string, indexPath: string): Promise<void> => {
  const media = await open(mediaPath, 'r');
  try {
    const agreement = new IndexAgreement((await media.stat()).size);
    await readIndex(indexPath, (placed) => agreement.push(placed));
    const { indexEnd } = await wholeTail(media, agreement);
    await truncate(indexPath, indexEnd);
  } finally {
    await media.close();
  }
};

/** A power failure may leave a file as long as it was and empty in places: each of the last blocks is looked at. */
const wholeTail = async (media: FileHandle, agreement: IndexAgreement): Promise<Agreement> => {
  const window = new FileWindow(media);
  for (const { offset, header, before } of agreement.tail()) {
    if (Buffer.compare(await window.read(offset, header.length), header) !== 0) return before;
  }
  return agreement.agreed;
};

const WINDOW_BYTES = 2 ** 20;

/** Short stretches of a file, read in rising order, for one read of the disk in a mebibyte. */
class FileWindow {
  readonly #file: FileHandle;
  #start = 0;
  #bytes = new Uint8Array(0);

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Shorter where the file ends. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    if (offset < this.#start || offset + length > this.#start + this.#bytes.length) {
      const { buffer, bytesRead } = await this.#file.read(new Uint8Array(WINDOW_BYTES), 0, WINDOW_BYTES, offset);
      this.#start = offset;
      this.#bytes = buffer.subarray(0, bytesRead);
    }
    return this.#bytes.subarray(offset - this.#start, offset - this.#start + length);
  }
}
