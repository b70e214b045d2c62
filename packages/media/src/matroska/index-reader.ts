/** Reads an index in pieces of any size. */
import { type IndexLine, parseIndexLine } from './index-line.ts';

export type PlacedLine = {
  line: IndexLine /** Where the next line starts in the index, in bytes. */;
  endOffset: number;
};

/** No line of ours is as long: one that is comes of damage, and is not waited for. */
const MAX_LINE_BYTES = 16_384;

/**
 * Takes an index piece by piece and yields its lines. It ends for good at the first line that is not whole or not ours: what
 * a crash or a power failure left behind it says nothing certain.
 */
export class IndexReader {
  // One character a byte, so that lengths in text are lengths in the file.
  #decoder = new TextDecoder('latin1');
  #rest = '';
  #offset = 0;
  #broken = false;

  push(piece: Uint8Array): PlacedLine[] {
    if (this.#broken) return [];
    const text = this.#rest + this.#decoder.decode(piece, { stream: true });
    const lines: PlacedLine[] = [];
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      const line = parseIndexLine(text.slice(start, end));
      if (line === undefined) {
        this.#broken = true;
        return lines;
      }
      this.#offset += end + 1 - start;
      start = end + 1;
      lines.push({ line, endOffset: this.#offset });
    }
    this.#rest = text.slice(start);
    this.#broken = this.#rest.length > MAX_LINE_BYTES;
    return lines;
  }
}
