import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AUDIO_CODEC_NAMES } from '@callreel/contract/conference.ts';
import { joinRtcp, type RtcpPacket, rtcpPackets } from '@callreel/media/rtcp/compound.ts';
import { buildGoodbye } from '@callreel/media/rtcp/goodbye.ts';
import { parseKeyFrameRequest } from '@callreel/media/rtcp/key-frame-request.ts';
import { parseNack } from '@callreel/media/rtcp/negative-acknowledgement.ts';
import { parseReceiverReport } from '@callreel/media/rtcp/receiver-report.ts';
import { parseRemb } from '@callreel/media/rtcp/remb.ts';
import { buildSenderReport, type SenderReport } from '@callreel/media/rtcp/sender-report.ts';
import { parseSenderReportRequest } from '@callreel/media/rtcp/sender-report-request.ts';
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import { chooseMedia } from '@callreel/media/sdp/choose-media.ts';
import { parseOffer } from '@callreel/media/sdp/offer.ts';
import { CHROMIUM_OFFER } from '@callreel/media/sdp/offers-fixture.ts';
import { writeRtp } from '@callreel/synthetic/send/rtp-packet.ts';
import fc from 'fast-check';
import type { TrackKind } from './media-source.ts';
import { Receiver, type ReceiverSink } from './receiver.ts';

const OUR_SSRC = 99;
const AUDIO = { payloadType: 111, ssrc: 559394143 };
const VIDEO = { payloadType: 96, ssrc: 2806965345 };
const REPAIRS = { payloadType: 97, ssrc: 2522372685 };

/** The descriptor and the header of a key frame of 640x360 (RFC 7741, RFC 6386 section 9.1). */
const VP8_KEY_FRAME = Uint8Array.of(0x10, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01);

class Sink implements ReceiverSink {
  readonly packets: { track: TrackKind; packet: RtpPacket }[] = [];
  readonly reports: { track: TrackKind; report: SenderReport }[] = [];
  readonly changes: TrackKind[] = [];

  handlePacket(track: TrackKind, packet: RtpPacket): void {
    this.packets.push({ track, packet });
  }

  handleSenderReport(track: TrackKind, report: SenderReport): void {
    this.reports.push({ track, report });
  }

  handleSourceChange(track: TrackKind): void {
    this.changes.push(track);
  }

  handleLayer(): void {}
}

const make = (offer = CHROMIUM_OFFER) => {
  const sink = new Sink();
  const sent: RtcpPacket[] = [];
  const datagrams: RtcpPacket[][] = [];
  const receiver = new Receiver({
    choice: chooseMedia(parseOffer(offer), { audioCodecs: AUDIO_CODEC_NAMES, videoCodecs: ['VP8'] }),
    ssrc: OUR_SSRC,
    sink,
    send: (bytes) => {
      const packets = [...rtcpPackets(bytes)];
      datagrams.push(packets);
      sent.push(...packets);
    },
    nowMs: 0,
  });
  /** What of the RTCP sent since the last call a parser reads. */
  const take = <Value>(parse: (packet: RtcpPacket) => Value | undefined): Value[] =>
    sent.splice(0).flatMap((packet) => parse(packet) ?? []);
  return { receiver, sink, take, datagrams };
};

type Stream = { payloadType: number; ssrc: number };

const rtp = (stream: Stream, sequenceNumber: number, payload = Uint8Array.of(0, 1, 2), timestamp = 0): Uint8Array =>
  writeRtp({ ...stream, marker: false, sequenceNumber, timestamp, mid: undefined }, payload);

const rtx = (sequenceNumber: number, original: number): Uint8Array =>
  rtp(REPAIRS, sequenceNumber, Uint8Array.of(original >> 8, original & 0xff, 0, 1, 2));

const senderReport = (ssrc: number): Uint8Array =>
  buildSenderReport({ ssrc, ntpMs: 1_700_000_000_000, rtpTimestamp: 5, packetCount: 1, octetCount: 1 });

test('packets go to their tracks, and others nowhere', () => {
  const { receiver, sink } = make();
  receiver.handlePacket(rtp(AUDIO, 1), 0);
  receiver.handlePacket(rtp(VIDEO, 7), 1);
  receiver.handlePacket(rtp({ payloadType: 13, ssrc: 5 }, 1), 2);
  receiver.handlePacket(Uint8Array.of(0x80), 3);
  assert.deepEqual(
    sink.packets.map(({ track, packet }) => [track, packet.sequenceNumber]),
    [
      ['audio', 1],
      ['video', 7],
    ],
  );
  assert.equal(receiver.stats(3).ignoredPackets, 2);
  assert.equal(receiver.lastPacketMs, 3);
});

test('a lost packet is asked for, and its retransmission handed on as it was', () => {
  const { receiver, sink, take } = make();
  receiver.handlePacket(rtp(VIDEO, 1), 0);
  receiver.handlePacket(rtp(VIDEO, 4), 0);
  receiver.tick(10);
  assert.deepEqual(take(parseNack), [{ mediaSsrc: VIDEO.ssrc, sequenceNumbers: [2, 3] }]);
  receiver.handlePacket(rtx(100, 2), 60);
  receiver.handlePacket(rtx(101, 3), 60);
  assert.deepEqual(
    sink.packets.map(({ packet }) => [packet.ssrc, packet.payloadType, packet.sequenceNumber, packet.payload.length]),
    [1, 4, 2, 3].map((sequenceNumber) => [VIDEO.ssrc, VIDEO.payloadType, sequenceNumber, 3]),
  );
  receiver.tick(500);
  assert.deepEqual(take(parseNack), []);
  const [video] = receiver.stats(500).sources;
  assert.deepEqual([video?.lost, video?.recovered, video?.unrecovered], [2, 2, 0]);
  assert.equal(receiver.stats(500).roundTripMs, 50);
});

test('lost sound is not asked for', () => {
  const { receiver, take } = make();
  receiver.handlePacket(rtp(AUDIO, 1), 0);
  receiver.handlePacket(rtp(AUDIO, 4), 0);
  receiver.tick(10);
  assert.deepEqual(take(parseNack), []);
});

test('probes of padding are no packets', () => {
  const { receiver, sink } = make();
  receiver.handlePacket(rtp(VIDEO, 1), 0);
  receiver.handlePacket(rtp(REPAIRS, 1, new Uint8Array()), 0);
  assert.equal(sink.packets.length, 1);
});

test("a report on the sender's clock is asked for with the first packet, and until three came", () => {
  const { receiver, sink, take } = make();
  receiver.handlePacket(rtp(AUDIO, 1), 0);
  receiver.handlePacket(rtp(AUDIO, 2), 20);
  assert.deepEqual(take(parseSenderReportRequest), [{ mediaSsrc: AUDIO.ssrc }]);
  for (const nowMs of [100, 200, 300]) receiver.handlePacket(senderReport(AUDIO.ssrc), nowMs);
  receiver.handlePacket(rtp(VIDEO, 1), 400);
  take(parseSenderReportRequest);
  receiver.tick(1000);
  assert.deepEqual(take(parseSenderReportRequest), [{ mediaSsrc: VIDEO.ssrc }]);
  assert.deepEqual(
    sink.reports.map(({ track, report }) => [track, report.rtpTimestamp]),
    [
      ['audio', 5],
      ['audio', 5],
      ['audio', 5],
    ],
  );
});

test('every second: true loss, LSR and DLSR of both tracks, and what may be sent', () => {
  const { receiver, take } = make();
  for (const sequenceNumber of [1, 2, 4]) receiver.handlePacket(rtp(VIDEO, sequenceNumber), sequenceNumber);
  receiver.handlePacket(rtx(1, 3), 5);
  receiver.handlePacket(rtp(AUDIO, 1), 5);
  receiver.handlePacket(senderReport(VIDEO.ssrc), 500);
  receiver.tick(999);
  assert.deepEqual(take(parseReceiverReport), []);
  receiver.tick(1000);
  const sent = take((packet) => packet);
  const [video, audio] = sent.flatMap((packet) => parseReceiverReport(packet) ?? []);
  assert.equal(video?.ssrc, VIDEO.ssrc);
  assert.equal(video?.fractionLost256, 64);
  assert.equal(video?.delaySinceLastSenderReport, 32_768);
  assert.notEqual(video?.lastSenderReport, 0);
  assert.equal(audio?.ssrc, AUDIO.ssrc);
  const [remb] = sent.flatMap((packet) => parseRemb(packet) ?? []);
  assert.deepEqual(remb?.mediaSsrcs, [VIDEO.ssrc]);
  assert.ok(remb && remb.bitsPerSecond > 499_000 && remb.bitsPerSecond <= 2_466_667);
});

test('an open connection is told at once what may be sent', () => {
  const { receiver, take } = make();
  receiver.handleOpen();
  assert.deepEqual(
    take(parseRemb).map(({ mediaSsrcs }) => mediaSsrcs),
    [[VIDEO.ssrc]],
  );
});

test('a sender that is not libwebrtc and did not say that it takes them is not asked for reports', () => {
  const asked = (offer: string): number => {
    const { receiver, take } = make(offer);
    receiver.handlePacket(rtp(VIDEO, 1), 0);
    receiver.handlePacket(rtp(AUDIO, 1), 0);
    return take(parseSenderReportRequest).length;
  };
  const other = CHROMIUM_OFFER.replace('a=rtcp-fb:96 goog-remb\r\n', '');
  assert.equal(asked(CHROMIUM_OFFER), 2);
  assert.equal(asked(other), 0);
  assert.equal(asked(other.replace('a=rtcp-fb:96 nack\r\n', 'a=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack rai\r\n')), 2);
});

test('key frames: requests are merged, a key frame that began to come answers them', () => {
  const { receiver, take } = make();
  const request = (nowMs: number) => {
    receiver.requestKeyFrame(nowMs);
    receiver.tick(nowMs);
    return take(parseKeyFrameRequest).length;
  };
  assert.equal(request(0), 0, 'nobody to ask yet');
  receiver.handlePacket(rtp(VIDEO, 1), 10);
  assert.deepEqual([request(20), request(30), request(520)], [1, 0, 1]);
  assert.equal(request(600), 0, 'too early');
  receiver.handlePacket(rtp(VIDEO, 2, VP8_KEY_FRAME), 700);
  receiver.tick(1100);
  assert.deepEqual(take(parseKeyFrameRequest), []);
  assert.equal(request(1200), 1);
});

test('the size of the picture is known from its key frame', () => {
  const { receiver } = make();
  receiver.handlePacket(rtp(VIDEO, 1, VP8_KEY_FRAME), 0);
  const { pictureSize, keyFrames } = receiver.stats(0);
  assert.deepEqual(pictureSize, { width: 640, height: 360 });
  assert.equal(keyFrames, 1);
});

test('FIR where the sender did not take PLI', () => {
  const { receiver, take } = make(CHROMIUM_OFFER.replace('a=rtcp-fb:96 nack pli\r\n', ''));
  receiver.handlePacket(rtp(VIDEO, 1), 0);
  receiver.requestKeyFrame(0);
  receiver.tick(0);
  assert.deepEqual(
    take((packet) => (parseKeyFrameRequest(packet) ? packet.count : undefined)),
    [4],
  );
});

test('a sender that takes only whole compounds gets a report in front of each', () => {
  const { receiver, datagrams } = make(CHROMIUM_OFFER.replaceAll('a=rtcp-rsize\r\n', ''));
  receiver.handlePacket(rtp(VIDEO, 1), 0);
  receiver.handlePacket(rtp(VIDEO, 3), 0);
  receiver.tick(0);
  assert.deepEqual(
    datagrams.map((packets) => packets.map(({ packetType }) => packetType)),
    [
      [201, 202, 205],
      [201, 202, 205],
    ],
  );
});

test('another stream takes over a track: its file is told', () => {
  const { receiver, sink } = make();
  receiver.handlePacket(rtp(VIDEO, 1), 0);
  receiver.handlePacket(buildGoodbye([VIDEO.ssrc]), 10);
  receiver.handlePacket(rtp({ ...VIDEO, ssrc: 77 }, 9), 20);
  assert.deepEqual(sink.changes, ['video']);
  assert.equal(sink.packets.at(-1)?.packet.ssrc, 77);
});

test('any datagrams: nothing throws', () => {
  const stream = fc.constantFrom(AUDIO, VIDEO, REPAIRS, { payloadType: 0, ssrc: 1 });
  const packet = fc
    .tuple(stream, fc.integer({ min: 0, max: 0xffff }), fc.uint8Array({ maxLength: 40 }))
    .map(([anyStream, sequenceNumber, payload]) => rtp(anyStream, sequenceNumber, payload));
  const report = fc
    .constantFrom(VIDEO.ssrc, AUDIO.ssrc, 1)
    .map((ssrc) => joinRtcp([senderReport(ssrc), buildGoodbye([ssrc])]));
  fc.assert(
    fc.property(
      fc.array(fc.oneof(packet, report, fc.uint8Array({ maxLength: 60 })), { maxLength: 60 }),
      (datagrams) => {
        const { receiver } = make();
        datagrams.forEach((bytes, index) => {
          receiver.handlePacket(bytes, index * 100);
          receiver.tick(index * 100);
        });
      },
    ),
  );
});
