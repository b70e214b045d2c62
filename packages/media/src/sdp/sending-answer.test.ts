import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseReceived } from './choose-received.ts';
import { parseOffer } from './offer.ts';
import { CHROMIUM_OFFER, makeOffer, OPUS_SECTION, type SectionFixture, VP8_SECTION } from './offers-fixture.ts';
import type { PublishedMedia } from './published-media.ts';
import { SdpError } from './sdp-error.ts';
import { buildSendingAnswer } from './sending-answer.ts';

const PUBLISHED: PublishedMedia = {
  audio: { name: 'opus', channels: 2 },
  video: { name: 'VP8', parameters: new Map() },
};
const h264 = (mode: string, profile: string): PublishedMedia => ({
  audio: undefined,
  video: {
    name: 'H264',
    parameters: new Map([
      ['packetization-mode', mode],
      ['profile-level-id', profile],
    ]),
  },
});
const LOCAL = {
  iceUfrag: 'abcd',
  icePwd: 'p'.repeat(22),
  fingerprint: 'sha-256 AA',
  setup: 'passive',
  candidates: ['c'],
};
const STREAMS = { name: 'rtc-10-abcdefg_C1M1', audioSsrc: 1, videoSsrc: 2, rtxSsrc: 3 };
const RECEIVING = CHROMIUM_OFFER.replaceAll('a=sendonly', 'a=recvonly');

const answer = (offerText: string, published = PUBLISHED): string[] => {
  const offer = parseOffer(offerText);
  const choice = chooseReceived(offer, published);
  return buildSendingAnswer({ offer, choice, local: LOCAL, sessionId: '7', streams: STREAMS }).split('\r\n');
};
const refusal = (offerText: string, published = PUBLISHED): string => {
  try {
    answer(offerText, published);
  } catch (error) {
    if (error instanceof SdpError) return error.message;
    throw error;
  }
  return assert.fail('it was answered');
};
const receiving = (section: SectionFixture, direction = 'recvonly'): SectionFixture => ({ ...section, direction });

test('a browser that receives is sent the codecs of the publication under its own types, and no extension but those known', () => {
  const lines = answer(RECEIVING);
  assert.deepEqual(
    lines.filter((line) => /^m=|^a=(extmap:|sendonly|rtpmap|msid|ssrc)/.test(line)),
    [
      'm=audio 9 UDP/TLS/RTP/SAVPF 111',
      'a=sendonly',
      'a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level',
      'a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
      'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid',
      'a=msid:rtc-10-abcdefg_C1M1 audio',
      'a=rtpmap:111 opus/48000/2',
      'a=ssrc:1 cname:rtc-10-abcdefg_C1M1',
      'm=video 9 UDP/TLS/RTP/SAVPF 96 97',
      'a=sendonly',
      'a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
      'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid',
      'a=msid:rtc-10-abcdefg_C1M1 video',
      'a=rtpmap:96 VP8/90000',
      'a=ssrc:2 cname:rtc-10-abcdefg_C1M1',
      'a=rtpmap:97 rtx/90000',
      'a=ssrc-group:FID 2 3',
      'a=ssrc:3 cname:rtc-10-abcdefg_C1M1',
    ],
  );
  assert.ok(lines.includes('a=fmtp:111 minptime=10;useinbandfec=1;sprop-stereo=1'));
  assert.equal(lines.filter((line) => line === 'a=candidate:c').length, 1);
});

test('an m-line that is to send and receive receives; one that only sends, or that nothing goes into, is rejected', () => {
  const both = makeOffer([receiving(OPUS_SECTION, 'sendrecv'), receiving(VP8_SECTION)], 'a v');
  assert.equal(answer(both).filter((line) => line === 'a=sendonly').length, 2);
  const one = makeOffer([receiving(OPUS_SECTION), receiving(VP8_SECTION, 'sendonly')], 'a v');
  assert.deepEqual(
    answer(one).filter((line) => line.startsWith('m=')),
    ['m=audio 9 UDP/TLS/RTP/SAVPF 111', 'm=video 0 UDP/TLS/RTP/SAVPF 96'],
  );
  const silent = { ...PUBLISHED, audio: undefined };
  assert.ok(
    answer(makeOffer([receiving(OPUS_SECTION), receiving(VP8_SECTION)], 'a v'), silent).includes(
      'm=audio 0 UDP/TLS/RTP/SAVPF 111',
    ),
  );
});

test('who does not offer the codec is told which one is needed', () => {
  assert.match(
    refusal(makeOffer([receiving(VP8_SECTION)]), h264('1', '42e01f')),
    /^line \d+: .*offered vp8, accepted H264 \(packetization-mode=1/,
  );
  assert.match(
    refusal(makeOffer([{ ...receiving(OPUS_SECTION), lines: ['a=rtpmap:111 G722/8000'] }])),
    /offered g722, accepted opus/,
  );
  // Sound alone would be no answer to who wants the picture.
  const noVideo = makeOffer(
    [receiving(OPUS_SECTION), { ...receiving(VP8_SECTION), lines: ['a=rtpmap:96 AV1/90000'] }],
    'a v',
  );
  assert.match(refusal(noVideo), /accepted VP8/);
});

test('H264 is sent in a form that the subscriber decodes: its packets whole where fragments are not taken, its profile where it can be', () => {
  const typeFor = (published: PublishedMedia): string =>
    answer(RECEIVING, published)
      .find((line) => line.startsWith('m=video'))
      ?.split(' ')[3] ?? '';
  assert.equal(typeFor(h264('1', '42e01f')), '108');
  assert.equal(typeFor(h264('1', '42001f')), '102');
  assert.equal(typeFor(h264('1', '640c1f')), '102');
  assert.equal(typeFor(h264('0', '42e00b')), '104');
  const wholeOnly = {
    ...receiving(VP8_SECTION),
    lines: ['a=rtpmap:96 H264/90000', 'a=fmtp:96 profile-level-id=42e01f'],
  };
  assert.match(refusal(makeOffer([wholeOnly]), h264('1', '42e01f')), /accepted H264/);
});

test('an offer to which nothing can be sent says so', () => {
  assert.match(refusal(CHROMIUM_OFFER), /no m-line that receives/);
  assert.match(refusal(makeOffer([receiving(OPUS_SECTION, 'inactive')])), /no m-line that receives/);
  assert.match(refusal(makeOffer([receiving(OPUS_SECTION), receiving(VP8_SECTION)])), /BUNDLE/);
  assert.match(refusal(makeOffer([{ ...receiving(OPUS_SECTION), mux: false }])), /rtcp-mux/);
});
