/** A receiver and senders that are told what the network carries, on virtual time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RtcpPacket, rtcpPackets } from '@callreel/media/rtcp/compound.ts';
import { parseRemb } from '@callreel/media/rtcp/remb.ts';
import { parseTransportFeedback } from '@callreel/media/rtcp/transport-feedback.ts';
import { chooseMedia } from '@callreel/media/sdp/choose-media.ts';
import { parseOffer } from '@callreel/media/sdp/offer.ts';
import { CHROMIUM_OFFER } from '@callreel/media/sdp/offers-fixture.ts';
import { Receiver } from './receiver.ts';

const AUDIO = { payloadType: 111, ssrc: 559394143 };
const VIDEO = { payloadType: 96, ssrc: 2806965345 };
const REPAIRS = { payloadType: 97, ssrc: 2522372685 };
const SEND_TIME_ID = 2;
const TRANSPORT_ID = 3;
const PACKET_BYTES = 1000;
const WITHOUT_REMB = CHROMIUM_OFFER.replaceAll(/a=rtcp-fb:\d+ goog-remb\r\n/g, '');
/** What 720p may have, in bits a second. */
const CAP = 2_343_333;

const make = (offer: string) => {
  const sent: RtcpPacket[] = [];
  let handedOn = 0;
  const receiver = new Receiver({
    choice: chooseMedia(parseOffer(offer), { audioCodecs: ['opus'], videoCodecs: ['VP8'] }),
    ssrc: 99,
    sink: {
      handlePacket: () => {
        handedOn += 1;
      },
      handleSenderReport: () => {},
      handleSourceChange: () => {},
      handleLayer: () => {},
    },
    send: (bytes) => sent.push(...rtcpPackets(bytes)),
    nowMs: 0,
  });
  const take = <Value>(parse: (packet: RtcpPacket) => Value | undefined): Value[] =>
    sent.splice(0).flatMap((packet) => parse(packet) ?? []);
  return { receiver, take, handedOn: () => handedOn };
};

type Stream = typeof AUDIO;

/** With one extension of one-byte form. */
const rtp = (stream: Stream, sequenceNumber: number, id: number, extension: readonly number[], bytes = 40) => {
  const packet = new Uint8Array(bytes);
  const view = new DataView(packet.buffer);
  view.setUint8(0, 0x90);
  view.setUint8(1, stream.payloadType);
  view.setUint16(2, sequenceNumber & 0xffff);
  view.setUint32(8, stream.ssrc);
  view.setUint32(12, 0xbede0001);
  packet.set([(id << 4) | (extension.length - 1), ...extension], 16);
  return packet;
};

const numbered = (stream: Stream, sequenceNumber: number, number: number): Uint8Array =>
  rtp(stream, sequenceNumber, TRANSPORT_ID, [(number >> 8) & 0xff, number & 0xff]);

const timed = (sequenceNumber: number, sentMs: number): Uint8Array => {
  const ticks = Math.round(((sentMs % 64_000) * 2 ** 24) / 64_000);
  return rtp(VIDEO, sequenceNumber, SEND_TIME_ID, [ticks >> 16, (ticks >> 8) & 0xff, ticks & 0xff], PACKET_BYTES);
};

test('one count over sound, video and repairs, also those that belong to no track', () => {
  const { receiver, take } = make(WITHOUT_REMB);
  [AUDIO, VIDEO, REPAIRS, { payloadType: 97, ssrc: 5 }, VIDEO].forEach((stream, index) => {
    receiver.handlePacket(numbered(stream, index, 65_534 + index + (index > 3 ? 1 : 0)), 10 * index);
  });
  receiver.tick(300);
  const [feedback, ...others] = take(parseTransportFeedback);
  assert.equal(others.length, 0);
  assert.equal(feedback?.baseSequenceNumber, 65_534);
  assert.deepEqual(
    feedback?.arrivalsMs.map((arrivalMs) => arrivalMs !== undefined),
    [true, true, true, true, false, true],
  );
});

test('feedback comes every 50 ms of a fast stream, every 250 ms of a slow one, and in no pause', () => {
  const { receiver, take } = make(WITHOUT_REMB);
  const feedbacksWhile = (fromMs: number, everyMs: number, bytes: number): number => {
    for (let nowMs = fromMs; nowMs < fromMs + 1000; nowMs += 10) {
      const number = nowMs / 10;
      const packet = rtp(VIDEO, number, TRANSPORT_ID, [(number >> 8) & 0xff, number & 0xff], bytes);
      if (nowMs % everyMs === 0) receiver.handlePacket(packet, nowMs);
      receiver.tick(nowMs);
    }
    return take(parseTransportFeedback).length;
  };
  const fast = feedbacksWhile(1000, 10, 1000);
  assert.ok(fast >= 19 && fast <= 21, String(fast));
  const slow = feedbacksWhile(2000, 50, 40);
  assert.ok(slow >= 3 && slow <= 5, String(slow));
  receiver.tick(3100);
  take(parseTransportFeedback);
  for (let nowMs = 3100; nowMs < 5000; nowMs += 10) receiver.tick(nowMs);
  assert.deepEqual(take(parseTransportFeedback), []);
});

test('a flood of made-up numbers holds no memory and sends no flood', () => {
  const { receiver, take } = make(WITHOUT_REMB);
  for (let index = 0; index < 100_000; index += 1) {
    receiver.handlePacket(numbered(VIDEO, index, (index * 7919) & 0xffff), index / 100);
    if (index % 1000 === 0) receiver.tick(index / 100);
  }
  assert.ok(take(parseTransportFeedback).length < 2000);
});

/** A link that carries `linkBitsPerSecond`; the sender sends what REMB says. */
const runLink = (receiver: Receiver, told: () => number, seconds: number, linkBitsPerSecond: number) => {
  let [queueMs, worstMs, sequenceNumber] = [0, 0, 0];
  let arrivals: { atMs: number; bytes: Uint8Array }[] = [];
  let dueMs = 0;
  for (let nowMs = 0; nowMs < seconds * 1000; nowMs += 1) {
    queueMs = Math.max(0, queueMs - 1);
    for (; dueMs <= nowMs; dueMs += (8000 * PACKET_BYTES) / told()) {
      queueMs += (8000 * PACKET_BYTES) / linkBitsPerSecond;
      arrivals.push({ atMs: nowMs + queueMs + 20, bytes: timed(sequenceNumber++, nowMs) });
      worstMs = Math.max(worstMs, nowMs > 5000 ? queueMs : 0);
    }
    for (const { bytes } of arrivals.filter(({ atMs }) => atMs <= nowMs)) receiver.handlePacket(bytes, nowMs);
    arrivals = arrivals.filter(({ atMs }) => atMs > nowMs);
    if (nowMs % 10 === 0) receiver.tick(nowMs);
  }
  return { worstMs };
};

test('a queue lowers what is allowed before anything is lost, and the sender hears of it at once', () => {
  const { receiver, take } = make(CHROMIUM_OFFER);
  let allowed = 800_000;
  const told = (): number => {
    allowed = take(parseRemb).at(-1)?.bitsPerSecond ?? allowed;
    return allowed;
  };
  const { worstMs } = runLink(receiver, told, 30, 500_000);
  assert.ok(worstMs < 300, `a queue of ${worstMs} ms`);
  assert.ok(told() > 250_000 && told() < 750_000, String(told()));
});

test('who ignores what he is allowed is recorded whole, and it is said of him', () => {
  const { receiver, take, handedOn } = make(CHROMIUM_OFFER);
  const { worstMs } = runLink(receiver, () => 2 * CAP, 15, 100_000_000);
  assert.ok(worstMs < 10);
  assert.equal(receiver.stats(15_000).capIgnored, true);
  assert.ok(handedOn() > (15 * 2 * CAP) / (8 * PACKET_BYTES) - 20);
  assert.ok(take(parseRemb).every(({ bitsPerSecond }) => bitsPerSecond <= CAP));
});

test('who keeps to it is not', () => {
  const { receiver } = make(CHROMIUM_OFFER);
  runLink(receiver, () => 0.95 * CAP, 15, 100_000_000);
  assert.equal(receiver.stats(15_000).capIgnored, false);
});
