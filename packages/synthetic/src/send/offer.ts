import type { AudioCodecName, VideoCodecName } from '@callreel/contract/conference.ts';

/** What a peer's own description says of its transport. */
export type LocalTransport = { iceUfrag: string; icePwd: string; fingerprint: string };

export type OfferedTrack = {
  kind: 'audio' | 'video';
  mid: string;
  codec: AudioCodecName | VideoCodecName;
  payloadType: number;
  ssrc: number;
  rtx: { payloadType: number; ssrc: number } | undefined;
  /** What its packets say of how loud they are (RFC 6464), 0 to -127, by the media's time; without it they say nothing. */
  levelDbov?: LevelAt;
};

export type LevelAt = (mediaMs: number) => number;

/**
 * Who begins DTLS. Browsers offer `actpass`, and the service then has them begin. libdatachannel begins so early that the other side's
 * ICE is not yet ready in one connection of four, and tries again only after 1 s; as `passive` it lets the service begin, and all of 30
 * connections were open within 0.4 s.
 */
export type DtlsSetup = 'actpass' | 'passive';

export const MID_EXTENSION = 'urn:ietf:params:rtp-hdrext:sdes:mid';
const OFFERED_MID_EXTENSION_ID = 4;
export const AUDIO_LEVEL_EXTENSION = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level';
const OFFERED_AUDIO_LEVEL_EXTENSION_ID = 1;

export const CODEC_LINES: Record<OfferedTrack['codec'], (payloadType: number) => string[]> = {
  opus: (type) => [`a=rtpmap:${type} opus/48000/2`, `a=fmtp:${type} minptime=10;useinbandfec=1`],
  PCMU: (type) => [`a=rtpmap:${type} PCMU/8000`],
  PCMA: (type) => [`a=rtpmap:${type} PCMA/8000`],
  VP8: (type) => [`a=rtpmap:${type} VP8/90000`],
  H264: (type) => [
    `a=rtpmap:${type} H264/90000`,
    `a=fmtp:${type} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f`,
  ],
  AV1: (type) => [`a=rtpmap:${type} AV1/90000`, `a=fmtp:${type} profile=0;level-idx=5;tier=0`],
  H265: (type) => [`a=rtpmap:${type} H265/90000`, `a=fmtp:${type} profile-id=1;tier-flag=0;level-id=93;tx-mode=SRST`],
  VP9: (type) => [`a=rtpmap:${type} VP9/90000`, `a=fmtp:${type} profile-id=0`],
};

const VIDEO_FEEDBACK = ['goog-remb', 'ccm fir', 'nack', 'nack pli'];

const rtxLines = (track: OfferedTrack, cname: string): string[] =>
  track.rtx
    ? [
        `a=rtpmap:${track.rtx.payloadType} rtx/90000`,
        `a=fmtp:${track.rtx.payloadType} apt=${track.payloadType}`,
        `a=ssrc-group:FID ${track.ssrc} ${track.rtx.ssrc}`,
        `a=ssrc:${track.rtx.ssrc} cname:${cname}`,
      ]
    : [];

export type OfferFacts = { transport: LocalTransport; setup: DtlsSetup; cname: string };

/** One m-section, laid out as a browser does it, but without candidates. */
const section = (track: OfferedTrack, { transport, setup, cname }: OfferFacts): string[] => [
  `m=${track.kind} 9 UDP/TLS/RTP/SAVPF ${[track.payloadType, ...(track.rtx ? [track.rtx.payloadType] : [])].join(' ')}`,
  'c=IN IP4 0.0.0.0',
  'a=rtcp:9 IN IP4 0.0.0.0',
  `a=ice-ufrag:${transport.iceUfrag}`,
  `a=ice-pwd:${transport.icePwd}`,
  'a=ice-options:trickle',
  `a=fingerprint:${transport.fingerprint}`,
  `a=setup:${setup}`,
  `a=mid:${track.mid}`,
  `a=extmap:${OFFERED_MID_EXTENSION_ID} ${MID_EXTENSION}`,
  ...(track.levelDbov ? [`a=extmap:${OFFERED_AUDIO_LEVEL_EXTENSION_ID} ${AUDIO_LEVEL_EXTENSION}`] : []),
  'a=sendonly',
  `a=msid:${cname} ${track.kind}`,
  'a=rtcp-mux',
  'a=rtcp-rsize',
  ...CODEC_LINES[track.codec](track.payloadType),
  ...(track.kind === 'video' ? VIDEO_FEEDBACK.map((form) => `a=rtcp-fb:${track.payloadType} ${form}`) : []),
  ...rtxLines(track, cname),
  `a=ssrc:${track.ssrc} cname:${cname}`,
];

/**
 * The offer for these tracks on one BUNDLE transport. It bears no candidates: with them the other side's checks can come, and DTLS
 * start, before this side has stored its fingerprint, and 3 to 70 % of connections died so. Our own checks tell it where we are.
 */
export const buildOffer = (tracks: readonly OfferedTrack[], facts: OfferFacts): string =>
  [
    'v=0',
    `o=- ${Date.now()} 1 IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    `a=group:BUNDLE ${tracks.map((track) => track.mid).join(' ')}`,
    'a=extmap-allow-mixed',
    `a=msid-semantic: WMS ${facts.cname}`,
    ...tracks.flatMap((track) => section(track, facts)),
    '',
  ].join('\r\n');
