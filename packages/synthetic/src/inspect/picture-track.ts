import { COUNTER_MODULUS } from '../prepare/counter.ts';
import type { Picture } from '../prepare/picture.ts';
import { findPicture } from './find-picture.ts';
import { type PictureReading, type Rectangle, readPicture, wholeOf } from './read-picture.ts';

/** One look at one caller's picture. */
export type TimedReading = {
  timeMs: number;
  /** Going on past 2047; undefined where the picture is not there or cannot be read. */
  counter: number | undefined;
  flash: boolean;
};

/** What a file shows of one caller. */
export type PictureFacts = {
  readings: TimedReading[];
  /** Frames in which the picture was not found or its counter not readable. */
  unread: number;
  /** Each counter that was read, once, ascending. */
  counters: number[];
  /** When each flash begins. One whose first frame may be missing is left out. */
  flashesMs: number[];
};

const NOTHING: PictureReading = { counter: undefined, flash: false };

/** A counter this little below the last one went back; one further below it went round. */
const LARGEST_STEP_BACK = 200;

const unwrap = (last: number, counter: number): number => {
  const ahead = (((counter - last) % COUNTER_MODULUS) + COUNTER_MODULUS) % COUNTER_MODULUS;
  return last + (ahead > COUNTER_MODULUS - LARGEST_STEP_BACK ? ahead - COUNTER_MODULUS : ahead);
};

/** Follows one caller's picture through the frames of a file. */
export class PictureTrack {
  readonly #hueDegrees: number | undefined;
  readonly #within: Rectangle | undefined;
  readonly #readings: TimedReading[] = [];
  #place: Rectangle | undefined;
  #lastCounter = 0;

  /** Without a hue the picture fills the frame. `within` limits the search for one with a hue. */
  constructor(hueDegrees: number | undefined, within: Rectangle | undefined) {
    this.#hueDegrees = hueDegrees;
    this.#within = within;
  }

  add(picture: Picture, timeMs: number): void {
    const { counter, flash } = this.#read(picture);
    if (counter !== undefined) this.#lastCounter = unwrap(this.#lastCounter, counter);
    this.#readings.push({ timeMs, counter: counter === undefined ? undefined : this.#lastCounter, flash });
  }

  get facts(): PictureFacts {
    const readings = this.#readings;
    const read = readings.flatMap(({ counter }) => (counter === undefined ? [] : [counter]));
    return {
      readings,
      unread: readings.length - read.length,
      counters: [...new Set(read)].sort((a, b) => a - b),
      flashesMs: readings.filter((_, index) => this.#isOnset(index)).map(({ timeMs }) => timeMs),
    };
  }

  /** Where it was last is tried first: layouts seldom change. */
  #read(picture: Picture): PictureReading {
    if (this.#hueDegrees === undefined) return readPicture(picture, wholeOf(picture));
    const before = this.#place ? readPicture(picture, this.#place) : NOTHING;
    if (before.counter !== undefined) return before;
    this.#place = findPicture(picture, this.#hueDegrees, this.#within ?? wholeOf(picture));
    return this.#place ? readPicture(picture, this.#place) : NOTHING;
  }

  #isOnset(index: number): boolean {
    const [before, now] = [this.#readings[index - 1], this.#readings[index]];
    if (!before || !now?.flash || before.flash || now.counter === undefined) return false;
    return before.counter === undefined || now.counter - before.counter === 1;
  }
}
