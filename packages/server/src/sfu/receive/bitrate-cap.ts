/** How many bits a publisher may send, by the size of its picture, so that files stay under the promised sizes. */

/** Picture's short side up to this many pixels; megabytes (10^6 bytes) a minute of the whole file, sound included. */
const ROWS = [
  { shortSide: 240, megabytesPerMinute: 3 },
  { shortSide: 480, megabytesPerMinute: 7.5 },
  { shortSide: 720, megabytesPerMinute: 18.5 },
  { shortSide: 1080, megabytesPerMinute: 37.5 },
] as const;

/** Browsers start with small pictures: a cap after those would hold them there. */
const INITIAL_ROW = 2;
const STABLE_MS = 10_000;
/** Of the allowance: above it, we are what keeps the picture small, and not the sender's own choice. */
const LIMITED_SHARE = 0.85;
/** What a file has beside pictures and sound, and what encoders overshoot by. */
const HEADROOM = 0.95;

const bitsPerSecondOf = (row: number): number => ((ROWS[row]?.megabytesPerMinute ?? 0) * 8e6) / 60;

/** Larger pictures than the last row's are in the last row. */
const rowOf = (width: number, height: number): number => {
  const shortSide = Math.min(width, height);
  const row = ROWS.findIndex((candidate) => shortSide <= candidate.shortSide);
  return row < 0 ? ROWS.length - 1 : row;
};

export class BitrateCap {
  #row = INITIAL_ROW;
  #pictureRow = INITIAL_ROW;
  #pictureRowSinceMs = 0;

  /** Of all streams of the publication together. */
  get bitsPerSecond(): number {
    return bitsPerSecondOf(this.#row) * HEADROOM;
  }

  /** At each key frame. A larger picture raises the cap at once. */
  handlePictureSize(width: number, height: number, nowMs: number): void {
    const row = rowOf(width, height);
    if (row === this.#pictureRow) return;
    this.#pictureRow = row;
    this.#pictureRowSinceMs = nowMs;
    this.#row = Math.max(this.#row, row);
  }

  /** Every second or so: lowers the cap once the picture was smaller for 10 s while the sender stayed well below what it may send. */
  update(receivedBitsPerSecond: number, allowedBitsPerSecond: number, nowMs: number): void {
    if (this.#pictureRow >= this.#row) return;
    if (receivedBitsPerSecond >= LIMITED_SHARE * allowedBitsPerSecond) this.#pictureRowSinceMs = nowMs;
    if (nowMs - this.#pictureRowSinceMs >= STABLE_MS) this.#row = this.#pictureRow;
  }
}
