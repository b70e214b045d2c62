/** What a publication sends, as far as whoever is to receive it must know. */
import type { AudioCodecName, VideoCodecName } from '@callreel/contract/conference.ts';
import type { MediaChoice } from './choose-media.ts';

export type PublishedMedia = {
  audio: { name: AudioCodecName; channels: 1 | 2 } | undefined;
  /** `parameters`: those of its format, names in lower case. */
  video: { name: VideoCodecName; parameters: ReadonlyMap<string, string> } | undefined;
};

/** What was chosen of its publisher's offer. */
export const publishedMedia = ({ audio, video }: MediaChoice): PublishedMedia => ({
  audio: audio && { name: audio.name, channels: audio.channels },
  video: video && { name: video.name, parameters: video.codec.parameters },
});
