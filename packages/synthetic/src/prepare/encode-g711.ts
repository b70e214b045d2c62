import type { AudioCodecName } from '@callreel/contract/conference.ts';
import { makeSound, SAMPLES_PER_SECOND, type Voice } from './sound.ts';

const G711_SAMPLES_PER_SECOND = 8000;
const DECIMATION = SAMPLES_PER_SECOND / G711_SAMPLES_PER_SECOND;
const PACKET_SAMPLES = G711_SAMPLES_PER_SECOND / 50;
const MU_LAW_BIAS = 0x84;
const MU_LAW_MOST = 0x7f7b;

/** Which segment a magnitude lies in, from 0: its highest bit, above `lowest`. */
const segmentOf = (magnitude: number, lowest: number): number => Math.max(0, 31 - Math.clz32(magnitude) - lowest);

const toMuLaw = (sample: number): number => {
  const magnitude = Math.min(Math.abs(sample), MU_LAW_MOST) + MU_LAW_BIAS;
  const segment = segmentOf(magnitude, 7);
  const code = (sample < 0 ? 0x80 : 0) | (segment << 4) | ((magnitude >> (segment + 3)) & 15);
  return ~code & 0xff;
};

const toALaw = (sample: number): number => {
  const magnitude = Math.min(sample < 0 ? -sample - 1 : sample, 0x7fff);
  const segment = segmentOf(magnitude, 7);
  const step = segment === 0 ? magnitude >> 4 : (magnitude >> (segment + 3)) & 15;
  return ((sample < 0 ? 0 : 0x80) | (segment << 4) | step) ^ 0x55;
};

const COMPANDERS = { PCMU: toMuLaw, PCMA: toALaw } as const;

/** `durationMs` in packets of 20 ms of G.711 (ITU-T G.711), a byte a sample. Tones lie below 4 kHz: no filter is needed. */
export function* encodeG711(
  voice: Voice,
  codec: Exclude<AudioCodecName, 'opus'>,
  durationMs: number,
): Generator<Uint8Array> {
  for (let index = 0; 20 * index < durationMs; index++) {
    const count = PACKET_SAMPLES * DECIMATION;
    const sound = makeSound(voice, index * count, count);
    yield Uint8Array.from({ length: PACKET_SAMPLES }, (_, at) =>
      COMPANDERS[codec](Math.round(0x7fff * (sound[at * DECIMATION] ?? 0))),
    );
  }
}
