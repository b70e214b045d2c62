import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AUDIO_CODEC_NAMES, type VideoCodecName } from '@callreel/contract/conference.ts';
import { buildAnswer } from './answer.ts';
import { chooseMedia } from './choose-media.ts';
import {
  announcedCandidates,
  type LocalConnection,
  loopbackCandidate,
  readLocalConnection,
} from './local-connection.ts';
import { buildMiniOffer } from './mini-offer.ts';
import { parseOffer } from './offer.ts';
import {
  CHROMIUM_OFFER,
  EVERY_CODEC_SECTION,
  GATEWAY_SECTION,
  makeOffer,
  OPUS_SECTION,
  type SectionFixture,
  VP8_SECTION,
} from './offers-fixture.ts';

const LOCAL: LocalConnection = {
  iceUfrag: 'ours',
  icePwd: 'oursoursoursoursoursours',
  fingerprint: `sha-256 ${Array(32).fill('CD').join(':')}`,
  setup: 'passive',
  candidates: ['1 1 UDP 2114977791 192.0.2.2 8081 typ host'],
};

const answer = (text: string, ...videoCodecs: VideoCodecName[]): string => {
  const offer = parseOffer(text);
  const choice = chooseMedia(offer, { audioCodecs: AUDIO_CODEC_NAMES, videoCodecs });
  return buildAnswer({ offer, choice, local: LOCAL, sessionId: '42', startBitrateKbps: 1500 });
};

const SEND_TIME = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time';
const TRANSPORT_WIDE = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';

/** The lines of each m-line's section; the session's first. */
const sectionsOf = (text: string): string[][] =>
  text.split(/\r\n(?=m=)/).map((section) => section.split('\r\n').filter((line) => line !== ''));

test('to Chromium, line by line', () => {
  const transport = [
    'a=ice-ufrag:ours',
    'a=ice-pwd:oursoursoursoursoursours',
    `a=fingerprint:${LOCAL.fingerprint}`,
    'a=setup:passive',
  ];
  assert.deepEqual(sectionsOf(answer(CHROMIUM_OFFER, 'VP8')), [
    ['v=0', 'o=- 42 1 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0 1', 'a=extmap-allow-mixed'],
    [
      'm=audio 9 UDP/TLS/RTP/SAVPF 111',
      'c=IN IP4 0.0.0.0',
      'a=rtcp:9 IN IP4 0.0.0.0',
      'a=mid:0',
      'a=recvonly',
      'a=rtcp-mux',
      'a=rtcp-rsize',
      ...transport,
      'a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level',
      `a=extmap:2 ${SEND_TIME}`,
      'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid',
      'a=rtpmap:111 opus/48000/2',
      'a=fmtp:111 minptime=10;useinbandfec=1',
      'a=candidate:1 1 UDP 2114977791 192.0.2.2 8081 typ host',
      'a=end-of-candidates',
    ],
    [
      'm=video 9 UDP/TLS/RTP/SAVPF 96 97',
      'c=IN IP4 0.0.0.0',
      'a=rtcp:9 IN IP4 0.0.0.0',
      'a=mid:1',
      'a=recvonly',
      'a=rtcp-mux',
      'a=rtcp-rsize',
      ...transport,
      `a=extmap:2 ${SEND_TIME}`,
      'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid',
      'a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
      'a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id',
      'a=rtpmap:96 VP8/90000',
      'a=rtcp-fb:96 nack',
      'a=rtcp-fb:96 nack pli',
      'a=rtcp-fb:96 ccm fir',
      'a=rtcp-fb:96 goog-remb',
      'a=fmtp:96 x-google-start-bitrate=1500',
      'a=rtpmap:97 rtx/90000',
      'a=fmtp:97 apt=96',
    ],
  ]);
});

test('H264 keeps its format parameters', () => {
  assert.match(
    answer(CHROMIUM_OFFER, 'H264'),
    /a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f;x-google-start-bitrate=1500\r\n/,
  );
});

test('VP9, AV1 and H265 keep the parameters that choose their form', () => {
  const offer = makeOffer([EVERY_CODEC_SECTION], 'v');
  const fmtp = (name: VideoCodecName) => answer(offer, name).match(/a=fmtp:\d+ (?!apt).*(?=\r)/g);
  assert.deepEqual(fmtp('VP9'), ['a=fmtp:98 profile-id=0;x-google-start-bitrate=1500']);
  assert.deepEqual(fmtp('AV1'), ['a=fmtp:45 profile=0;level-idx=5;tier=0;x-google-start-bitrate=1500']);
  const h265 = 'a=fmtp:49 profile-id=1;tier-flag=0;level-id=93;tx-mode=SRST;x-google-start-bitrate=1500';
  assert.deepEqual(fmtp('H265'), [h265]);
});

test('a gateway is answered with its own codec, by name', () => {
  const text = answer(makeOffer([GATEWAY_SECTION], 'a'), 'VP8');
  assert.match(text, /m=audio 9 UDP\/TLS\/RTP\/SAVPF 8\r\n/);
  assert.match(text, /a=rtpmap:8 PCMA\/8000\r\n/);
  assert.doesNotMatch(text, /fmtp|opus/);
});

test('feedback that was not offered is not answered', () => {
  const text = answer(CHROMIUM_OFFER.replaceAll(/a=rtcp-fb:96 (?:nack pli|goog-remb)\r\n/g, ''), 'VP8');
  assert.deepEqual(text.match(/a=rtcp-fb:(?!.*transport-cc).*/g), ['a=rtcp-fb:96 nack', 'a=rtcp-fb:96 ccm fir']);
});

test('transport-wide feedback goes to those who do not take REMB, for sound and video alike', () => {
  const text = answer(CHROMIUM_OFFER.replaceAll(/a=rtcp-fb:\d+ goog-remb\r\n/g, ''), 'VP8');
  const lines = sectionsOf(text).map((section) => section.filter((line) => /transport-cc|extmap:[23] /.test(line)));
  assert.deepEqual(lines, [
    [],
    [`a=extmap:3 ${TRANSPORT_WIDE}`, 'a=rtcp-fb:111 transport-cc'],
    [`a=extmap:3 ${TRANSPORT_WIDE}`, 'a=rtcp-fb:96 transport-cc'],
  ]);
});

test('transport-wide feedback needs both its extension and its line, and video', () => {
  const withoutRemb = CHROMIUM_OFFER.replaceAll(/a=rtcp-fb:\d+ goog-remb\r\n/g, '');
  for (const offer of [
    withoutRemb.replaceAll(/a=extmap:3 .*\r\n/g, ''),
    withoutRemb.replaceAll(/a=rtcp-fb:96 transport-cc\r\n/g, ''),
    withoutRemb.replace('m=video 9 ', 'm=video 0 '),
  ]) {
    assert.doesNotMatch(answer(offer, 'VP8'), /transport-cc|transport-wide-cc|abs-send-time/);
  }
});

test('a sender that would stop in silence is not told to', () => {
  const lines = ['a=rtpmap:111 opus/48000/2', 'a=fmtp:111 minptime=10;usedtx=1;sprop-stereo=1;useinbandfec=1'];
  assert.match(
    answer(makeOffer([{ ...OPUS_SECTION, lines }], 'a')),
    /a=fmtp:111 minptime=10;useinbandfec=1;stereo=1\r\n/,
  );
});

test('what is not taken is rejected in its place, and the next m-line bears the candidates', () => {
  const channel: SectionFixture = {
    kind: 'application',
    mid: 'd',
    protocol: 'UDP/DTLS/SCTP',
    formats: 'webrtc-datachannel',
  };
  const offer = makeOffer([channel, VP8_SECTION, { ...VP8_SECTION, mid: 'w' }, OPUS_SECTION], 'd v w a');
  const [session, first, second, third, fourth] = sectionsOf(answer(offer, 'VP8'));
  assert.ok(session?.includes('a=group:BUNDLE v a'));
  assert.deepEqual(first, [
    'm=application 0 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    'a=mid:d',
    'a=inactive',
  ]);
  assert.ok(second?.includes('a=end-of-candidates'));
  assert.equal(third?.[0], 'm=video 0 UDP/TLS/RTP/SAVPF 96');
  assert.equal(fourth?.[0], 'm=audio 9 UDP/TLS/RTP/SAVPF 111');
  assert.ok(!fourth?.includes('a=end-of-candidates'));
});

test('without a mid there is no bundle', () => {
  const { mid: _, ...withoutMid } = OPUS_SECTION;
  assert.doesNotMatch(answer(makeOffer([withoutMid])), /BUNDLE|a=mid/);
});

test('a hostile offer puts nothing of its own into the answer', () => {
  const lines = [
    'a=rtpmap:96 H264/90000',
    'a=fmtp:96 packetization-mode=1;profile-level-id=42e01f evil',
    'a=mid:two words',
  ];
  const text = answer(makeOffer([{ kind: 'video', lines }]), 'H264');
  assert.doesNotMatch(text, /evil|two words/);
});

test('the library is offered one m-line, and no candidate of the publisher', () => {
  const { connection } = chooseMedia(parseOffer(CHROMIUM_OFFER), {
    audioCodecs: AUDIO_CODEC_NAMES,
    videoCodecs: ['VP8'],
  });
  const mini = buildMiniOffer(connection);
  assert.equal(mini.match(/^m=/gm)?.length, 1);
  assert.doesNotMatch(mini, /candidate/);
  assert.match(mini, /a=ice-ufrag:L\+2f\r\na=ice-pwd:oVcqtq3xH2d3p9BIoi4lh0Yx\r\n/);
  assert.match(mini, /a=setup:active\r\n/);
  assert.match(buildMiniOffer({ ...connection, setup: 'passive' }), /a=setup:passive\r\n/);
});

test('our own end, as libdatachannel 0.24 describes it', () => {
  const description = [
    ...['v=0', 'o=rtc 505166489 0 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0', 'a=ice-options:ice2,trickle'],
    'a=fingerprint:sha-256 03:7F',
    ...['m=video 8081 UDP/TLS/RTP/SAVPF 96', 'c=IN IP4 192.0.2.2', 'a=mid:0', 'a=sendrecv', 'a=setup:passive'],
    ...['a=ice-ufrag:3mR/', 'a=ice-pwd:xZBlEif3RSE5n0vm38FZaH'],
    'a=candidate:2 1 UDP 2116026111 fd00::2 8081 typ host',
    'a=candidate:1 1 UDP 2114977791 192.0.2.2 8081 typ host',
    'a=end-of-candidates',
  ].join('\r\n');
  assert.deepEqual(readLocalConnection(description), {
    iceUfrag: '3mR/',
    icePwd: 'xZBlEif3RSE5n0vm38FZaH',
    fingerprint: 'sha-256 03:7F',
    setup: 'passive',
    candidates: ['2 1 UDP 2116026111 fd00::2 8081 typ host', '1 1 UDP 2114977791 192.0.2.2 8081 typ host'],
  });
});

test('what is announced stands in for what was found: IPv6 first, each a foundation and a priority of its own', () => {
  assert.deepEqual(announcedCandidates(['203.0.113.7', '10.0.0.7', '2001:db8::7'], 8081), [
    '1 1 UDP 2130706431 2001:db8::7 8081 typ host',
    '2 1 UDP 2130706175 203.0.113.7 8081 typ host',
    '3 1 UDP 2130705919 10.0.0.7 8081 typ host',
  ]);
  assert.equal(loopbackCandidate(8081), '1 1 UDP 2114977791 127.0.0.1 8081 typ host');
});
