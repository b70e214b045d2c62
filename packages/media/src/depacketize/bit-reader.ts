/** No field that we read is longer; a longer run of zeros is not a number but noise. */
const MAX_LEADING_ZEROS = 31;

/** Reads bits, the highest of each byte first. Never throws: see `failed`. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #bit = 0;
  #failed = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Of a NAL unit without its header (H.264 and H.265 section 7.2 and 9.1): emulation prevention bytes are left out. */
  static ofNalu(bytes: Uint8Array): BitReader {
    return new BitReader(withoutEmulationPrevention(bytes));
  }

  /** Set once more was asked for than there is; everything since reads as zero. */
  get failed(): boolean {
    return this.#failed;
  }

  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 2 + this.#one();
    return value;
  }

  flag(): boolean {
    return this.#one() === 1;
  }

  /** ue(v): an unsigned number in Exp-Golomb code. */
  unsigned(): number {
    let zeros = 0;
    while (!this.#failed && this.#one() === 0) {
      if (++zeros > MAX_LEADING_ZEROS) this.#failed = true;
    }
    return this.#failed ? 0 : 2 ** zeros - 1 + this.bits(zeros);
  }

  /** se(v): a signed one. */
  signed(): number {
    const code = this.unsigned();
    return code % 2 === 0 ? -code / 2 : (code + 1) / 2;
  }

  #one(): number {
    const byte = this.#bytes[this.#bit >> 3];
    if (byte === undefined) {
      this.#failed = true;
      return 0;
    }
    return (byte >> (7 - (this.#bit++ & 7))) & 1;
  }
}

/** 00 00 03 is how 00 00 is written where it could be taken for a start code. */
const withoutEmulationPrevention = (bytes: Uint8Array): Uint8Array => {
  const out = new Uint8Array(bytes.length);
  let length = 0;
  let zeros = 0;
  for (const byte of bytes) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    out[length++] = byte;
  }
  return out.subarray(0, length);
};
