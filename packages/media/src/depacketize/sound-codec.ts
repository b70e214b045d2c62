/** What codecs of sound differ in, for those who place packets in time and fill the holes between them. */
import type { AudioCodecName } from '@callreel/contract/conference.ts';
import { G711_SAMPLES_PER_MS, type G711CodecName, g711DurationMs, g711FillerLike, g711SilenceLike } from './g711.ts';
import { silenceDurationMs, silenceLike } from './opus.ts';

export type SoundCodec = {
  /** Of RTP timestamps. */
  clockRateHz: number;
  /** A packet of silence that may stand where `packet` could. */
  silenceLike(packet: Uint8Array): Uint8Array;
  /** A packet of silence that may stand behind `packet` where none came. */
  fillerLike(packet: Uint8Array): Uint8Array;
  /** How much sound `fillerLike(packet)` holds. */
  fillerDurationMs(packet: Uint8Array): number;
};

const g711 = (name: G711CodecName): SoundCodec => ({
  clockRateHz: 1000 * G711_SAMPLES_PER_MS,
  silenceLike: (packet) => g711SilenceLike(name, packet),
  fillerLike: (packet) => g711FillerLike(name, packet),
  fillerDurationMs: (packet) => g711DurationMs(g711FillerLike(name, packet)),
});

export const SOUND_CODECS: Readonly<Record<AudioCodecName, SoundCodec>> = {
  opus: { clockRateHz: 48_000, silenceLike, fillerLike: silenceLike, fillerDurationMs: silenceDurationMs },
  PCMU: g711('PCMU'),
  PCMA: g711('PCMA'),
};
