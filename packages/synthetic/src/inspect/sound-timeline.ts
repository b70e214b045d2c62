/** A stretch of time for which a file has no sound; a negative length is sound that overlaps. */
export type SoundHole = { atMs: number; lengthMs: number };

/** Decoded sound, mono, every sample at its time. */
export type Sound = { startMs: number; samplesPerSecond: number; samples: Float32Array };

/** Timestamps in whole milliseconds stagger by up to this; what goes on is taken to be without a hole. */
const LARGEST_STAGGER_MS = 2;

/** Puts decoded stretches at their timestamps, in rising order. */
export class SoundTimeline {
  readonly #samplesPerSecond: number;
  readonly #stretches: { at: number; samples: Float32Array }[] = [];
  readonly #holes: SoundHole[] = [];
  #startMs = 0;
  #end = 0;

  constructor(samplesPerSecond: number) {
    this.#samplesPerSecond = samplesPerSecond;
  }

  add(timeMs: number, samples: Float32Array): void {
    if (this.#stretches.length === 0) this.#startMs = timeMs;
    const at = this.#place(timeMs);
    this.#stretches.push({ at, samples });
    this.#end = at + samples.length;
  }

  get holes(): SoundHole[] {
    return this.#holes;
  }

  get sound(): Sound {
    const samples = new Float32Array(this.#end);
    for (const stretch of this.#stretches) samples.set(stretch.samples, Math.max(0, stretch.at));
    return { startMs: this.#startMs, samplesPerSecond: this.#samplesPerSecond, samples };
  }

  #place(timeMs: number): number {
    const wanted = Math.round(((timeMs - this.#startMs) * this.#samplesPerSecond) / 1000);
    const lengthMs = ((wanted - this.#end) * 1000) / this.#samplesPerSecond;
    if (Math.abs(lengthMs) <= LARGEST_STAGGER_MS) return this.#end;
    this.#holes.push({ atMs: this.#startMs + (this.#end * 1000) / this.#samplesPerSecond, lengthMs });
    return wanted;
  }
}

/** The loudness of all of it, in decibels below full scale; -Infinity for silence. */
export const levelOf = ({ samples }: Sound): number => {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length);
  return 10 * Math.log10(power);
};
