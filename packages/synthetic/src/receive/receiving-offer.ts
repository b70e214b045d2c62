import type { VideoCodecName } from '@callreel/contract/conference.ts';
import { CODEC_LINES, type DtlsSetup, type LocalTransport, MID_EXTENSION } from '../send/offer.ts';

export type ReceivingOffer = {
  transport: LocalTransport;
  setup: DtlsSetup;
  audio: boolean;
  video: VideoCodecName | undefined;
  /** `rtx` and `goog-remb`, as browsers offer them; without, lost packets come again as they were. */
  rtx: boolean;
};

export const RECEIVED_PAYLOAD_TYPES = { audio: 109, video: 120, rtx: 121 } as const;
export const RECEIVED_EXTENSION_IDS = { mid: 9, audioLevel: 7, sendTime: 3 } as const;

const transportLines = ({ iceUfrag, icePwd, fingerprint }: LocalTransport, setup: DtlsSetup): string[] => [
  'c=IN IP4 0.0.0.0',
  `a=ice-ufrag:${iceUfrag}`,
  `a=ice-pwd:${icePwd}`,
  `a=fingerprint:${fingerprint}`,
  `a=setup:${setup}`,
  'a=recvonly',
  'a=rtcp-mux',
  'a=rtcp-rsize',
  `a=extmap:${RECEIVED_EXTENSION_IDS.mid} ${MID_EXTENSION}`,
  `a=extmap:${RECEIVED_EXTENSION_IDS.sendTime} http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time`,
  `a=extmap:${RECEIVED_EXTENSION_IDS.audioLevel} urn:ietf:params:rtp-hdrext:ssrc-audio-level`,
];

const audioSection = (offer: ReceivingOffer): string[] => [
  `m=audio 9 UDP/TLS/RTP/SAVPF ${RECEIVED_PAYLOAD_TYPES.audio}`,
  'a=mid:0',
  ...transportLines(offer.transport, offer.setup),
  `a=rtpmap:${RECEIVED_PAYLOAD_TYPES.audio} opus/48000/2`,
];

const videoSection = (offer: ReceivingOffer, codec: VideoCodecName): string[] => {
  const { video, rtx } = RECEIVED_PAYLOAD_TYPES;
  return [
    `m=video 9 UDP/TLS/RTP/SAVPF ${[video, ...(offer.rtx ? [rtx] : [])].join(' ')}`,
    'a=mid:1',
    ...transportLines(offer.transport, offer.setup),
    ...CODEC_LINES[codec](video),
    ...['nack', 'nack pli', 'goog-remb'].map((feedback) => `a=rtcp-fb:${video} ${feedback}`),
    ...(offer.rtx ? [`a=rtpmap:${rtx} rtx/90000`, `a=fmtp:${rtx} apt=${video}`] : []),
  ];
};

/** An offer to receive, with payload types and extension ids that no sender here uses. Without candidates: see `buildOffer`. */
export const buildReceivingOffer = (offer: ReceivingOffer): string => {
  const mids = [...(offer.audio ? ['0'] : []), ...(offer.video ? ['1'] : [])];
  return [
    'v=0',
    `o=- ${Date.now()} 1 IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    `a=group:BUNDLE ${mids.join(' ')}`,
    ...(offer.audio ? audioSection(offer) : []),
    ...(offer.video ? videoSection(offer, offer.video) : []),
    '',
  ].join('\r\n');
};
