import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AUDIO_CODEC_NAMES, VIDEO_CODEC_NAMES, type VideoCodecName } from '@callreel/contract/conference.ts';
import { chooseMedia, type MediaChoice } from './choose-media.ts';
import { parseOffer } from './offer.ts';
import {
  CHROMIUM_OFFER,
  EVERY_CODEC_SECTION,
  GATEWAY_SECTION,
  makeOffer,
  OPUS_SECTION,
  VP8_SECTION,
} from './offers-fixture.ts';

const choose = (text: string, ...videoCodecs: VideoCodecName[]): MediaChoice =>
  chooseMedia(parseOffer(text), { audioCodecs: AUDIO_CODEC_NAMES, videoCodecs });

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

test('of several profiles the one that every device decodes, for VP9, AV1 and H265', () => {
  const offer = makeOffer([EVERY_CODEC_SECTION], 'v');
  const chosen = (name: VideoCodecName) => choose(offer, name).video;
  assert.deepEqual([chosen('VP9')?.codec.payloadType, chosen('VP9')?.rtx?.payloadType], [98, 99]);
  assert.deepEqual([chosen('AV1')?.codec.payloadType, chosen('AV1')?.rtx], [45, undefined]);
  assert.deepEqual([chosen('H265')?.codec.payloadType, chosen('H265')?.rtx?.payloadType], [49, 50]);
});

test('by our own order VP8 and H264 come first, and H265 only where it is offered alone', () => {
  const all = (formats: string, lines: readonly string[]) =>
    choose(makeOffer([{ kind: 'video', mid: 'v', formats, lines }], 'v'), ...VIDEO_CODEC_NAMES).video?.name;
  const h265 = 'a=rtpmap:97 H265/90000';
  assert.equal(all('97 96', [h265, 'a=rtpmap:96 VP8/90000']), 'VP8');
  assert.equal(all('97 96', [h265, 'a=rtpmap:96 AV1/90000']), 'AV1');
  assert.equal(all('97 96', [h265, 'a=rtpmap:96 VP9/90000']), 'VP9');
  assert.equal(all('97', [h265]), 'H265');
});

test('H265 out of order or over several transports is not taken, nor a profile that is none', () => {
  const refused: [VideoCodecName, string][] = [
    ['H265', 'tx-mode=MRST'],
    ['H265', 'sprop-max-don-diff=2'],
    ['H265', 'sprop-max-don-diff=x'],
    ['VP9', 'profile-id=4'],
    ['AV1', 'profile=x'],
  ];
  for (const [name, fmtp] of refused) {
    const lines = [`a=rtpmap:96 ${name}/90000`, `a=fmtp:96 ${fmtp}`];
    assert.throws(() => choose(makeOffer([{ kind: 'video', mid: 'v', lines }], 'v'), name), {
      reason: 'noCommonCodec',
    });
  }
});

test('G.711 is taken only where no Opus is offered, with an a=rtpmap or without', () => {
  const audio = (formats: string, ...lines: string[]) =>
    choose(makeOffer([{ kind: 'audio', mid: 'a', formats, lines }], 'a'), 'VP8').audio;
  const both = audio('0 111', 'a=rtpmap:0 PCMU/8000', 'a=rtpmap:111 opus/48000/2');
  assert.deepEqual([both?.name, both?.codec.payloadType], ['opus', 111]);
  const gateway = choose(makeOffer([GATEWAY_SECTION], 'a'), 'VP8').audio;
  assert.deepEqual([gateway?.name, gateway?.codec.payloadType, gateway?.channels], ['PCMA', 8, 1]);
  assert.equal(audio('101', 'a=rtpmap:101 PCMU/8000')?.name, 'PCMU');
  assert.throws(() => audio('101', 'a=rtpmap:101 PCMU/16000'), { reason: 'noCommonCodec' });
  assert.throws(() => audio('101', 'a=rtpmap:101 PCMU/8000/2'), { reason: 'noCommonCodec' });
  const apart = makeOffer([GATEWAY_SECTION, { ...OPUS_SECTION, mid: 'b' }], 'a b');
  assert.equal(choose(apart, 'VP8').audio?.offered.mid, 'b');
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
  assert.equal(chooseMedia(offer, { audioCodecs: [], videoCodecs: ['VP8'] }).audio, undefined);
  assert.equal(chooseMedia(offer, { audioCodecs: AUDIO_CODEC_NAMES, videoCodecs: [] }).video, undefined);
  assert.throws(() => chooseMedia(offer, { audioCodecs: [], videoCodecs: [] }), { reason: 'noCommonCodec' });
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
