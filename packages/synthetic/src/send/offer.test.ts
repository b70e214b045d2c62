import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOffer } from '@callreel/media/sdp/offer.ts';
import { readAnswer } from './answer.ts';
import { CallerError } from './caller-error.ts';
import { buildOffer, MID_EXTENSION, type OfferedTrack } from './offer.ts';

const transport = {
  iceUfrag: 'abcd',
  icePwd: 'abcdefghijklmnopqrstuvwx',
  fingerprint: `sha-256 ${'AB:'.repeat(31)}AB`,
};
const audio: OfferedTrack = { kind: 'audio', mid: '0', codec: 'opus', payloadType: 111, ssrc: 1, rtx: undefined };
const video: OfferedTrack = {
  kind: 'video',
  mid: '1',
  codec: 'H264',
  payloadType: 96,
  ssrc: 2,
  rtx: { payloadType: 97, ssrc: 3 },
};

test('the service reads the offer, and finds no candidate in it', () => {
  const sdp = buildOffer([audio, video], { transport, setup: 'actpass', cname: 'caller' });
  assert.equal(parseOffer(sdp).sections.length, 2);
  assert.doesNotMatch(sdp, /candidate/);
});

const answer = (videoPort: number): string =>
  [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0 1',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'a=mid:0',
    'a=ice-ufrag:abcd',
    'a=ice-pwd:abcdefghijklmnopqrstuvwx',
    'a=fingerprint:sha-256 AB',
    'a=setup:passive',
    `a=extmap:4 ${MID_EXTENSION}`,
    'a=candidate:1 1 UDP 1 127.0.0.1 4000 typ host',
    `m=video ${videoPort} UDP/TLS/RTP/SAVPF 96 97`,
    'a=mid:1',
    '',
  ].join('\r\n');

test('an answer says which payload types, extension and way were taken', () => {
  const { tracks, transportLines } = readAnswer(answer(9));
  assert.deepEqual(tracks, [
    { mid: '0', payloadTypes: [111], midExtensionId: 4, audioLevelExtensionId: undefined },
    { mid: '1', payloadTypes: [96, 97], midExtensionId: undefined, audioLevelExtensionId: undefined },
  ]);
  assert.equal(transportLines.length, 5);
});

test('an answer that rejects a track is an error', () => {
  assert.throws(
    () => readAnswer(answer(0)),
    (error) => error instanceof CallerError && error.reason === 'unusableAnswer',
  );
});
