import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VideoCodecName } from '@callreel/contract/conference.ts';
import { chooseMedia, type MediaChoice } from './choose-media.ts';
import { parseOffer } from './offer.ts';
import { CHROMIUM_OFFER, makeOffer, OPUS_SECTION, VP8_SECTION } from './offers-fixture.ts';

const choose = (text: string, ...videoCodecs: VideoCodecName[]): MediaChoice =>
  chooseMedia(parseOffer(text), { audio: true, videoCodecs });

const h264Offer = (...entries: [payloadType: number, fmtp: string][]): string => {
  const formats = entries.map(([payloadType]) => payloadType).join(' ');
  const lines = entries.flatMap(([type, fmtp]) => [`a=rtpmap:${type} H264/90000`, `a=fmtp:${type} ${fmtp}`]);
  return makeOffer([{ kind: 'video', mid: 'v', formats, lines }], 'v');
};

const chosenH264 = (...entries: [number, string][]): number | undefined =>
  choose(h264Offer(...entries), 'H264').video?.codec.payloadType;

test('the first codec of ours that is offered, with its retransmissions', () => {
  const vp8 = choose(CHROMIUM_OFFER, 'VP8', 'H264').video;
  assert.deepEqual([vp8?.name, vp8?.codec.payloadType, vp8?.rtx?.payloadType], ['VP8', 96, 97]);
  const h264 = choose(CHROMIUM_OFFER, 'H264', 'VP8').video;
  assert.deepEqual([h264?.name, h264?.codec.payloadType, h264?.rtx?.payloadType], ['H264', 108, 109]);
});

test('H264: mode 1 and constrained baseline first, then mode 1, then mode 0; never mode 2', () => {
  const mode0: [number, string] = [100, 'profile-level-id=42e01f'];
  const high: [number, string] = [101, 'packetization-mode=1;profile-level-id=640c1f'];
  const baseline: [number, string] = [102, 'packetization-mode=1; profile-level-id=42001f'];
  const constrained: [number, string] = [103, 'profile-level-id=42E01F;packetization-mode=1'];
  const interleaved: [number, string] = [104, 'packetization-mode=2;profile-level-id=42e01f'];
  assert.equal(chosenH264(mode0, high, baseline, constrained), 103);
  assert.equal(chosenH264(mode0, high, baseline), 102);
  assert.equal(chosenH264(mode0, high), 101);
  assert.equal(chosenH264(interleaved, mode0), 100);
  assert.throws(() => chosenH264(interleaved), { reason: 'noCommonCodec' });
});

test('a payload type that RTCP would be taken for is no codec', () => {
  const offer = makeOffer([{ ...VP8_SECTION, formats: '72', lines: ['a=rtpmap:72 VP8/90000'] }], 'v');
  assert.throws(() => choose(offer, 'VP8'), { reason: 'noCommonCodec' });
});

test('sound alone, where no codec of the video is ours', () => {
  const av1 = { ...VP8_SECTION, lines: ['a=rtpmap:96 AV1/90000'] };
  const choice = choose(makeOffer([OPUS_SECTION, av1], 'a v'), 'VP8');
  assert.equal(choice.audio?.codec.payloadType, 111);
  assert.equal(choice.video, undefined);
});

test('the first of two videos', () => {
  const offer = makeOffer([VP8_SECTION, { ...VP8_SECTION, mid: 'w' }], 'v w');
  assert.equal(choose(offer, 'VP8').video?.offered.mid, 'v');
});

test('a resumed publication brings no tracks that its file has not', () => {
  const offer = parseOffer(CHROMIUM_OFFER);
  assert.equal(chooseMedia(offer, { audio: false, videoCodecs: ['VP8'] }).audio, undefined);
  assert.equal(chooseMedia(offer, { audio: true, videoCodecs: [] }).video, undefined);
  assert.throws(() => chooseMedia(offer, { audio: false, videoCodecs: [] }), { reason: 'noCommonCodec' });
});

test('stereo only where the sender says so', () => {
  const opus = (fmtp: string): string =>
    makeOffer([{ ...OPUS_SECTION, lines: ['a=rtpmap:111 OPUS/48000/2', `a=fmtp:111 ${fmtp}`] }], 'a');
  assert.equal(choose(opus('minptime=10;sprop-stereo=1')).audio?.channels, 2);
  assert.equal(choose(opus('minptime=10')).audio?.channels, 1);
});

test('m-lines of port 0 that are bundle-only are taken', () => {
  const offer = makeOffer(
    [OPUS_SECTION, { ...VP8_SECTION, port: 0, lines: ['a=bundle-only', 'a=rtpmap:96 VP8/90000'] }],
    'a v',
  );
  assert.equal(choose(offer, 'VP8').video?.name, 'VP8');
});

test('reduced-size RTCP only where every m-line takes it', () => {
  assert.equal(choose(CHROMIUM_OFFER, 'VP8').reducedSizeRtcp, true);
  assert.equal(choose(CHROMIUM_OFFER.replace('a=rtcp-rsize\r\n', ''), 'VP8').reducedSizeRtcp, false);
});
