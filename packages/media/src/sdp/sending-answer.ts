/** Our answer to a subscriber: what it is sent, over one bundled connection (RFC 8829, RFC 9143); `answer.ts` is for publishers. */
import { ABSOLUTE_SEND_TIME_URI, AUDIO_LEVEL_URI, MID_URI } from '../rtp/header-extension.ts';
import {
  candidateLines,
  echoed,
  mediaLine,
  REPEATED_PARAMETERS,
  rejectedSection,
  sessionLines,
  transportLines,
} from './answer.ts';
import type { ChosenAudio, ChosenVideo, MediaChoice } from './choose-media.ts';
import type { LocalConnection } from './local-connection.ts';
import type { HeaderExtensionId, Offer, OfferedSection } from './offer.ts';

/** What we send it with: our own, whatever the publisher's were. */
export type SendingStreams = {
  /** Names the publication: the same in both m-lines, so that players keep sound and picture together. */
  name: string;
  audioSsrc: number;
  videoSsrc: number;
  rtxSsrc: number;
};

export type SendingAnswerOptions = {
  offer: Offer;
  choice: MediaChoice;
  local: LocalConnection;
  /** A number of up to 18 digits that no other answer has. */
  sessionId: string;
  streams: SendingStreams;
};

/** All that a caller is ever sent of: what is not here does not pass from one caller to another. */
const SENT_EXTENSIONS: ReadonlySet<string> = new Set([MID_URI, AUDIO_LEVEL_URI, ABSOLUTE_SEND_TIME_URI]);
/** Beyond it an element has two bytes in front (RFC 8285 section 4.2); nobody needs so many. */
const MAX_ONE_BYTE_ID = 14;
const FEEDBACK = ['nack', 'nack pli', 'ccm fir', 'goog-remb'] as const;
/** The extensions that are sent in an m-line, under the subscriber's ids. */
export const sentExtensions = ({ extensions }: OfferedSection): HeaderExtensionId[] =>
  extensions.filter(({ id, uri }) => id <= MAX_ONE_BYTE_ID && SENT_EXTENSIONS.has(uri));

const fmtp = (payloadType: number, parameters: readonly string[]): string[] =>
  parameters.length === 0 ? [] : [`a=fmtp:${payloadType} ${parameters.join(';')}`];

const audioLines = ({ name, codec, channels }: ChosenAudio, streams: SendingStreams): string[] => {
  const { payloadType, clockRateHz } = codec;
  const opus = [...echoed(codec, ['minptime', 'useinbandfec']), ...(channels === 2 ? ['sprop-stereo=1'] : [])];
  return [
    `a=msid:${streams.name} audio`,
    ...(name === 'opus'
      ? [`a=rtpmap:${payloadType} opus/48000/2`, ...fmtp(payloadType, opus)]
      : [`a=rtpmap:${payloadType} ${name}/${clockRateHz}`]),
    `a=ssrc:${streams.audioSsrc} cname:${streams.name}`,
  ];
};

const rtxLines = ({ codec, rtx }: ChosenVideo, { name, videoSsrc, rtxSsrc }: SendingStreams): string[] =>
  rtx === undefined
    ? []
    : [
        `a=rtpmap:${rtx.payloadType} rtx/90000`,
        `a=fmtp:${rtx.payloadType} apt=${codec.payloadType}`,
        `a=ssrc-group:FID ${videoSsrc} ${rtxSsrc}`,
        `a=ssrc:${rtxSsrc} cname:${name}`,
      ];

const videoLines = (video: ChosenVideo, streams: SendingStreams): string[] => {
  const { name, codec } = video;
  return [
    `a=msid:${streams.name} video`,
    `a=rtpmap:${codec.payloadType} ${name}/90000`,
    ...FEEDBACK.filter((kind) => codec.feedback.has(kind)).map((kind) => `a=rtcp-fb:${codec.payloadType} ${kind}`),
    ...fmtp(codec.payloadType, echoed(codec, REPEATED_PARAMETERS[name])),
    // In this order: libwebrtc takes the first a=ssrc for that of the media.
    `a=ssrc:${streams.videoSsrc} cname:${streams.name}`,
    ...rtxLines(video, streams),
  ];
};

const takenSection = (
  offered: OfferedSection,
  { choice, local, streams }: SendingAnswerOptions,
): string[] | undefined => {
  const { audio, video } = choice;
  const isAudio = offered === audio?.offered;
  if (!isAudio && offered !== video?.offered) return undefined;
  const videoFormats = video ? [video.codec.payloadType, ...(video.rtx ? [video.rtx.payloadType] : [])] : [];
  return [
    mediaLine(offered, 9, isAudio && audio ? [audio.codec.payloadType] : videoFormats),
    'c=IN IP4 0.0.0.0',
    'a=rtcp:9 IN IP4 0.0.0.0',
    ...(offered.mid === undefined ? [] : [`a=mid:${offered.mid}`]),
    'a=sendonly',
    ...transportLines(choice, local),
    ...sentExtensions(offered).map(({ id, uri }) => `a=extmap:${id} ${uri}`),
    ...(isAudio && audio ? audioLines(audio, streams) : []),
    ...(!isAudio && video ? videoLines(video, streams) : []),
  ];
};

/** m-lines in the offer's order. */
export const buildSendingAnswer = (options: SendingAnswerOptions): string => {
  let leading = true;
  const sections = options.offer.sections.flatMap((offered) => {
    const lines = takenSection(offered, options);
    if (lines === undefined) return rejectedSection(offered);
    if (leading) lines.push(...candidateLines(options.local));
    leading = false;
    return lines;
  });
  return `${[...sessionLines(options), ...sections].join('\r\n')}\r\n`;
};
