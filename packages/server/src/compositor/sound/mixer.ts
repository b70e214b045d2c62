/** Sums what all sources have to say at a moment. */
import { endOf, type SoundBlock, type SoundFeed } from './sound-block.ts';

type Input = { feed: SoundFeed; block: SoundBlock | undefined; ended: boolean };

export class Mixer {
  readonly #inputs: Input[];

  constructor(feeds: readonly SoundFeed[]) {
    this.#inputs = feeds.map((feed) => ({ feed, block: undefined, ended: false }));
  }

  /** Overwrites `left` and `right` with the mix from sample `from` on, which is to follow on the call before. Silence is 0. */
  mix(from: number, left: Float32Array, right: Float32Array): void {
    left.fill(0);
    right.fill(0);
    for (const input of this.#inputs) this.#add(input, from, left, right);
  }

  close(): void {
    for (const { feed, ended } of this.#inputs) {
      if (!ended) feed.close();
    }
    this.#inputs.length = 0;
  }

  #add(input: Input, from: number, left: Float32Array, right: Float32Array): void {
    const to = from + left.length;
    if (input.ended || input.feed.firstSample >= to) return;
    for (;;) {
      input.block ??= input.feed.next();
      const block = input.block;
      if (!block) {
        input.ended = true;
        input.feed.close();
        return;
      }
      if (block.start < to) addBlock(block, from, left, right);
      if (endOf(block) > to) return;
      input.block = undefined;
    }
  }
}

const addBlock = (block: SoundBlock, from: number, left: Float32Array, right: Float32Array): void => {
  const [blockLeft, blockRight = blockLeft] = block.channels;
  const first = Math.max(block.start, from);
  const end = Math.min(endOf(block), from + left.length);
  for (let sample = first; sample < end; sample++) {
    const into = sample - from;
    const outOf = sample - block.start;
    left[into] = (left[into] ?? 0) + (blockLeft[outOf] ?? 0);
    right[into] = (right[into] ?? 0) + (blockRight[outOf] ?? 0);
  }
};
