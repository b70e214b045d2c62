/** For tests: offers as senders make them. */

const lines = (...text: readonly string[]): string => `${text.join('\r\n')}\r\n`;

const FINGERPRINT =
  'sha-256 F1:E3:AE:01:5F:0D:53:E8:3E:84:B5:52:F6:4C:65:F1:CF:38:02:0E:1F:78:26:1E:A0:5C:A7:F5:05:EC:5D:08';

const TRANSPORT = [
  'a=ice-ufrag:L+2f',
  'a=ice-pwd:oVcqtq3xH2d3p9BIoi4lh0Yx',
  'a=ice-options:trickle',
  `a=fingerprint:${FINGERPRINT}`,
  'a=setup:actpass',
];

const FEEDBACK = ['goog-remb', 'transport-cc', 'ccm fir', 'nack', 'nack pli'];

const codec = (payloadType: number, rtpmap: string, fmtp?: string): string[] => [
  `a=rtpmap:${payloadType} ${rtpmap}`,
  ...FEEDBACK.map((kind) => `a=rtcp-fb:${payloadType} ${kind}`),
  ...(fmtp === undefined ? [] : [`a=fmtp:${payloadType} ${fmtp}`]),
];

const rtx = (payloadType: number, repaired: number): string[] => [
  `a=rtpmap:${payloadType} rtx/90000`,
  `a=fmtp:${payloadType} apt=${repaired}`,
];

const h264 = (payloadType: number, mode: 0 | 1, profile: string): string[] =>
  codec(payloadType, 'H264/90000', `level-asymmetry-allowed=1;packetization-mode=${mode};profile-level-id=${profile}`);

/**
 * What Chromium 156 offers for a camera and a microphone, `bundlePolicy: 'max-bundle'`, taken from `pc.localDescription.sdp`; its
 * VP9, AV1 and two H264 entries are left out.
 */
export const CHROMIUM_OFFER = lines(
  'v=0',
  'o=- 3110156441501682328 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0 1',
  'a=extmap-allow-mixed',
  'a=msid-semantic: WMS 79aca15f-8f28-4c30-8050-737f081ecc64',
  'm=audio 48793 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126',
  'c=IN IP4 192.0.2.2',
  'a=rtcp:9 IN IP4 0.0.0.0',
  'a=candidate:958012700 1 udp 2122063615 192.0.2.2 40897 typ host generation 0 network-id 1',
  'a=candidate:1199847441 1 tcp 1518083839 192.0.2.2 9 typ host tcptype active generation 0 network-id 1',
  ...TRANSPORT,
  'a=mid:0',
  'a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  'a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  'a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid',
  'a=sendonly',
  'a=msid:79aca15f-8f28-4c30-8050-737f081ecc64 7a0676c0-0a25-4e96-a89d-bb91a9212867',
  'a=rtcp-mux',
  'a=rtcp-rsize',
  'a=rtcp-xr:rcvr-rtt=all',
  'a=rtpmap:111 opus/48000/2',
  'a=rtcp-fb:111 transport-cc',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'a=rtpmap:63 red/48000/2',
  'a=fmtp:63 111/111',
  'a=rtpmap:9 G722/8000',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:13 CN/8000',
  'a=rtpmap:110 telephone-event/48000',
  'a=rtpmap:126 telephone-event/8000',
  'a=ssrc:559394143 cname:H8h80o9wVW5Hqt0+',
  'm=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103 104 107 108 109 118 119 120',
  'c=IN IP4 0.0.0.0',
  'a=rtcp:9 IN IP4 0.0.0.0',
  ...TRANSPORT,
  'a=mid:1',
  'a=extmap:14 urn:ietf:params:rtp-hdrext:toffset',
  'a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  'a=extmap:13 urn:3gpp:video-orientation',
  'a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid',
  'a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
  'a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id',
  'a=sendonly',
  'a=rtcp-mux',
  'a=rtcp-rsize',
  ...codec(96, 'VP8/90000'),
  ...rtx(97, 96),
  ...h264(102, 1, '42001f'),
  ...rtx(103, 102),
  ...h264(104, 0, '42e01f'),
  ...rtx(107, 104),
  ...h264(108, 1, '42e01f'),
  ...rtx(109, 108),
  'a=rtpmap:118 red/90000',
  ...rtx(119, 118),
  'a=rtpmap:120 ulpfec/90000',
  'a=ssrc-group:FID 2806965345 2522372685',
  'a=ssrc:2806965345 cname:H8h80o9wVW5Hqt0+',
  'a=ssrc:2522372685 cname:H8h80o9wVW5Hqt0+',
);

export type SectionFixture = {
  kind: string;
  mid?: string;
  port?: number;
  protocol?: string;
  formats?: string;
  direction?: string;
  /** In place of the usual ICE and DTLS lines. */
  transport?: readonly string[];
  mux?: boolean;
  lines?: readonly string[];
};

const section = (fixture: SectionFixture): string[] => {
  const { kind, mid, port = 9, protocol = 'UDP/TLS/RTP/SAVPF', formats = '96', direction = 'sendonly' } = fixture;
  return [
    `m=${kind} ${port} ${protocol} ${formats}`,
    'c=IN IP4 0.0.0.0',
    ...(fixture.transport ?? TRANSPORT),
    ...(mid === undefined ? [] : [`a=mid:${mid}`]),
    `a=${direction}`,
    ...(fixture.mux === false ? [] : ['a=rtcp-mux']),
    ...(fixture.lines ?? []),
  ];
};

/** An offer made by hand; `bundle` is what stands behind `a=group:BUNDLE`. */
export const makeOffer = (sections: readonly SectionFixture[], bundle?: string): string =>
  lines(
    ...['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0'],
    ...(bundle === undefined ? [] : [`a=group:BUNDLE ${bundle}`]),
    ...sections.flatMap(section),
  );

export const OPUS_SECTION: SectionFixture = {
  kind: 'audio',
  mid: 'a',
  formats: '111',
  lines: ['a=rtpmap:111 opus/48000/2'],
};

/** G.711 by its static payload types, without a word on what they are (RFC 3551 section 6). */
export const GATEWAY_SECTION: SectionFixture = { kind: 'audio', mid: 'a', formats: '8 0' };

/** VP9, AV1 and H265 as Chromium 156 offers them where it can, the odd profiles first. */
export const EVERY_CODEC_SECTION: SectionFixture = {
  kind: 'video',
  mid: 'v',
  formats: '100 98 99 46 45 49 50',
  lines: [
    ...codec(100, 'VP9/90000', 'profile-id=2'),
    ...codec(98, 'VP9/90000', 'profile-id=0'),
    ...rtx(99, 98),
    ...codec(46, 'AV1/90000', 'level-idx=5;profile=1;tier=0'),
    ...codec(45, 'AV1/90000', 'level-idx=5;profile=0;tier=0'),
    ...codec(49, 'H265/90000', 'level-id=93;profile-id=1;tier-flag=0;tx-mode=SRST'),
    ...rtx(50, 49),
  ],
};

export const VP8_SECTION: SectionFixture = { kind: 'video', mid: 'v', lines: ['a=rtpmap:96 VP8/90000'] };
