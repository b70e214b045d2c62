import { beepOnsets } from './beep-onsets.ts';
import type { AudioFacts } from './file-facts.ts';
import type { DecodedPiece } from './media-file.ts';
import { monoOf } from './native-frame.ts';
import { levelOf, SoundTimeline } from './sound-timeline.ts';

type SoundStream = Pick<AudioFacts, 'codec' | 'samplesPerSecond' | 'channels'>;

/** Collects what is heard in a file. */
export class SoundListener {
  readonly #stream: SoundStream;
  readonly #timeline: SoundTimeline;
  #packets = 0;
  #decodeErrors = 0;

  constructor(stream: SoundStream) {
    this.#stream = stream;
    this.#timeline = new SoundTimeline(stream.samplesPerSecond);
  }

  handle(piece: DecodedPiece): void {
    if (piece.kind === 'audioPacket') this.#packets += 1;
    if (piece.kind === 'decodeError' && piece.of === 'audio') this.#decodeErrors += 1;
    if (piece.kind === 'sound') this.#timeline.add(piece.timeMs, monoOf(piece.frame));
  }

  get facts(): AudioFacts {
    const { sound, holes } = this.#timeline;
    const endMs = sound.startMs + (sound.samples.length * 1000) / sound.samplesPerSecond;
    const counts = { packets: this.#packets, decodeErrors: this.#decodeErrors };
    return { ...this.#stream, ...counts, startMs: sound.startMs, endMs, holes, levelDb: levelOf(sound) };
  }

  beepsMs(hertz: number): number[] {
    return beepOnsets(this.#timeline.sound, hertz);
  }
}
