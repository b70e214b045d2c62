/** What the server itself has to know of an offer. The media process judges it again, and may refuse more. */
import { AUDIO_CODEC_NAMES, type AudioCodecName, type VideoCodecName } from '@callreel/contract/conference.ts';
import { chooseMedia } from '@callreel/media/sdp/choose-media.ts';
import { readConnectionParameters } from '@callreel/media/sdp/connection-parameters.ts';
import { parseOffer } from '@callreel/media/sdp/offer.ts';
import { SdpError } from '@callreel/media/sdp/sdp-error.ts';
import { ConferenceError } from './conference-error.ts';

export type OfferFacts = {
  /** Video would be taken of it. */
  hasVideo: boolean;
  audio: AudioCodecName | null;
  video: VideoCodecName | null;
  iceUfrag: string;
};

/** Of an offer to receive, of which the media process says what can be answered. @throws ConferenceError `illegalSdp` */
export const readIceUfrag = (text: string): string => {
  try {
    const offer = parseOffer(text);
    const leader = offer.sections.find(({ disabled, receives }) => receives && !disabled);
    if (leader === undefined) throw SdpError.nothingReceived();
    return readConnectionParameters(offer.session, leader.section).iceUfrag;
  } catch (error) {
    throw error instanceof SdpError ? ConferenceError.illegalSdp(error.message) : error;
  }
};

/** @throws ConferenceError `illegalSdp` */
export const readOfferFacts = (text: string, videoCodecs: readonly VideoCodecName[]): OfferFacts => {
  try {
    const { audio, video, connection } = chooseMedia(parseOffer(text), { audioCodecs: AUDIO_CODEC_NAMES, videoCodecs });
    return {
      hasVideo: video !== undefined,
      audio: audio?.name ?? null,
      video: video?.name ?? null,
      iceUfrag: connection.iceUfrag,
    };
  } catch (error) {
    throw error instanceof SdpError ? ConferenceError.illegalSdp(error.message) : error;
  }
};
