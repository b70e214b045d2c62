/** What the server itself has to know of an offer. The media process judges it again, and may refuse more. */
import { AUDIO_CODEC_NAMES, type AudioCodecName, type VideoCodecName } from '@callreel/contract/conference.ts';
import { chooseMedia } from '@callreel/media/sdp/choose-media.ts';
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
