/** Packets of media and of control, alone and in a row. */
import { strict as assert } from 'node:assert';
import {
  AUDIO_CODEC_NAMES,
  type AudioCodecName,
  VIDEO_CODEC_NAMES,
  type VideoCodecName,
} from '@callreel/contract/conference.ts';
import { createDepacketizer } from '@callreel/media/depacketize/create.ts';
import type { EncodedFrame } from '@callreel/media/frame/frame.ts';
import { decoderConfiguration } from '@callreel/media/mp4/decoder-configuration.ts';
import { withParameterSets } from '@callreel/media/mp4/in-band-sets.ts';
import { rtcpPackets } from '@callreel/media/rtcp/compound.ts';
import { parseGoodbye } from '@callreel/media/rtcp/goodbye.ts';
import { parseKeyFrameRequest } from '@callreel/media/rtcp/key-frame-request.ts';
import { parseNack } from '@callreel/media/rtcp/negative-acknowledgement.ts';
import { parseReceiverReport } from '@callreel/media/rtcp/receiver-report.ts';
import { parseRemb } from '@callreel/media/rtcp/remb.ts';
import { parseSenderReport } from '@callreel/media/rtcp/sender-report.ts';
import { parseSenderReportRequest } from '@callreel/media/rtcp/sender-report-request.ts';
import { parseCanonicalNames } from '@callreel/media/rtcp/source-description.ts';
import { parseTransportFeedback } from '@callreel/media/rtcp/transport-feedback.ts';
import {
  ABSOLUTE_SEND_TIME_MODULUS_MS,
  findHeaderExtension,
  readAbsoluteSendTime,
  readAudioLevel,
  readTextExtension,
  readTransportSequenceNumber,
} from '@callreel/media/rtp/header-extension.ts';
import { isRtcp, parseRtp } from '@callreel/media/rtp/packet.ts';
import { restoreFromRtx } from '@callreel/media/rtp/rtx.ts';
import { chooseMedia, type MediaChoice } from '@callreel/media/sdp/choose-media.ts';
import { parseOffer } from '@callreel/media/sdp/offer.ts';
import { CHROMIUM_OFFER } from '@callreel/media/sdp/offers-fixture.ts';
import { readKeyFrameStart } from '@callreel/server/sfu/receive/key-frame-start.ts';
import { Receiver } from '@callreel/server/sfu/receive/receiver.ts';
import { simulcastOffer } from '@callreel/server/sfu/receive/simulcast-sender-fixture.ts';
import fc from 'fast-check';
import { anyOf, bytesLike } from '../mutated.ts';
import { type FuzzTarget, target } from '../target.ts';
import { PAYLOADS, RTCP_PACKETS, RTP_PACKETS } from './rtp-corpus.ts';

const within = (inner: Uint8Array, outer: Uint8Array): boolean =>
  inner.buffer === outer.buffer &&
  inner.byteOffset >= outer.byteOffset &&
  inner.byteOffset + inner.length <= outer.byteOffset + outer.length;

const checkRtp = ([bytes, id]: [Uint8Array, number]): void => {
  isRtcp(bytes);
  const packet = parseRtp(bytes);
  if (packet === undefined) return;
  assert.ok(within(packet.payload, bytes));
  const extension = findHeaderExtension(packet, id);
  assert.ok(extension === undefined || within(extension, bytes));
  assert.ok((readTextExtension(packet, id)?.length ?? 0) <= bytes.length);
  const { levelDbov = 0 } = readAudioLevel(packet, id) ?? {};
  assert.ok(levelDbov <= 0 && levelDbov >= -127);
  assert.ok((readTransportSequenceNumber(packet, id) ?? 0) <= 0xffff);
  assert.ok((readAbsoluteSendTime(packet, id) ?? 0) < ABSOLUTE_SEND_TIME_MODULUS_MS);
  const restored = restoreFromRtx(packet, 1, 96);
  assert.equal(restored?.payload.length ?? -1, packet.payload.length < 2 ? -1 : packet.payload.length - 2);
};

/** What is read of a packet cannot be more than its bytes hold. */
const checkRtcp = (bytes: Uint8Array): void => {
  for (const packet of rtcpPackets(bytes)) {
    const words = packet.body.length / 4;
    parseSenderReport(packet);
    parseKeyFrameRequest(packet);
    parseSenderReportRequest(packet);
    assert.ok((parseReceiverReport(packet)?.length ?? 0) <= words);
    assert.ok((parseGoodbye(packet)?.length ?? 0) <= words);
    assert.ok(parseCanonicalNames(packet).length <= words);
    assert.ok((parseRemb(packet)?.mediaSsrcs.length ?? 0) <= words);
    // A run of 13 bits in half a word (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1.3).
    assert.ok((parseTransportFeedback(packet)?.arrivalsMs.length ?? 0) <= 2 * 0x1fff * words);
    // An entry of a word names up to 17 packets (RFC 4585 section 6.2.1).
    assert.ok((parseNack(packet)?.sequenceNumbers.length ?? 0) <= 17 * words);
  }
};

/** A camera with its microphone, and one in two layers. */
const choices = [CHROMIUM_OFFER, simulcastOffer(['f', 'q'])].map((offer) =>
  chooseMedia(parseOffer(offer), { audioCodecs: AUDIO_CODEC_NAMES, videoCodecs: ['VP8'] }),
);

/** A second of a connection: what comes is handed on at most once, and what we send in return stays small. */
const checkReceiver = (datagrams: readonly Uint8Array[]): void => {
  for (const choice of choices) checkReceiverOf(choice, datagrams);
};

const checkReceiverOf = (choice: MediaChoice, datagrams: readonly Uint8Array[]): void => {
  let [handedOn, sentBytes] = [0, 0];
  const count = (): void => {
    handedOn += 1;
  };
  const receiver = new Receiver({
    choice,
    ssrc: 99,
    sink: { handlePacket: count, handleSenderReport: () => {}, handleSourceChange: () => {}, handleLayer: () => {} },
    send: (bytes) => {
      sentBytes += bytes.length;
    },
    nowMs: 0,
  });
  datagrams.forEach((bytes, index) => {
    receiver.handlePacket(bytes, index * 20);
    receiver.tick(index * 20);
  });
  assert.ok(handedOn <= datagrams.length);
  assert.ok(sentBytes <= 2000 * (datagrams.length + 1));
};

const CODECS = [...VIDEO_CODEC_NAMES, ...AUDIO_CODEC_NAMES];
type Codec = VideoCodecName | AudioCodecName;
type Arrived = { ahead: number; later: number; marker: boolean; payload: Uint8Array };

const arrivedOf = (codec: Codec): fc.Arbitrary<Arrived> =>
  fc.record({
    ahead: fc.oneof(
      { weight: 8, arbitrary: fc.constant(1) },
      { weight: 1, arbitrary: fc.integer({ min: 2, max: 70_000 }) },
    ),
    later: fc.constantFrom(0, 0, 960, 3600, 2 ** 31),
    marker: fc.boolean(),
    payload: bytesLike(PAYLOADS[codec]),
  });

const streams = anyOf(CODECS).chain((codec) =>
  fc.tuple(fc.constant(codec), fc.array(arrivedOf(codec), { maxLength: 40 })),
);

/** Frames hold no more than came, but for lengths, a superframe's index and the sequence header that each key frame repeats. */
const checkDepacketizer = ([codec, packets]: [Codec, Arrived[]]): void => {
  const depacketizer = createDepacketizer(codec);
  let [sequenceNumber, rtpTimestamp, cameBytes] = [0, 0, 0];
  const outputs = packets.flatMap(({ ahead, later, marker, payload }) => {
    sequenceNumber += ahead;
    rtpTimestamp += later;
    cameBytes += payload.length;
    return depacketizer.push({ sequenceNumber, rtpTimestamp, marker, payload, arrivalMs: 0 });
  });
  outputs.push(...depacketizer.flush());
  assert.ok(outputs.length <= 3 * packets.length + 1);
  const bytes = outputs.reduce((sum, each) => sum + (each.kind === 'frame' ? each.frame.data.length : 0), 0);
  assert.ok(bytes <= 5 * cameBytes + 64 * outputs.length);
  for (const output of outputs) if (output.kind === 'frame') checkFrame(output.frame);
};

/** A key frame can be described, or says itself that it cannot; what is put in front of it leaves its bytes alone. */
const checkFrame = (frame: EncodedFrame): void => {
  if (frame.kind === 'audio' || frame.parameterSets === undefined) return;
  decoderConfiguration(frame.parameterSets);
  const written = withParameterSets(frame.data, frame.parameterSets);
  assert.ok(written.length >= frame.data.length);
};

const checkKeyFrameStart = ([codec, payload]: [VideoCodecName, Uint8Array]): void => {
  const { size } = readKeyFrameStart(codec, payload) ?? {};
  assert.ok(size === undefined || (size.width > 0 && size.height > 0 && size.width <= 65_536 && size.height <= 65_536));
};

const beginnings = anyOf(VIDEO_CODEC_NAMES).chain((codec) => fc.tuple(fc.constant(codec), bytesLike(PAYLOADS[codec])));

export const RTP_TARGETS: FuzzTarget[] = [
  target(
    'rtp: a packet and its extensions',
    fc.tuple(bytesLike(RTP_PACKETS), fc.integer({ min: 1, max: 255 })),
    checkRtp,
  ),
  target('rtcp: a compound', bytesLike(RTCP_PACKETS), checkRtcp),
  target('rtp: a connection', fc.array(bytesLike([...RTP_PACKETS, ...RTCP_PACKETS]), { maxLength: 50 }), checkReceiver),
  target('rtp: payloads to frames', streams, checkDepacketizer),
  target('rtp: where a key frame begins', beginnings, checkKeyFrameStart),
];
