/** 8 MiB: eight times the largest key frame of a 4K screen; bounds what a sender that never ends a frame can make us keep. */
const MAX_BYTES = 8 * 1024 * 1024;
/** One-byte payloads would otherwise cost a hundred times their size. */
const MAX_PARTS = 16_384;

/** The pieces of one frame, bounded in number and in size, joined at the end. Pieces are kept, not copied. */
export class ByteParts {
  #parts: Uint8Array[] = [];
  #sizeBytes = 0;

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** False where the piece is one too many: nothing of it is kept. */
  add(part: Uint8Array): boolean {
    if (this.#parts.length >= MAX_PARTS || this.#sizeBytes + part.length > MAX_BYTES) return false;
    this.#parts.push(part);
    this.#sizeBytes += part.length;
    return true;
  }

  clear(): void {
    this.#parts = [];
    this.#sizeBytes = 0;
  }

  /** All in one; a single piece as it is, uncopied. */
  join(): Uint8Array {
    const only = this.#parts[0];
    if (only !== undefined && this.#parts.length === 1) return only;
    const whole = new Uint8Array(this.#sizeBytes);
    let offset = 0;
    for (const part of this.#parts) {
      whole.set(part, offset);
      offset += part.length;
    }
    return whole;
  }
}
