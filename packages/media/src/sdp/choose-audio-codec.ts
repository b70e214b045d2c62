/** Which one of an m-line's codecs of sound is taken. */
import type { AudioCodecName } from '@callreel/contract/conference.ts';
import { SOUND_CODECS } from '../depacketize/sound-codec.ts';
import type { OfferedCodec } from './codec.ts';

export type ChosenAudioCodec = { name: AudioCodecName; codec: OfferedCodec; channels: 1 | 2 };

/** RFC 7587 section 7: whether the sender means to send stereo, or is ready to. */
const opusChannels = ({ parameters }: OfferedCodec): 1 | 2 =>
  parameters.get('sprop-stereo') === '1' || parameters.get('stereo') === '1' ? 2 : 1;

/** G.711 of several channels is not what gateways send. */
const channelsOf = (name: AudioCodecName, codec: OfferedCodec): 1 | 2 | undefined => {
  if (name === 'opus') return opusChannels(codec);
  return codec.channels === 1 ? 1 : undefined;
};

/** Of those accepted, the first that is offered. */
export const chooseAudioCodec = (
  codecs: readonly OfferedCodec[],
  accepted: readonly AudioCodecName[],
): ChosenAudioCodec | undefined => {
  for (const codec of codecs) {
    const name = accepted.find((each) => each.toLowerCase() === codec.name);
    if (name === undefined || codec.clockRateHz !== SOUND_CODECS[name].clockRateHz) continue;
    const channels = channelsOf(name, codec);
    if (channels !== undefined) return { name, codec, channels };
  }
  return undefined;
};
