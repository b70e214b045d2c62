/**
 * Puts a source's blocks end to end where they belong together, and lets sound that begins or ends in the middle of the
 * mix do so without a click.
 */
import { endOf, lengthOf, type SoundBlock, type SoundFeed } from './sound-block.ts';

/** 2 ms: timestamps in Matroska are whole milliseconds, so blocks that follow each other seem to jump by one. */
export const CONTIGUOUS_WITHIN_SAMPLES = 96;
/** 3 ms. */
export const FADE_SAMPLES = 144;

export class PlacedSound implements SoundFeed {
  readonly #feed: SoundFeed;
  /** One block ahead, to know whether the one before it is the last of its stretch. */
  #ahead: SoundBlock | undefined;
  #started = false;

  constructor(feed: SoundFeed) {
    this.#feed = feed;
  }

  get firstSample(): number {
    return this.#feed.firstSample;
  }

  next(): SoundBlock | undefined {
    if (!this.#started) this.#start();
    const block = this.#ahead;
    if (!block) return undefined;
    const following = this.#feed.next();
    if (following) this.#place(block, following);
    else fadeOut(block);
    this.#ahead = following;
    return block;
  }

  close(): void {
    this.#feed.close();
  }

  #start(): void {
    this.#started = true;
    this.#ahead = this.#feed.next();
    if (this.#ahead) fadeIn(this.#ahead);
  }

  #place(block: SoundBlock, following: SoundBlock): void {
    const end = endOf(block);
    const gap = following.start - end;
    if (Math.abs(gap) > CONTIGUOUS_WITHIN_SAMPLES) {
      fadeOut(block);
      if (gap < 0) dropBefore(following, end);
      fadeIn(following);
    } else {
      following.start = end;
    }
  }
}

/** Sound that seems to overlap what came before it (a clock set back) is heard once. */
const dropBefore = (block: SoundBlock, sample: number): void => {
  const surplus = Math.min(sample - block.start, lengthOf(block));
  const [left, right] = block.channels;
  block.channels = right ? [left.subarray(surplus), right.subarray(surplus)] : [left.subarray(surplus)];
  block.start = sample;
};

const fadeIn = (block: SoundBlock): void => {
  const length = Math.min(FADE_SAMPLES, lengthOf(block));
  for (const samples of block.channels) {
    for (let i = 0; i < length; i++) samples[i] = (samples[i] ?? 0) * smoothStep((i + 0.5) / length);
  }
};

const fadeOut = (block: SoundBlock): void => {
  const size = lengthOf(block);
  const length = Math.min(FADE_SAMPLES, size);
  for (const samples of block.channels) {
    for (let i = 1; i <= length; i++) samples[size - i] = (samples[size - i] ?? 0) * smoothStep((i - 0.5) / length);
  }
};

/** 0 to 1 without a corner at either end. */
const smoothStep = (x: number): number => x * x * (3 - 2 * x);
