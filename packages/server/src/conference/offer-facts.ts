/** What the server itself has to know of an offer; the media process judges it. */
import type { VideoCodecName } from '@callreel/contract/conference.ts';
import { chooseMedia } from '@callreel/media/sdp/choose-media.ts';
import { parseOffer } from '@callreel/media/sdp/offer.ts';
import { SdpError } from '@callreel/media/sdp/sdp-error.ts';

export type OfferFacts = {
  /** Video would be taken of it. Assumed of an offer that cannot be read. */
  hasVideo: boolean;
  iceUfrag: string | undefined;
};

export const readOfferFacts = (text: string, videoCodecs: readonly VideoCodecName[]): OfferFacts => {
  try {
    const { video, connection } = chooseMedia(parseOffer(text), { audio: true, videoCodecs });
    return { hasVideo: video !== undefined, iceUfrag: connection.iceUfrag };
  } catch (error) {
    if (error instanceof SdpError) return { hasVideo: true, iceUfrag: undefined };
    throw error;
  }
};
