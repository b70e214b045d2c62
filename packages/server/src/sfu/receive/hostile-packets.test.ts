/** What a hostile sender can make the receiving side do, on virtual time: hand on, keep and send, each bounded. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinRtcp } from '@callreel/media/rtcp/compound.ts';
import { buildGoodbye } from '@callreel/media/rtcp/goodbye.ts';
import { buildSenderReport } from '@callreel/media/rtcp/sender-report.ts';
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import { chooseMedia } from '@callreel/media/sdp/choose-media.ts';
import { parseOffer } from '@callreel/media/sdp/offer.ts';
import { CHROMIUM_OFFER } from '@callreel/media/sdp/offers-fixture.ts';
import { writeRtp } from '@callreel/synthetic/send/rtp-packet.ts';
import fc from 'fast-check';
import { Receiver } from './receiver.ts';

const VIDEO = { payloadType: 96, ssrc: 2806965345 };
const REPAIRS = { payloadType: 97, ssrc: 2522372685 };

const make = () => {
  const handedOn: RtpPacket[] = [];
  const changes: string[] = [];
  const reports: number[] = [];
  const sent: Uint8Array[] = [];
  const receiver = new Receiver({
    choice: chooseMedia(parseOffer(CHROMIUM_OFFER), { audioCodecs: ['opus'], videoCodecs: ['VP8'] }),
    ssrc: 99,
    sink: {
      handlePacket: (_, packet) => handedOn.push(packet),
      handleSenderReport: (_, { ssrc }) => reports.push(ssrc),
      handleSourceChange: (track) => changes.push(track),
      handleLayer: () => assert.fail('no simulcast was offered'),
    },
    send: (bytes) => sent.push(bytes),
    nowMs: 0,
  });
  const sentBytes = (): number => sent.splice(0).reduce((sum, { length }) => sum + length, 0);
  return { receiver, handedOn, changes, reports, sentBytes };
};

type Stream = { payloadType: number; ssrc: number };

const rtp = (stream: Stream, sequenceNumber: number, payload = Uint8Array.of(0, 1, 2)): Uint8Array =>
  writeRtp(
    { ...stream, marker: false, sequenceNumber: sequenceNumber & 0xffff, timestamp: 0, mid: undefined },
    payload,
  );

const rtx = (sequenceNumber: number, original: number): Uint8Array =>
  rtp(REPAIRS, sequenceNumber, Uint8Array.of((original >> 8) & 0xff, original & 0xff, 0, 1, 2));

/** A packet of video whose header extension is made of these bytes. */
const withExtension = (profile: number, data: Uint8Array, words = Math.ceil(data.length / 4)): Uint8Array => {
  const head = Buffer.from(rtp({ ...VIDEO, ssrc: 5 }, 1)).subarray(0, 12);
  head.writeUInt8(0x90, 0);
  const extension = Buffer.alloc(4);
  extension.writeUInt16BE(profile, 0);
  extension.writeUInt16BE(words, 2);
  return Buffer.concat([head, extension, data, Buffer.alloc((4 - (data.length % 4)) % 4), Uint8Array.of(0, 1)]);
};

test('streams that nobody offered, by the thousand, take the place of none that lives', () => {
  const { receiver, handedOn, changes } = make();
  for (let nowMs = 0; nowMs < 10_000; nowMs += 1) {
    if (nowMs % 20 === 0) receiver.handlePacket(rtp(VIDEO, nowMs / 20), nowMs);
    receiver.handlePacket(rtp({ payloadType: 96, ssrc: 10_000 + nowMs }, nowMs), nowMs);
  }
  assert.equal(handedOn.length, 500);
  assert.ok(handedOn.every(({ ssrc }) => ssrc === VIDEO.ssrc));
  assert.deepEqual(changes, []);
  assert.equal(receiver.stats(10_000).ignoredPackets, 10_000);
});

test('a new stream takes over from one that fell silent, within a second', () => {
  const { receiver, handedOn, changes } = make();
  for (let nowMs = 0; nowMs <= 1000; nowMs += 20) receiver.handlePacket(rtp(VIDEO, nowMs / 20), nowMs);
  for (let nowMs = 1020; nowMs <= 2000; nowMs += 20) {
    receiver.handlePacket(rtp({ ...VIDEO, ssrc: 7 }, 60_000 + nowMs / 20), nowMs);
  }
  assert.deepEqual(changes, ['video']);
  assert.equal(handedOn.filter(({ ssrc }) => ssrc === 7).length, 26);
});

test('streams that each say goodbye at once change the file four times in 8 s, not a thousand', () => {
  const { receiver, changes } = make();
  for (let index = 0; index < 1000; index += 1) {
    receiver.handlePacket(rtp({ ...VIDEO, ssrc: 100 + index }, 1), index * 8);
    receiver.handlePacket(buildGoodbye([100 + index]), index * 8 + 1);
  }
  assert.equal(changes.length, 4);
});

test('a goodbye of one that goes on sending is taken back', () => {
  const { receiver, changes } = make();
  receiver.handlePacket(rtp(VIDEO, 1), 0);
  receiver.handlePacket(buildGoodbye([VIDEO.ssrc]), 10);
  receiver.handlePacket(rtp(VIDEO, 2), 20);
  receiver.handlePacket(rtp({ ...VIDEO, ssrc: 7 }, 1), 30);
  assert.deepEqual(changes, []);
});

test('reports of others are nobody’s', () => {
  const { receiver, reports } = make();
  receiver.handlePacket(rtp(VIDEO, 1), 0);
  const report = (ssrc: number) =>
    buildSenderReport({ ssrc, ntpMs: 1, rtpTimestamp: 1, packetCount: 1, octetCount: 1 });
  receiver.handlePacket(joinRtcp([report(5), report(REPAIRS.ssrc), report(VIDEO.ssrc)]), 10);
  assert.deepEqual(reports, [VIDEO.ssrc]);
});

test('a compound whose lengths lie is read up to the lie', () => {
  const { receiver, reports } = make();
  receiver.handlePacket(rtp(VIDEO, 1), 0);
  const report = buildSenderReport({ ssrc: VIDEO.ssrc, ntpMs: 1, rtpTimestamp: 1, packetCount: 1, octetCount: 1 });
  const lie = Uint8Array.of(0x80, 200, 0xff, 0xff, 0, 0, 0, 1);
  receiver.handlePacket(joinRtcp([report, lie, report]), 10);
  assert.equal(reports.length, 1);
});

test('retransmissions of nonsense are not handed on; of what was lost, and of what probes the path, they are', () => {
  const { receiver, handedOn } = make();
  for (const sequenceNumber of [20_000, 20_001, 20_003]) receiver.handlePacket(rtp(VIDEO, sequenceNumber), 0);
  const before = handedOn.length;
  for (const original of [0, 10_000, 16_000, 20_600, 40_000, 52_768]) receiver.handlePacket(rtx(1, original), 10);
  assert.equal(handedOn.length, before);
  for (const original of [20_002, 20_001, 19_500]) receiver.handlePacket(rtx(2, original), 10);
  assert.equal(handedOn.length, before + 3);
});

test('leaps of the sequence ask for nothing; made-up holes for one small packet a tick', () => {
  const { receiver, sentBytes } = make();
  for (let index = 0; index < 1000; index += 1) receiver.handlePacket(rtp(VIDEO, index * 32_768 + index), index);
  sentBytes();
  receiver.tick(999);
  assert.equal(sentBytes(), 0);
  let sequenceNumber = 0;
  const sendAfter = (missing: number, nowMs: number): void => {
    sequenceNumber += 1 + missing;
    receiver.handlePacket(rtp(VIDEO, sequenceNumber), nowMs);
  };
  for (let nowMs = 1000; nowMs < 11_000; nowMs += 10) {
    for (const missing of [1, 1, 1, 1, 1, 399]) sendAfter(missing, nowMs);
    receiver.tick(nowMs);
    assert.ok(sentBytes() <= 1100, 'with the report of each second');
  }
});

test('replays and duplicates are handed on for the recorder to leave out, and are no loss', () => {
  const { receiver } = make();
  for (let index = 0; index < 100; index += 1) {
    for (let times = 0; times < 3; times += 1) receiver.handlePacket(rtp(VIDEO, index), index);
  }
  const [video] = receiver.stats(100).sources;
  assert.deepEqual([video?.packets, video?.recovered, video?.unrecovered], [300, 0, 0]);
});

test('absurd header extensions: a packet is taken or left, and nothing is read beyond its end', () => {
  const elements = Uint8Array.from({ length: 512 }, (_, index) => (index % 2 === 0 ? (index / 2) & 0xff : 0));
  const absurd = [
    withExtension(0x1000, elements),
    withExtension(0x100f, Uint8Array.of(4, 255, 1, 2)),
    withExtension(0xbede, Uint8Array.of(0x4f, 1, 2, 3)),
    withExtension(0xbede, Uint8Array.of(0xff, 0xff, 0xff, 0xff)),
    withExtension(0xbede, new Uint8Array(1024)),
    withExtension(0xbede, Uint8Array.of(0x40, 0x31), 0xffff),
    withExtension(0xdead, elements),
  ];
  for (const bytes of absurd) {
    const { receiver, handedOn } = make();
    receiver.handlePacket(bytes, 0);
    assert.ok(handedOn.length + receiver.stats(0).ignoredPackets === 1);
    assert.ok(handedOn.every(({ payload }) => payload.length === 2));
  }
});

test('packets cut short anywhere are left out, or are shorter payloads', () => {
  const whole = withExtension(0xbede, Uint8Array.of(0x40, 0x31, 0, 0));
  for (let length = 0; length < whole.length; length += 1) {
    const { receiver, handedOn } = make();
    receiver.handlePacket(whole.subarray(0, length), 0);
    assert.ok(handedOn.every(({ payload }) => payload.length < 2));
  }
});

test('any bytes: what is sent in return stays small, and streams stay few', () => {
  const datagram = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc
      .tuple(
        fc.constantFrom(VIDEO, REPAIRS, { payloadType: 111, ssrc: 3 }),
        fc.nat(0xffff),
        fc.uint8Array({ maxLength: 9 }),
      )
      .map(([stream, sequenceNumber, payload]) => rtp(stream, sequenceNumber, payload)),
  );
  fc.assert(
    fc.property(fc.array(datagram, { maxLength: 200 }), (datagrams) => {
      const { receiver, handedOn, sentBytes } = make();
      datagrams.forEach((bytes, index) => {
        receiver.handlePacket(bytes, index * 5);
        receiver.tick(index * 5);
        assert.ok(sentBytes() <= 2500);
      });
      assert.ok(handedOn.length <= datagrams.length);
      assert.ok(receiver.stats(0).sources.length <= 2);
    }),
  );
});

test('a flood: of 100,000 packets a second as many pass as a second may bring, and it is noticed', () => {
  const { receiver, handedOn, sentBytes } = make();
  let sequenceNumber = 0;
  for (let nowMs = 0; nowMs < 5000; nowMs += 1) {
    for (let index = 0; index < 100; index += 1) receiver.handlePacket(rtp(VIDEO, sequenceNumber++), nowMs);
    if (nowMs % 10 === 0) receiver.tick(nowMs);
  }
  assert.ok(handedOn.length <= 6 * 6000, String(handedOn.length));
  assert.equal(receiver.stats(5000).shedPackets, 500_000 - handedOn.length);
  assert.ok(receiver.isFlooded(5000));
  assert.ok(sentBytes() < 5 * 100 * 1000);
});
