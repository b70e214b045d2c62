/** Packets as real senders send them. */
import { joinRtcp } from '@callreel/media/rtcp/compound.ts';
import { buildGoodbye } from '@callreel/media/rtcp/goodbye.ts';
import { buildFir, buildPli } from '@callreel/media/rtcp/key-frame-request.ts';
import { buildNack } from '@callreel/media/rtcp/negative-acknowledgement.ts';
import { buildReceiverReport } from '@callreel/media/rtcp/receiver-report.ts';
import { buildRemb } from '@callreel/media/rtcp/remb.ts';
import { buildSenderReport } from '@callreel/media/rtcp/sender-report.ts';
import { buildSenderReportRequest } from '@callreel/media/rtcp/sender-report-request.ts';
import { buildSourceDescription } from '@callreel/media/rtcp/source-description.ts';
import { buildTransportFeedback } from '@callreel/media/rtcp/transport-feedback.ts';
import { packetizeAv1 } from '@callreel/synthetic/packetize/av1.ts';
import { packetizeH264 } from '@callreel/synthetic/packetize/h264.ts';
import { packetizeH265 } from '@callreel/synthetic/packetize/h265.ts';
import { packetizeVp8 } from '@callreel/synthetic/packetize/vp8.ts';
import { packetizeVp9 } from '@callreel/synthetic/packetize/vp9.ts';
import { RtpPacketizer } from '@callreel/synthetic/send/rtp-packetizer.ts';

/** As in Chromium's offer of the fixture. */
export const VIDEO = { ssrc: 2806965345, payloadType: 96 };
export const AUDIO = { ssrc: 559394143, payloadType: 111 };
const REPAIRS = { ssrc: 2522372685, payloadType: 97 };

const bytes = (length: number, first: readonly number[]): Uint8Array => {
  const all = Uint8Array.from({ length }, (_, index) => (index * 37) & 0xff);
  all.set(first);
  return all;
};

/** The first bytes of a VP8 key frame of 640x360 and of one that leans on it (RFC 6386 section 9.1). */
const VP8_FRAMES = [bytes(2500, [0x10, 2, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01]), bytes(300, [0x11, 2, 0])];

/** Parameter sets of 640x360 as x264 writes them, a key frame's slice and one that leans on it. */
const H264_NALUS = [
  Uint8Array.of(0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x00, 0xa0, 0x2f, 0xf9, 0x61, 0x00, 0x00, 0x03, 0x00, 0x01, 0x00, 0x00),
  Uint8Array.of(0x68, 0xcb, 0x83, 0xcb, 0x20),
  bytes(2500, [0x65, 0x88, 0x84]),
  bytes(200, [0x41, 0x9a, 0x22]),
];

const SMALL = { width: 320, height: 180 };
const LARGE = { width: 640, height: 360 };
/** A VP9 key frame's header of 320x180, and one of a frame that leans on it (VP9 specification section 6.2). */
const VP9_KEY = [0x82, 0x49, 0x83, 0x42, 0x40, 0x13, 0xf0, 0x0b, 0x30];
const VP9_INTER = [0x87, 0x01, 0x00, 0x08];
const VP9_LAYERS = [bytes(1500, VP9_KEY), bytes(900, VP9_INTER)];

/** SVT-AV1's sequence header of 320x180, and frames. */
const AV1_OBUS = [
  Uint8Array.of(0x08, 0x00, 0x00, 0x00, 0x04, 0x3c, 0xfe, 0xcc, 0x4a, 0xf9, 0x00, 0x40),
  bytes(2500, [0x30, 0x10]),
  bytes(200, [0x30, 0x30]),
];

/** x265's parameter sets of 320x180, a key frame's slice and one that leans on it. */
const H265_NALUS = [
  Buffer.from('40010c01ffff01600000030090000003000003003cba0240', 'hex'),
  Buffer.from('42010101600000030090000003000003003ca00a080c1f3e5ba4a4c2e68080000003008000000c84', 'hex'),
  Buffer.from('4401c0718112', 'hex'),
  bytes(2500, [0x26, 0x01, 0xa0]),
  bytes(200, [0x02, 0x01, 0xc0]),
];

/** By codec. */
export const PAYLOADS = {
  VP8: VP8_FRAMES.flatMap((frame, pictureId) => packetizeVp8(frame, { pictureId, maxBytes: 900 })),
  H264: packetizeH264(H264_NALUS, 900),
  VP9: [
    ...packetizeVp9(VP9_LAYERS, { pictureId: 5, maxBytes: 900, sizes: [SMALL, LARGE] }),
    ...packetizeVp9([bytes(300, VP9_INTER)], {
      ...{ pictureId: 6, references: [1], layering: { temporalLayer: 1, switchingUpPoint: true, tl0PictureIndex: 9 } },
    }),
    ...packetizeVp9([bytes(300, VP9_INTER)], {
      references: [1, 2],
      layering: { temporalLayer: 1, switchingUpPoint: true },
    }),
  ],
  AV1: [
    ...packetizeAv1(AV1_OBUS, { startsSequence: true, maxBytes: 900 }),
    ...packetizeAv1(AV1_OBUS.slice(1), { sizesAlways: true, maxBytes: 900 }),
  ],
  H265: packetizeH265(H265_NALUS, 900),
  PCMU: [bytes(160, [0xff]), bytes(240, [0x7f])],
  PCMA: [bytes(160, [0xd5])],
  opus: [
    Uint8Array.of(0xf8, 0xff, 0xfe),
    bytes(80, [0xfc]),
    Uint8Array.of(0x0b, 0x82, 1, 2, 3),
    Uint8Array.of(0xff, 0x43),
  ],
};

const packetizer = (stream: typeof VIDEO, clockRate: number): RtpPacketizer =>
  new RtpPacketizer({
    ...stream,
    clockRate,
    mid: { extensionId: 4, value: '1' },
    rtx: REPAIRS,
    firstSequenceNumber: 65_530,
    firstTimestamp: 2 ** 32 - 900,
  });

const video = packetizer(VIDEO, 90_000);
const audio = packetizer(AUDIO, 48_000);

export const RTP_PACKETS: Uint8Array[] = [
  ...video.packetize(PAYLOADS.VP8, 0, true),
  ...video.packetize(PAYLOADS.H264, 40, true),
  ...audio.packetize(PAYLOADS.opus, 20, false),
].map((packet) => packet.bytes);
const resent = video.resend(65_531);
if (resent !== undefined) RTP_PACKETS.push(resent);

const report = {
  ...{ ssrc: VIDEO.ssrc, fractionLost256: 12, cumulativeLost: 40, extendedHighestSequenceNumber: 70_000 },
  ...{ jitter: 90, lastSenderReport: 1, delaySinceLastSenderReport: 2 },
};
const senderReport = { ntpMs: 1.8e12, rtpTimestamp: 5, packetCount: 10, octetCount: 9000 };

const arrivals = {
  ...{ senderSsrc: 1, mediaSsrc: VIDEO.ssrc, feedbackCount: 255, baseSequenceNumber: 65_530 },
  arrivalsMs: [
    1000,
    1001,
    undefined,
    1100,
    1090,
    ...Array<undefined>(40).fill(undefined),
    ...Array<number>(30).fill(1100),
  ],
};

export const RTCP_PACKETS: Uint8Array[] = [
  buildTransportFeedback(arrivals).bytes,
  joinRtcp([buildSenderReport({ ssrc: VIDEO.ssrc, ...senderReport }), buildSourceDescription(VIDEO.ssrc, 'caller')]),
  joinRtcp([buildSenderReport({ ssrc: AUDIO.ssrc, ...senderReport }), buildGoodbye([AUDIO.ssrc])]),
  joinRtcp([buildReceiverReport(1, [report, report]), buildRemb(1, 2_000_000, [VIDEO.ssrc, AUDIO.ssrc])]),
  joinRtcp([buildNack(1, VIDEO.ssrc, [65_534, 65_535, 0, 7]), buildPli(1, VIDEO.ssrc), buildFir(1, VIDEO.ssrc, 3)]),
  buildSenderReportRequest(1, VIDEO.ssrc),
];
