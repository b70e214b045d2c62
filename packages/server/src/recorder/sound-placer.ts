/** Puts a publication's sound at its place in the file: silence where there is none, and nothing of what is said in a pause. */
import type { AudioCodecName } from '@callreel/contract/conference.ts';
import { SOUND_CODECS } from '@callreel/media/depacketize/sound-codec.ts';
import type { AudioFrame } from '@callreel/media/frame/frame.ts';
import { PauseGate } from './pause-gate.ts';
import { DigitalSilence } from './report/digital-silence.ts';
import type { Missing } from './report/evidence.ts';
import type { RecordingReporter } from './report/recording-reporter.ts';
import { type PlacedSound, SoundSlots } from './sound-slots.ts';
import type { TimedFrame } from './track-recorder.ts';

export type SoundPlacerOptions = {
  codec: AudioCodecName;
  reporter: RecordingReporter;
  /** Sound that was spoken earlier has no place in the file; as long as it has not begun, minus infinity. */
  earliestMs: () => number;
};

/**
 * Sound that begins this little after the pictures gets silence before it, from the file's start: Chromium begins to play an .mkv
 * of H264 where its sound begins. More would lie too far from the pictures of its time.
 */
const MAX_LEAD_IN_MS = 5000;

export class SoundPlacer {
  readonly pauses: PauseGate;
  readonly #options: SoundPlacerOptions;
  readonly #slots: SoundSlots;
  readonly #silence: DigitalSilence;

  constructor(options: SoundPlacerOptions) {
    const { codec, reporter } = options;
    this.#options = options;
    this.#slots = new SoundSlots(SOUND_CODECS[codec]);
    this.#silence = new DigitalSilence(codec);
    this.pauses = new PauseGate({
      onPause: (atMs) => reporter.handlePause('audio', atMs),
      onGoOn: (atMs) => reporter.handleGoingOn('audio', atMs),
    });
  }

  /** The frames of one track, in the order in which they were sent. */
  place(frames: readonly TimedFrame[]): PlacedSound[] {
    const placed: PlacedSound[] = [];
    for (const { frame, localMs, missing } of frames) {
      // One by one: an hour's silence would be too many arguments.
      if (frame.kind === 'audio') for (const sound of this.#place(frame, localMs, missing)) placed.push(sound);
    }
    return placed;
  }

  /** A silent microphone is silence in the file. Nothing before its first packet. */
  fillUntil(localMs: number): PlacedSound[] {
    return this.#slots.fillUntil(localMs);
  }

  /** How far the sound is from there; nothing where it has not begun. */
  behindMs(localMs: number): number {
    return localMs - (this.#slots.positionMs ?? localMs);
  }

  /** Of the silence up to there so much, as soon as whole packets of it fit. */
  fillTowards(localMs: number, mostMs: number): PlacedSound[] {
    return this.fillUntil(Math.min(localMs, (this.#slots.positionMs ?? localMs) + mostMs));
  }

  /** The sender's RTP clock begins anew. */
  resume(): void {
    this.#slots.resume();
  }

  #place(frame: AudioFrame, localMs: number, missing: Missing): PlacedSound[] {
    const { reporter, earliestMs } = this.#options;
    if (!this.pauses.admits(frame.arrivalMs, localMs)) {
      reporter.handleLeftOut('audio', 'paused');
      return [];
    }
    const leadMs = localMs - earliestMs();
    if (this.#slots.positionMs === undefined && leadMs < 0) {
      reporter.handleLeftOut('audio', 'outOfPlace');
      reporter.handleMissing('audio', missing);
      return [];
    }
    const placed = this.#slots.place(frame, localMs, localMs - (leadMs > MAX_LEAD_IN_MS ? 0 : leadMs));
    this.#report(frame, placed.at(-1), missing);
    return placed;
  }

  #report({ rtpTimestamp, durationMs, data }: AudioFrame, own: PlacedSound | undefined, missing: Missing): void {
    const { reporter } = this.#options;
    if (own === undefined) {
      reporter.handleSoundOutOfPlace(durationMs);
      reporter.handleMissing('audio', missing);
      return;
    }
    const isSilence = this.#silence.isSilence(data);
    reporter.placeSound({ rtpTimestamp, localMs: own.localMs, durationMs, isSilence, missing });
  }
}
