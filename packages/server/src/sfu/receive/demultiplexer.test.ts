import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AUDIO_CODEC_NAMES } from '@callreel/contract/conference.ts';
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import { chooseMedia } from '@callreel/media/sdp/choose-media.ts';
import { parseOffer } from '@callreel/media/sdp/offer.ts';
import { CHROMIUM_OFFER } from '@callreel/media/sdp/offers-fixture.ts';
import { Demultiplexer } from './demultiplexer.ts';

const OPUS = 111;
const VP8 = 96;
const VP8_RTX = 97;
/** As the offer announces them. */
const VIDEO_SSRC = 2806965345;
const VIDEO_RTX_SSRC = 2522372685;

const demultiplexer = (): Demultiplexer =>
  new Demultiplexer(chooseMedia(parseOffer(CHROMIUM_OFFER), { audioCodecs: AUDIO_CODEC_NAMES, videoCodecs: ['VP8'] }));

const packet = (payloadType: number, ssrc: number, mid?: string): RtpPacket => ({
  payloadType,
  marker: false,
  sequenceNumber: 0,
  timestamp: 0,
  ssrc,
  payload: Uint8Array.of(1, 2, 3),
  // The mid has id 4 in that offer.
  extension:
    mid === undefined
      ? undefined
      : { profile: 0xbede, data: Uint8Array.of(0x40 | (mid.length - 1), ...Buffer.from(mid)) },
});

test('by payload type at first, then by SSRC', () => {
  const demux = demultiplexer();
  assert.equal(demux.route(packet(OPUS, 1), 0)?.source.track, 'audio');
  assert.equal(demux.route(packet(VP8, 2, '1'), 0)?.source.track, 'video');
  assert.equal(demux.route(packet(OPUS, 1), 0), demux.route(packet(OPUS, 1), 0));
});

test('what was not negotiated goes nowhere: payload types, mids, and other types on a known stream', () => {
  const demux = demultiplexer();
  assert.equal(demux.route(packet(102, 2), 0), undefined);
  assert.equal(demux.route(packet(VP8, 2, '0'), 0), undefined);
  demux.route(packet(OPUS, 1), 0);
  assert.equal(demux.route(packet(13, 1), 0), undefined);
  assert.equal(demux.route(packet(VP8, 1), 0), undefined);
});

test('retransmissions belong to the stream that the offer pairs them with', () => {
  const demux = demultiplexer();
  assert.equal(demux.route(packet(VP8_RTX, VIDEO_RTX_SSRC), 0), undefined, 'nothing to repair yet');
  const video = demux.route(packet(VP8, VIDEO_SSRC), 0);
  const repairs = demux.route(packet(VP8_RTX, VIDEO_RTX_SSRC), 0);
  assert.equal(repairs?.repairs, true);
  assert.equal(repairs?.source, video?.source);
});

test('retransmissions that the offer does not name belong to the track of their payload type', () => {
  const demux = demultiplexer();
  const video = demux.route(packet(VP8, 5), 0);
  assert.equal(demux.route(packet(VP8_RTX, 6), 0)?.source, video?.source);
  assert.equal(demux.route(packet(VP8_RTX, VIDEO_RTX_SSRC), 0), undefined, 'those of another stream');
});

test('a second stream of a track waits until the first is silent', () => {
  const demux = demultiplexer();
  const first = demux.route(packet(VP8, 5), 0);
  first?.source.receive(packet(VP8, 5), 1000);
  assert.equal(demux.route(packet(VP8, 6), 2999), undefined);
  const second = demux.route(packet(VP8, 6), 3000);
  assert.equal(second?.source.ssrc, 6);
  assert.equal(demux.bySsrc(5), undefined);
  assert.equal(demux.sourcesOf('video')[0]?.ssrc, 6);
});

test('a second stream takes over at once where the first said goodbye', () => {
  const demux = demultiplexer();
  const first = demux.route(packet(VP8, 5), 0);
  assert.ok(first);
  first.source.receive(packet(VP8, 5), 1000);
  first.source.saidGoodbye = true;
  assert.equal(demux.route(packet(VP8, 6), 1001)?.source.ssrc, 6);
});

test('a sender that makes up streams of retransmissions has one at a time', () => {
  const demux = demultiplexer();
  demux.route(packet(VP8, 1), 0);
  const one = demux.route(packet(VP8_RTX, 2), 0);
  assert.equal(demux.route(packet(VP8_RTX, 2), 0), one);
  demux.route(packet(VP8_RTX, 3), 0);
  assert.notEqual(demux.route(packet(VP8_RTX, 2), 0), one, 'its route was forgotten');
});
