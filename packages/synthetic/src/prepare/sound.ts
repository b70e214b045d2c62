/**
 * The sound of a synthetic caller: a quiet tone all the time, and at each whole second, exactly with the flash, 40 ms of beep.
 *
 * Frequencies in whole hundreds of hertz have a whole number of periods in the 10 ms that the inspection looks at, so a steady tone
 * does not show in the measurement of a beep.
 */
export const SAMPLES_PER_SECOND = 48_000;
export const BEEP_MS = 40;

const BEEP_SAMPLES = (SAMPLES_PER_SECOND * BEEP_MS) / 1000;
const TONE_AMPLITUDE = 0.03;
/** Three callers at once still fit without clipping. */
const BEEP_AMPLITUDE = 0.25;

export type Voice = {
  /** The quiet tone, in hertz. */
  toneHz: number;
  /** The beep, in hertz. */
  beepHz: number;
};

const sine = (amplitude: number, hertz: number, sample: number): number =>
  amplitude * Math.sin((2 * Math.PI * hertz * sample) / SAMPLES_PER_SECOND);

/** `count` samples of mono sound in -1…1, from sample `first` of the caller's sound on. */
export const makeSound = (voice: Voice, first: number, count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, index) => {
    const sample = first + index;
    const sinceSecond = sample % SAMPLES_PER_SECOND;
    const beep = sinceSecond < BEEP_SAMPLES ? sine(BEEP_AMPLITUDE, voice.beepHz, sinceSecond) : 0;
    return beep + sine(TONE_AMPLITUDE, voice.toneHz, sample);
  });
