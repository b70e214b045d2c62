/** What of an offer is taken: at most one m-line of sound and one of video, with one codec each. */
import type { AudioCodecName, VideoCodecName } from '@callreel/contract/conference.ts';
import { type ChosenAudioCodec, chooseAudioCodec } from './choose-audio-codec.ts';
import { type ChosenVideoCodec, chooseVideoCodec } from './choose-video-codec.ts';
import { type ConnectionParameters, readConnectionParameters } from './connection-parameters.ts';
import type { Offer, OfferedSection } from './offer.ts';
import { SdpError } from './sdp-error.ts';
import { hasAttribute } from './session-description.ts';

export type ChosenAudio = ChosenAudioCodec & { offered: OfferedSection };
export type ChosenVideo = ChosenVideoCodec & { offered: OfferedSection };

export type MediaChoice = {
  audio: ChosenAudio | undefined;
  video: ChosenVideo | undefined;
  connection: ConnectionParameters;
  /** The peer takes RTCP that is no full compound (a=rtcp-rsize, RFC 5506). */
  reducedSizeRtcp: boolean;
};

export const SECURE_PROTOCOL = /^(?:UDP\/TLS|TCP\/DTLS)\/RTP\/SAVPF?$|^RTP\/SAVPF?$/;

const isUsable = (offered: OfferedSection): boolean =>
  !offered.disabled && offered.sends && SECURE_PROTOCOL.test(offered.section.protocol);

/** Of all m-lines: a gateway that offers its telephone's codec first and Opus second is heard in Opus. */
const chooseAudio = (
  sections: readonly OfferedSection[],
  preferred: readonly AudioCodecName[],
): ChosenAudio | undefined => {
  const sounds = sections.filter(({ section }) => section.kind === 'audio');
  for (const names of [preferred.filter((name) => name === 'opus'), preferred.filter((name) => name !== 'opus')]) {
    for (const offered of sounds) {
      const chosen = chooseAudioCodec(offered.codecs, names);
      if (chosen) return { ...chosen, offered };
    }
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

export const assertOneConnection = (taken: readonly OfferedSection[]): void => {
  for (const { section, bundled, mid } of taken) {
    if (taken.length > 1 && !(bundled && mid !== undefined)) throw SdpError.notBundled(section.line);
    if (!hasAttribute(section.attributes, 'rtcp-mux')) throw SdpError.noMux(section.line);
  }
};

/** Names the first m-line that might have been taken, and what it offered. */
const nothingTaken = (usable: readonly OfferedSection[], accepted: AcceptedMedia): SdpError => {
  const refused = usable.find(isMedia);
  if (refused === undefined) return SdpError.noMedia();
  const wanted = refused.section.kind === 'audio' ? accepted.audioCodecs : accepted.videoCodecs;
  return SdpError.noCommonCodec(refused.section.line, [...new Set(refused.codecs.map(({ name }) => name))], wanted);
};

/** What may be taken; video in order of preference, none of a kind where its list is empty. */
export type AcceptedMedia = { audioCodecs: readonly AudioCodecName[]; videoCodecs: readonly VideoCodecName[] };

/**
 * Chooses what to receive.
 * @throws SdpError where nothing can be taken, or what could be cannot be connected
 */
export const chooseMedia = (offer: Offer, accepted: AcceptedMedia): MediaChoice => {
  const usable = offer.sections.filter(isUsable);
  const audio = chooseAudio(usable, accepted.audioCodecs);
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
