import { BEEP_MS } from '../prepare/sound.ts';
import type { Sound } from './sound-timeline.ts';

/** The sound is measured in steps of 0.25 ms. */
const STEPS_PER_MS = 4;
/** Ten milliseconds see whole periods of every tone in whole hundreds of hertz: steady ones cancel out. */
const WINDOW_MS = 10;
const WINDOW_STEPS = WINDOW_MS * STEPS_PER_MS;
/** Weaker than this against full scale is no beep. */
const LEAST_AMPLITUDE = 0.02;
/** Weaker than this against the strongest beep is none either: another caller's beep leaks by 0.06 at most. */
const LEAST_SHARE = 0.35;

/** The strength of one frequency in each window, by how many steps the window's start lies after the sound's. */
const envelopeOf = ({ samples, samplesPerSecond }: Sound, hertz: number): Float64Array => {
  const stepSamples = Math.round(samplesPerSecond / 1000 / STEPS_PER_MS);
  const steps = Math.floor(samples.length / stepSamples);
  const real = new Float64Array(steps);
  const imaginary = new Float64Array(steps);
  for (let index = 0; index < steps * stepSamples; index++) {
    const angle = (2 * Math.PI * hertz * index) / samplesPerSecond;
    const step = Math.floor(index / stepSamples);
    real[step] = (real[step] ?? 0) + (samples[index] ?? 0) * Math.cos(angle);
    imaginary[step] = (imaginary[step] ?? 0) + (samples[index] ?? 0) * Math.sin(angle);
  }
  const scale = 2 / (WINDOW_STEPS * stepSamples);
  return Float64Array.from({ length: Math.max(0, steps - WINDOW_STEPS) }, (_, start) => {
    const sum = (parts: Float64Array) => parts.subarray(start, start + WINDOW_STEPS).reduce((a, b) => a + b, 0);
    return scale * Math.hypot(sum(real), sum(imaginary));
  });
};

const median = (values: Float64Array): number => Float64Array.from(values).sort()[Math.floor(values.length / 2)] ?? 0;

/** Where the strength crosses `level` upwards next to `near`, between steps; undefined where it was above it all along. */
const crossing = (envelope: Float64Array, near: number, level: number): number | undefined => {
  for (let step = Math.max(1, near - WINDOW_STEPS); step <= near + WINDOW_STEPS; step++) {
    const [before = 0, now = 0] = [envelope[step - 1], envelope[step]];
    if (before < level && now >= level) return step - 1 + (level - before) / (now - before);
  }
  return undefined;
};

/**
 * When each beep of this frequency begins, in file time. A window that a beep half fills shows half its strength: the beep begins at
 * that window's middle. A beep with no quiet before it is left out: when it began is not known.
 */
export const beepOnsets = (sound: Sound, hertz: number): number[] => {
  const envelope = envelopeOf(sound, hertz);
  const strongest = envelope.reduce((most, strength) => Math.max(most, strength), 0);
  const least = Math.max(LEAST_AMPLITUDE, LEAST_SHARE * strongest);
  const onsets: number[] = [];
  for (let step = 1; step < envelope.length; step++) {
    if ((envelope[step - 1] ?? 0) >= least || (envelope[step] ?? 0) < least) continue;
    const plateau = median(envelope.subarray(step + WINDOW_STEPS, step + (BEEP_MS - WINDOW_MS) * STEPS_PER_MS));
    const onset = plateau < least ? undefined : crossing(envelope, step, plateau / 2);
    if (onset === undefined) continue;
    onsets.push(sound.startMs + (onset + WINDOW_STEPS / 2) / STEPS_PER_MS);
    step += BEEP_MS * STEPS_PER_MS;
  }
  return onsets;
};
