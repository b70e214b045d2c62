/** Which one of an m-line's video codecs is taken. */
import type { VideoCodecName } from '@callreel/contract/conference.ts';
import type { OfferedCodec } from './codec.ts';

export type ChosenVideoCodec = { name: VideoCodecName; codec: OfferedCodec; rtx: OfferedCodec | undefined };

const VIDEO_CLOCK_RATE_HZ = 90_000;
const BASELINE_PROFILE = 0x42;
/** constraint_set1_flag: with the baseline profile, constrained baseline (RFC 6184 section 8.1). */
const CONSTRAINED = 0x40;

/**
 * Lower is better: packetization mode 1 before 0, and constrained baseline, which every device encodes and decodes, before others.
 * Undefined for mode 2 (interleaved), which no browser sends.
 */
const rankH264 = (codec: OfferedCodec): number | undefined => {
  const mode = codec.parameters.get('packetization-mode') ?? '0';
  if (mode !== '0' && mode !== '1') return undefined;
  // Baseline where the parameter is absent (RFC 6184 section 8.1).
  const profile = Number.parseInt(codec.parameters.get('profile-level-id') ?? '42000a', 16);
  const baseline = profile >> 16 === BASELINE_PROFILE;
  const constrained = baseline && ((profile >> 8) & CONSTRAINED) !== 0;
  return (mode === '1' ? 0 : 10) + (constrained ? 0 : baseline ? 1 : 2);
};

/**
 * VP9 and AV1: profile 0, which is meant where none is told, before those of more bits or more colour, which fewer devices decode
 * (RFC 9628 section 6.1, RTP Payload Format For AV1 section 7.1).
 */
const rankByProfile = ({ parameters }: OfferedCodec, name: string, highest: number): number | undefined => {
  const profile = parameters.get(name) ?? '0';
  return /^\d$/.test(profile) && Number(profile) <= highest ? Number(profile) : undefined;
};

const MAIN_PROFILE = '1';

/**
 * The main profile, which is meant where none is told, before others. Undefined for streams of several transports, or whose pictures
 * are sent out of order, with numbers that say so (RFC 7798 section 7.1): no browser sends them.
 */
const rankH265 = ({ parameters }: OfferedCodec): number | undefined => {
  const interleaved = Number(parameters.get('sprop-max-don-diff') ?? '0') !== 0;
  if (interleaved || (parameters.get('tx-mode') ?? 'SRST') !== 'SRST') return undefined;
  return (parameters.get('profile-id') ?? MAIN_PROFILE) === MAIN_PROFILE ? 0 : 1;
};

const rank = (name: VideoCodecName, codec: OfferedCodec): number | undefined => {
  switch (name) {
    case 'VP8':
      return 0;
    case 'H264':
      return rankH264(codec);
    case 'VP9':
      return rankByProfile(codec, 'profile-id', 3);
    case 'AV1':
      return rankByProfile(codec, 'profile', 2);
    case 'H265':
      return rankH265(codec);
  }
};

/** The best by rank; of equals, the one offered first. */
const best = (name: VideoCodecName, codecs: readonly OfferedCodec[]): OfferedCodec | undefined => {
  let chosen: { codec: OfferedCodec; rank: number } | undefined;
  for (const codec of codecs) {
    if (codec.name !== name.toLowerCase() || codec.clockRateHz !== VIDEO_CLOCK_RATE_HZ) continue;
    const codecRank = rank(name, codec);
    if (codecRank !== undefined && (chosen === undefined || codecRank < chosen.rank))
      chosen = { codec, rank: codecRank };
  }
  return chosen?.codec;
};

/** The retransmissions of a payload type: `apt` names it (RFC 4588 section 8.1). */
export const rtxOf = (payloadType: number, codecs: readonly OfferedCodec[]): OfferedCodec | undefined =>
  codecs.find((codec) => codec.name === 'rtx' && codec.parameters.get('apt') === String(payloadType));

/**
 * Exactly one, so that a sender never switches in mid-stream: the first of `preferred` that is offered.
 * Undefined where none is.
 */
export const chooseVideoCodec = (
  codecs: readonly OfferedCodec[],
  preferred: readonly VideoCodecName[],
): ChosenVideoCodec | undefined => {
  for (const name of preferred) {
    const codec = best(name, codecs);
    if (codec) return { name, codec, rtx: rtxOf(codec.payloadType, codecs) };
  }
  return undefined;
};
