import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import { chooseMedia } from '@callreel/media/sdp/choose-media.ts';
import { parseOffer } from '@callreel/media/sdp/offer.ts';
import { makeOffer, VP8_SECTION } from '@callreel/media/sdp/offers-fixture.ts';
import { Demultiplexer } from './demultiplexer.ts';
import { simulcastOffer } from './simulcast-sender-fixture.ts';

const VP8 = 96;
const RTX = 97;
/** As `simulcastOffer` numbers them. */
const RID = 10;
const REPAIRED_RID = 11;

const demultiplexer = (offer: string): Demultiplexer =>
  new Demultiplexer(chooseMedia(parseOffer(offer), { audioCodecs: ['opus'], videoCodecs: ['VP8'] }));

const packet = (payloadType: number, ssrc: number, extension?: readonly [id: number, text: string]): RtpPacket => ({
  payloadType,
  marker: false,
  sequenceNumber: 0,
  timestamp: 0,
  ssrc,
  payload: Uint8Array.of(1, 2, 3),
  extension: extension && {
    profile: 0xbede,
    data: Uint8Array.of((extension[0] << 4) | (extension[1].length - 1), ...Buffer.from(extension[1])),
  },
});

test('layers by rid: each is a stream of its own, and later packets need no rid', () => {
  const demux = demultiplexer(simulcastOffer(['q', 'f']));
  assert.equal(demux.route(packet(VP8, 1, [RID, 'q']), 0)?.source.layer, 'q');
  assert.equal(demux.route(packet(VP8, 2, [RID, 'f']), 0)?.source.layer, 'f');
  assert.equal(demux.route(packet(VP8, 1), 1)?.source.layer, 'q');
  assert.deepEqual(
    demux.sourcesOf('video').map(({ ssrc }) => ssrc),
    [1, 2],
  );
});

test('a packet without a rid, or with one that was not negotiated, is of no layer', () => {
  const demux = demultiplexer(simulcastOffer(['q', 'f']));
  assert.equal(demux.route(packet(VP8, 1), 0), undefined);
  assert.equal(demux.route(packet(VP8, 1, [RID, 'x']), 0), undefined);
  assert.equal(demux.route(packet(VP8, 1, [REPAIRED_RID, 'q']), 0), undefined);
});

test('retransmissions say whose they are, and are taken for nobody else’s', () => {
  const demux = demultiplexer(simulcastOffer(['q', 'f']));
  assert.equal(demux.route(packet(RTX, 8, [REPAIRED_RID, 'f']), 0), undefined, 'nothing to repair yet');
  const top = demux.route(packet(VP8, 2, [RID, 'f']), 0);
  demux.route(packet(VP8, 1, [RID, 'q']), 0);
  assert.equal(demux.route(packet(RTX, 9), 0), undefined);
  const repairs = demux.route(packet(RTX, 8, [REPAIRED_RID, 'f']), 0);
  assert.deepEqual([repairs?.repairs, repairs?.source], [true, top?.source]);
});

test('a layer whose stream is replaced: the others stay', () => {
  const demux = demultiplexer(simulcastOffer(['q', 'f']));
  demux.route(packet(VP8, 1, [RID, 'q']), 0)?.source.receive(packet(VP8, 1), 0);
  demux.route(packet(VP8, 2, [RID, 'f']), 0)?.source.receive(packet(VP8, 2), 3000);
  assert.equal(demux.route(packet(VP8, 3, [RID, 'f']), 3001), undefined, 'that one lives');
  assert.equal(demux.route(packet(VP8, 3, [RID, 'q']), 3001)?.source.layer, 'q');
  assert.deepEqual(
    demux.sourcesOf('video').map(({ ssrc }) => ssrc),
    [2, 3],
  );
});

test('layers by SSRC, as browsers sent them before there were rids', () => {
  const lines = [
    ...['a=rtpmap:96 VP8/90000', 'a=rtpmap:97 rtx/90000', 'a=fmtp:97 apt=96', 'a=ssrc-group:SIM 1 2'],
    ...['a=ssrc-group:FID 1 11', 'a=ssrc-group:FID 2 12'],
  ];
  const demux = demultiplexer(makeOffer([{ ...VP8_SECTION, formats: '96 97', lines }], 'v'));
  assert.equal(demux.route(packet(VP8, 1), 0)?.source.layer, '1');
  const second = demux.route(packet(VP8, 2), 0);
  assert.equal(second?.source.layer, '2');
  assert.equal(demux.route(packet(VP8, 3), 0), undefined);
  assert.equal(demux.route(packet(RTX, 12), 0)?.source, second?.source);
  assert.equal(demux.route(packet(RTX, 13), 0), undefined);
});
