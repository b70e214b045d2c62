/** What of an offer is taken: at most one m-line of sound and one of video, with one codec each. */
import type { VideoCodecName } from '@callreel/contract/conference.ts';
import { type ChosenVideoCodec, chooseVideoCodec } from './choose-video-codec.ts';
import type { OfferedCodec } from './codec.ts';
import { type ConnectionParameters, readConnectionParameters } from './connection-parameters.ts';
import type { Offer, OfferedSection } from './offer.ts';
import { SdpError } from './sdp-error.ts';
import { hasAttribute } from './session-description.ts';

export type ChosenAudio = { offered: OfferedSection; codec: OfferedCodec; channels: 1 | 2 };
export type ChosenVideo = ChosenVideoCodec & { offered: OfferedSection };

export type MediaChoice = {
  audio: ChosenAudio | undefined;
  video: ChosenVideo | undefined;
  connection: ConnectionParameters;
  /** The peer takes RTCP that is no full compound (a=rtcp-rsize, RFC 5506). */
  reducedSizeRtcp: boolean;
};

const OPUS_CLOCK_RATE_HZ = 48_000;
const SECURE_PROTOCOL = /^(?:UDP\/TLS|TCP\/DTLS)\/RTP\/SAVPF?$|^RTP\/SAVPF?$/;

const isUsable = (offered: OfferedSection): boolean =>
  !offered.disabled && offered.sends && SECURE_PROTOCOL.test(offered.section.protocol);

/** RFC 7587 section 7: whether the sender means to send stereo, or is ready to. */
const opusChannels = ({ parameters }: OfferedCodec): 1 | 2 =>
  parameters.get('sprop-stereo') === '1' || parameters.get('stereo') === '1' ? 2 : 1;

const chooseAudio = (sections: readonly OfferedSection[]): ChosenAudio | undefined => {
  for (const offered of sections) {
    if (offered.section.kind !== 'audio') continue;
    const codec = offered.codecs.find(({ name, clockRateHz }) => name === 'opus' && clockRateHz === OPUS_CLOCK_RATE_HZ);
    if (codec) return { offered, codec, channels: opusChannels(codec) };
  }
  return undefined;
};

const chooseVideo = (
  sections: readonly OfferedSection[],
  preferred: readonly VideoCodecName[],
): ChosenVideo | undefined => {
  for (const offered of sections) {
    if (offered.section.kind !== 'video') continue;
    const chosen = chooseVideoCodec(offered.codecs, preferred);
    if (chosen) return { ...chosen, offered };
  }
  return undefined;
};

const isMedia = ({ section }: OfferedSection): boolean => section.kind === 'audio' || section.kind === 'video';

const assertOneConnection = (taken: readonly OfferedSection[]): void => {
  for (const { section, bundled, mid } of taken) {
    if (taken.length > 1 && !(bundled && mid !== undefined)) throw SdpError.notBundled(section.line);
    if (!hasAttribute(section.attributes, 'rtcp-mux')) throw SdpError.noMux(section.line);
  }
};

/** Names the first m-line that might have been taken, and what it offered. */
const nothingTaken = (usable: readonly OfferedSection[], accepted: AcceptedMedia): SdpError => {
  const refused = usable.find(isMedia);
  if (refused === undefined) return SdpError.noMedia();
  const audioCodecs = accepted.audio ? ['opus'] : [];
  const wanted = refused.section.kind === 'audio' ? audioCodecs : accepted.videoCodecs;
  return SdpError.noCommonCodec(refused.section.line, [...new Set(refused.codecs.map(({ name }) => name))], wanted);
};

/** What may be taken; video in order of preference, none where the list is empty. */
export type AcceptedMedia = { audio: boolean; videoCodecs: readonly VideoCodecName[] };

/**
 * Chooses what to receive.
 * @throws SdpError where nothing can be taken, or what could be cannot be connected
 */
export const chooseMedia = (offer: Offer, accepted: AcceptedMedia): MediaChoice => {
  const usable = offer.sections.filter(isUsable);
  const audio = accepted.audio ? chooseAudio(usable) : undefined;
  const video = chooseVideo(usable, accepted.videoCodecs);
  const taken = offer.sections.filter((offered) => offered === audio?.offered || offered === video?.offered);
  // The first of those taken leads the bundle (RFC 9143 section 7.3.2).
  const leader = taken[0];
  if (leader === undefined) throw nothingTaken(usable, accepted);
  assertOneConnection(taken);
  return {
    audio,
    video,
    connection: readConnectionParameters(offer.session, leader.section),
    reducedSizeRtcp: taken.every(({ section }) => hasAttribute(section.attributes, 'rtcp-rsize')),
  };
};
