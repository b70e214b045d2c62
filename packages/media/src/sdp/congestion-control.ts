/** How a publisher learns what the network carries: chosen once, for the answer and for what is sent it afterwards. */
import { ABSOLUTE_SEND_TIME_URI, TRANSPORT_SEQUENCE_NUMBER_URI } from '../rtp/header-extension.ts';
import type { MediaChoice } from './choose-media.ts';

export type CongestionControl =
  /** We estimate and it is told the result (REMB); where packets do not say when they were sent, by their RTP timestamps. */
  | { kind: 'receiver'; sendTimeExtensionId: number | undefined }
  /** It is told when each packet came, and estimates by itself. */
  | { kind: 'sender'; sequenceExtensionId: number }
  /** It takes neither: it sees its losses in receiver reports. */
  | { kind: 'reports' };

/**
 * By the m-line of video, whose packets are nearly all there are. Who takes REMB gets that: Chromium sends at once what it says, while its
 * own estimate from transport-wide feedback rises by 8 % a second, and mostly needed more than 20 s from 300 to 900 kbit/s
 * (docs/decisions/012-who-estimates-the-network.md).
 */
export const congestionControlOf = ({ video }: Pick<MediaChoice, 'video'>): CongestionControl => {
  if (video === undefined) return { kind: 'reports' };
  const { codec, offered } = video;
  const idOf = (wanted: string): number | undefined => offered.extensions.find(({ uri }) => uri === wanted)?.id;
  if (codec.feedback.has('goog-remb')) return { kind: 'receiver', sendTimeExtensionId: idOf(ABSOLUTE_SEND_TIME_URI) };
  const sequenceExtensionId = idOf(TRANSPORT_SEQUENCE_NUMBER_URI);
  if (codec.feedback.has('transport-cc') && sequenceExtensionId !== undefined) {
    return { kind: 'sender', sequenceExtensionId };
  }
  return { kind: 'reports' };
};
