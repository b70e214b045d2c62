/** Sound on its way into the mix: 48 kHz, float samples, on the clock of the merged recording. */

export const SAMPLE_RATE = 48_000;
export const SAMPLES_PER_MS = SAMPLE_RATE / 1000;

/** A stretch of sound. `start` counts samples from the start of the output; one channel stands for both sides. */
export type SoundBlock = { start: number; channels: [Float32Array] | [Float32Array, Float32Array] };

/** Blocks in order of time. */
export type SoundFeed = {
  /** No sound comes before this sample: nothing needs to be read until the mix is there. */
  readonly firstSample: number;
  /** Undefined at the end. */
  next(): SoundBlock | undefined;
  close(): void;
};

export const lengthOf = (block: SoundBlock): number => block.channels[0].length;
export const endOf = (block: SoundBlock): number => block.start + lengthOf(block);
