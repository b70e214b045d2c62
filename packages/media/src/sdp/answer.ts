/** Our answer to a publisher: what was chosen of its offer, over one bundled connection, and what was not, rejected (RFC 8829, RFC 9143). */
import type { VideoCodecName } from '@callreel/contract/conference.ts';
import {
  ABSOLUTE_SEND_TIME_URI,
  AUDIO_LEVEL_URI,
  MID_URI,
  REPAIRED_RID_URI,
  RID_URI,
  TRANSPORT_SEQUENCE_NUMBER_URI,
} from '../rtp/header-extension.ts';
import type { ChosenAudio, ChosenVideo, MediaChoice } from './choose-media.ts';
import type { OfferedCodec } from './codec.ts';
import { type CongestionControl, congestionControlOf } from './congestion-control.ts';
import type { LocalConnection } from './local-connection.ts';
import type { Offer, OfferedSection } from './offer.ts';
import { chooseRids, simulcastLines } from './simulcast.ts';

export type AnswerOptions = {
  offer: Offer;
  choice: MediaChoice;
  local: LocalConnection;
  /** A number of up to 18 digits that no other answer has. */
  sessionId: string;
  /** Where Chromium's estimate starts; without it, it takes half a minute to reach 720p. */
  startBitrateKbps: number;
};

/** Not among them: video-orientation, for without it pictures are turned before they are encoded, and every file is upright. */
const ACCEPTED_EXTENSIONS: ReadonlySet<string> = new Set([MID_URI, RID_URI, REPAIRED_RID_URI, AUDIO_LEVEL_URI]);
const ACCEPTED_FEEDBACK = ['nack', 'nack pli', 'ccm fir', 'goog-remb'] as const;
/** Accepted only by those who then send it: without, Chromium falls to 30 kbit/s. */
const TRANSPORT_WIDE_FEEDBACK = 'transport-cc';
/**
 * Of the format parameters, those that an answer repeats: they choose among a codec's forms (RFC 6184 section 8.2.2, RFC 9628 section 6.1,
 * RFC 7798 section 7.2.2, RTP Payload Format For AV1 section 7.2).
 */
export const REPEATED_PARAMETERS: Readonly<Record<VideoCodecName, readonly string[]>> = {
  VP8: [],
  H264: ['level-asymmetry-allowed', 'packetization-mode', 'profile-level-id'],
  VP9: ['profile-id'],
  AV1: ['profile', 'level-idx', 'tier'],
  H265: [
    'profile-space',
    'profile-id',
    'tier-flag',
    'level-id',
    'interop-constraints',
    'profile-compatibility-indicator',
    'tx-mode',
  ],
};
const SAFE_PARAMETER_VALUE = /^[A-Za-z0-9]{1,16}$/;

/** With AVPF's profile, whatever the offer wrote: RFC 8829 section 5.3.1. */
export const mediaLine = ({ section }: OfferedSection, port: number, formats: readonly (string | number)[]): string =>
  `m=${section.kind} ${port} ${section.protocol} ${formats.join(' ')}`;

export const rejectedSection = (offered: OfferedSection): string[] => [
  mediaLine(offered, 0, offered.section.formats.slice(0, 1)),
  'c=IN IP4 0.0.0.0',
  ...(offered.mid === undefined ? [] : [`a=mid:${offered.mid}`]),
  'a=inactive',
];

export const echoed = (codec: OfferedCodec, names: readonly string[]): string[] =>
  names.flatMap((name) => {
    const value = codec.parameters.get(name);
    return value !== undefined && SAFE_PARAMETER_VALUE.test(value) ? [`${name}=${value}`] : [];
  });

const feedbackLines = ({ payloadType, feedback }: OfferedCodec, kinds: readonly string[]): string[] =>
  kinds.filter((kind) => feedback.has(kind)).map((kind) => `a=rtcp-fb:${payloadType} ${kind}`);

const transportFeedback = (control: CongestionControl): string[] =>
  control.kind === 'sender' ? [TRANSPORT_WIDE_FEEDBACK] : [];

/** Without `usedtx`: a sender that stops in silence leaves holes in every file. */
const audioLines = ({ name, codec, channels }: ChosenAudio, control: CongestionControl): string[] => {
  const feedback = feedbackLines(codec, transportFeedback(control));
  if (name !== 'opus') return [`a=rtpmap:${codec.payloadType} ${name}/${codec.clockRateHz}`, ...feedback];
  const stereo = channels === 2 ? ['stereo=1'] : [];
  const parameters = [...echoed(codec, ['minptime', 'useinbandfec']), ...stereo];
  return [
    `a=rtpmap:${codec.payloadType} opus/48000/2`,
    ...feedback,
    ...(parameters.length === 0 ? [] : [`a=fmtp:${codec.payloadType} ${parameters.join(';')}`]),
  ];
};

const videoLines = (
  { name, codec, rtx, offered }: ChosenVideo,
  control: CongestionControl,
  startBitrateKbps: number,
): string[] => {
  const parameters = [...echoed(codec, REPEATED_PARAMETERS[name]), `x-google-start-bitrate=${startBitrateKbps}`];
  return [
    `a=rtpmap:${codec.payloadType} ${name}/90000`,
    ...feedbackLines(codec, [...ACCEPTED_FEEDBACK, ...transportFeedback(control)]),
    `a=fmtp:${codec.payloadType} ${parameters.join(';')}`,
    ...(rtx ? [`a=rtpmap:${rtx.payloadType} rtx/90000`, `a=fmtp:${rtx.payloadType} apt=${codec.payloadType}`] : []),
    ...simulcastLines(chooseRids(offered.simulcast, codec.payloadType), codec.payloadType),
  ];
};

/** The one that congestion control needs, where this m-line's codec goes with it. */
const controlExtension = (control: CongestionControl, codec: OfferedCodec): string | undefined => {
  switch (control.kind) {
    case 'sender':
      return codec.feedback.has(TRANSPORT_WIDE_FEEDBACK) ? TRANSPORT_SEQUENCE_NUMBER_URI : undefined;
    case 'receiver':
      return ABSOLUTE_SEND_TIME_URI;
    case 'reports':
      return undefined;
  }
};

const extensionLines = ({ extensions }: OfferedSection, wanted: string | undefined): string[] => {
  const taken = extensions.filter(({ uri }) => ACCEPTED_EXTENSIONS.has(uri) || uri === wanted);
  return taken.map(({ id, uri }) => `a=extmap:${id} ${uri}`);
};

export const transportLines = ({ reducedSizeRtcp }: MediaChoice, local: LocalConnection): string[] => [
  'a=rtcp-mux',
  ...(reducedSizeRtcp ? ['a=rtcp-rsize'] : []),
  `a=ice-ufrag:${local.iceUfrag}`,
  `a=ice-pwd:${local.icePwd}`,
  `a=fingerprint:${local.fingerprint}`,
  `a=setup:${local.setup}`,
];

type TakenSection = {
  offered: OfferedSection;
  formats: readonly number[];
  controlExtension: string | undefined;
  codecLines: readonly string[];
};

const takenSection = (taken: TakenSection, choice: MediaChoice, local: LocalConnection): string[] => [
  mediaLine(taken.offered, 9, taken.formats),
  'c=IN IP4 0.0.0.0',
  'a=rtcp:9 IN IP4 0.0.0.0',
  ...(taken.offered.mid === undefined ? [] : [`a=mid:${taken.offered.mid}`]),
  'a=recvonly',
  ...transportLines(choice, local),
  ...extensionLines(taken.offered, taken.controlExtension),
  ...taken.codecLines,
];

const describeTaken = (choice: MediaChoice, startBitrateKbps: number): TakenSection[] => {
  const { audio, video } = choice;
  const control = congestionControlOf(choice);
  const taken: TakenSection[] = [];
  if (audio) {
    taken.push({
      offered: audio.offered,
      formats: [audio.codec.payloadType],
      controlExtension: controlExtension(control, audio.codec),
      codecLines: audioLines(audio, control),
    });
  }
  if (video) {
    taken.push({
      offered: video.offered,
      formats: [video.codec.payloadType, ...(video.rtx ? [video.rtx.payloadType] : [])],
      controlExtension: controlExtension(control, video.codec),
      codecLines: videoLines(video, control, startBitrateKbps),
    });
  }
  return taken;
};

/** The candidates stand in the first m-line that is taken: the connection is one. */
export const candidateLines = (local: LocalConnection): string[] => [
  ...local.candidates.map((candidate) => `a=candidate:${candidate}`),
  'a=end-of-candidates',
];

export const sessionLines = ({
  offer,
  choice,
  sessionId,
}: Pick<AnswerOptions, 'offer' | 'choice' | 'sessionId'>): string[] => {
  const { audio, video } = choice;
  const isTaken = (offered: OfferedSection): boolean => offered === audio?.offered || offered === video?.offered;
  const mids = offer.sections.filter((offered) => isTaken(offered) && offered.bundled).map(({ mid }) => mid);
  return [
    'v=0',
    `o=- ${sessionId} 1 IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    ...(mids.length === 0 ? [] : [`a=group:BUNDLE ${mids.join(' ')}`]),
    ...(offer.mixedExtensions ? ['a=extmap-allow-mixed'] : []),
  ];
};

/** m-lines in the offer's order. */
export const buildAnswer = (options: AnswerOptions): string => {
  const { offer, choice, local } = options;
  const taken = describeTaken(choice, options.startBitrateKbps);
  let leading = true;
  const sections = offer.sections.flatMap((offered) => {
    const found = taken.find((candidate) => candidate.offered === offered);
    if (found === undefined) return rejectedSection(offered);
    const lines = takenSection(found, choice, local);
    if (leading) lines.push(...candidateLines(local));
    leading = false;
    return lines;
  });
  return `${[...sessionLines(options), ...sections].join('\r\n')}\r\n`;
};
