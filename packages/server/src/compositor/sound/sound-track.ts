/** The merged recording's sound from its first sample on. */
import type { CompositeSource } from '../protocol.ts';
import { Limiter } from './limiter.ts';
import { Mixer } from './mixer.ts';
import { PlacedSound } from './placed-sound.ts';
import { SoundSource } from './sound-source.ts';

export class SoundTrack {
  readonly #mixer: Mixer;
  readonly #limiter = new Limiter();
  #mixed = 0;

  constructor(sources: readonly CompositeSource[], outputStartMs: number) {
    const heard = sources.filter((source) => source.hasAudio);
    this.#mixer = new Mixer(heard.map((source) => new PlacedSound(new SoundSource(source, outputStartMs))));
    this.#fillLimiter();
  }

  /** Overwrites both with the samples that follow on those of the call before. */
  read(left: Float32Array, right: Float32Array): void {
    this.#mixer.mix(this.#mixed, left, right);
    this.#mixed += left.length;
    this.#limiter.process(left, right);
  }

  close(): void {
    this.#mixer.close();
  }

  /** The limiter lags: mixing as far ahead keeps sound and picture together. */
  #fillLimiter(): void {
    const lag = this.#limiter.lagSamples;
    this.read(new Float32Array(lag), new Float32Array(lag));
  }
}
