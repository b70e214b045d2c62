/** What of a subscriber's offer is answered: where it would receive what a publication sends, in that publication's codecs. */
import { chooseAudioCodec } from './choose-audio-codec.ts';
import {
  assertOneConnection,
  type ChosenAudio,
  type ChosenVideo,
  type MediaChoice,
  SECURE_PROTOCOL,
} from './choose-media.ts';
import { rtxOf } from './choose-video-codec.ts';
import type { OfferedCodec } from './codec.ts';
import { readConnectionParameters } from './connection-parameters.ts';
import type { Offer, OfferedSection } from './offer.ts';
import type { PublishedMedia } from './published-media.ts';
import { SdpError } from './sdp-error.ts';
import { hasAttribute } from './session-description.ts';

type Parameters = ReadonlyMap<string, string>;
type PublishedVideo = NonNullable<PublishedMedia['video']>;

const VIDEO_CLOCK_RATE_HZ = 90_000;

const isUsable = (offered: OfferedSection): boolean =>
  !offered.disabled && offered.receives && SECURE_PROTOCOL.test(offered.section.protocol);

/** Profile and constraints, without the level (RFC 6184 section 8.1). */
const h264Profile = (parameters: Parameters): string =>
  (parameters.get('profile-level-id') ?? '42000a').slice(0, 4).toLowerCase();

/** 0: cannot be decoded; otherwise more is better. Who takes no fragments cannot be sent any; decoders take other profiles as a rule. */
const h264Fit = (offered: Parameters, published: Parameters): number => {
  const mode = (parameters: Parameters): string => parameters.get('packetization-mode') ?? '0';
  if (mode(published) === '1' && mode(offered) !== '1') return 0;
  return h264Profile(offered) === h264Profile(published) ? 2 : 1;
};

const vp9Fit = (offered: Parameters, published: Parameters): number =>
  (offered.get('profile-id') ?? '0') === (published.get('profile-id') ?? '0') ? 1 : 0;

const fitOf = (codec: OfferedCodec, published: PublishedVideo): number => {
  if (codec.name !== published.name.toLowerCase() || codec.clockRateHz !== VIDEO_CLOCK_RATE_HZ) return 0;
  if (codec.name === 'h264') return h264Fit(codec.parameters, published.parameters);
  if (codec.name === 'vp9') return vp9Fit(codec.parameters, published.parameters);
  return 1;
};

/** The best by fit; of equals, the one offered first. */
const bestCodec = (codecs: readonly OfferedCodec[], published: PublishedVideo): OfferedCodec | undefined => {
  const fitting = codecs.filter((codec) => fitOf(codec, published) > 0);
  return fitting.toSorted((one, other) => fitOf(other, published) - fitOf(one, published))[0];
};

const noCodec = ({ section, codecs }: OfferedSection, wanted: string): SdpError =>
  SdpError.noCommonCodec(section.line, [...new Set(codecs.map(({ name }) => name))], [wanted]);

const sectionsOf = (usable: readonly OfferedSection[], kind: 'audio' | 'video'): readonly OfferedSection[] =>
  usable.filter(({ section }) => section.kind === kind);

const chooseAudio = (
  usable: readonly OfferedSection[],
  published: PublishedMedia['audio'],
): ChosenAudio | undefined => {
  const sections = sectionsOf(usable, 'audio');
  if (published === undefined || sections[0] === undefined) return undefined;
  for (const offered of sections) {
    const chosen = chooseAudioCodec(offered.codecs, [published.name]);
    if (chosen) return { ...chosen, offered, channels: published.channels };
  }
  throw noCodec(sections[0], published.name);
};

const chooseVideo = (
  usable: readonly OfferedSection[],
  published: PublishedMedia['video'],
): ChosenVideo | undefined => {
  const sections = sectionsOf(usable, 'video');
  if (published === undefined || sections[0] === undefined) return undefined;
  for (const offered of sections) {
    const codec = bestCodec(offered.codecs, published);
    if (codec) return { name: published.name, codec, rtx: rtxOf(codec.payloadType, offered.codecs), offered };
  }
  const { name, parameters } = published;
  throw noCodec(
    sections[0],
    parameters.size === 0 ? name : `${name} (${[...parameters].map((pair) => pair.join('=')).join(';')})`,
  );
};

/**
 * At most one m-line of sound and one of video; `sendrecv` counts as receiving.
 * @throws SdpError where a codec that is needed is not offered, nothing is received, or what is cannot be connected
 */
export const chooseReceived = (offer: Offer, published: PublishedMedia): MediaChoice => {
  const usable = offer.sections.filter(isUsable);
  const audio = chooseAudio(usable, published.audio);
  const video = chooseVideo(usable, published.video);
  const taken = offer.sections.filter((offered) => offered === audio?.offered || offered === video?.offered);
  const leader = taken[0];
  if (leader === undefined) throw SdpError.nothingReceived();
  assertOneConnection(taken);
  return {
    audio,
    video,
    connection: readConnectionParameters(offer.session, leader.section),
    reducedSizeRtcp: taken.every(({ section }) => hasAttribute(section.attributes, 'rtcp-rsize')),
  };
};
