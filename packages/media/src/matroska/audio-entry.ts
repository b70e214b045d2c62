/** The TrackEntry of sound (RFC 9559 section 5.1.4.1). */
import type { AudioCodecName } from '@callreel/contract/conference.ts';
import { CODEC_IDS } from './codec-ids.ts';
import { element, floatElement, stringElement, unsignedElement } from './ebml.ts';

export const AUDIO_TRACK_NUMBER = 2;

export type AudioTrack = { codec: AudioCodecName; channels: 1 | 2 };

/** What libopus holds back at 48 kHz outside its low-delay mode: a decoder's first samples come before the first sound. */
const OPUS_PRE_SKIP_SAMPLES = 312;
const OPUS_CODEC_DELAY_MS = OPUS_PRE_SKIP_SAMPLES / 48;
/** RFC 7845 section 4.6: a decoder has settled after 80 ms. */
const OPUS_SEEK_PRE_ROLL_NS = 80_000_000;

/** Readers take this from every time of the sound track, so no block of it may lie earlier. */
export const codecDelayMs = (codec: AudioCodecName): number => (codec === 'opus' ? OPUS_CODEC_DELAY_MS : 0);

/** OpusHead (RFC 7845 section 5.1), little-endian. */
export const opusHead = (channels: 1 | 2): Uint8Array => {
  const bytes = new Uint8Array(19);
  bytes.set(Uint8Array.from('OpusHead', (letter) => letter.charCodeAt(0)));
  const view = new DataView(bytes.buffer);
  view.setUint8(8, 1);
  view.setUint8(9, channels);
  view.setUint16(10, OPUS_PRE_SKIP_SAMPLES, true);
  view.setUint32(12, 48_000, true);
  return bytes;
};

/** wFormatTag (RFC 2361). */
const WAVE_FORMAT_TAGS = { PCMA: 6, PCMU: 7 } as const;
const G711_RATE_HZ = 8000;

/** WAVEFORMATEX, little-endian: 8 bits a sample, one channel. */
const waveFormat = (codec: 'PCMU' | 'PCMA'): Uint8Array => {
  const view = new DataView(new ArrayBuffer(18));
  view.setUint16(0, WAVE_FORMAT_TAGS[codec], true);
  view.setUint16(2, 1, true);
  view.setUint32(4, G711_RATE_HZ, true);
  view.setUint32(8, G711_RATE_HZ, true);
  view.setUint16(12, 1, true);
  view.setUint16(14, 8, true);
  return new Uint8Array(view.buffer);
};

const opusParts = ({ channels }: AudioTrack): Uint8Array[] => [
  element(0x63a2, opusHead(channels)),
  unsignedElement(0x56aa, OPUS_CODEC_DELAY_MS * 1_000_000),
  unsignedElement(0x56bb, OPUS_SEEK_PRE_ROLL_NS),
  element(0xe1, floatElement(0xb5, 48_000), unsignedElement(0x9f, channels)),
];

const g711Parts = (codec: 'PCMU' | 'PCMA'): Uint8Array[] => [
  element(0x63a2, waveFormat(codec)),
  element(0xe1, floatElement(0xb5, G711_RATE_HZ), unsignedElement(0x9f, 1), unsignedElement(0x6264, 8)),
];

export const audioEntry = (track: AudioTrack): Uint8Array =>
  element(
    0xae,
    unsignedElement(0xd7, AUDIO_TRACK_NUMBER),
    unsignedElement(0x73c5, AUDIO_TRACK_NUMBER), // TrackUID
    unsignedElement(0x83, 2),
    unsignedElement(0x9c, 0), // FlagLacing
    stringElement(0x22b59c, 'und'),
    stringElement(0x86, CODEC_IDS[track.codec]),
    ...(track.codec === 'opus' ? opusParts(track) : g711Parts(track.codec)),
  );
