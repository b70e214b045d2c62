/** What the way to subscribers reads: their offers and their feedback, and the publisher's payloads, whose numbers are changed. */
import { strict as assert } from 'node:assert';
import { VIDEO_CODEC_NAMES, type VideoCodecName } from '@callreel/contract/conference.ts';
import { rtcpPackets } from '@callreel/media/rtcp/compound.ts';
import { parseNack } from '@callreel/media/rtcp/negative-acknowledgement.ts';
import { parseReportBlocks } from '@callreel/media/rtcp/receiver-report.ts';
import { parseRemb } from '@callreel/media/rtcp/remb.ts';
import { parseRtp } from '@callreel/media/rtp/packet.ts';
import { chooseReceived } from '@callreel/media/sdp/choose-received.ts';
import type { LocalConnection } from '@callreel/media/sdp/local-connection.ts';
import { parseOffer } from '@callreel/media/sdp/offer.ts';
import {
  CHROMIUM_OFFER,
  EVERY_CODEC_SECTION,
  makeOffer,
  OPUS_SECTION,
  VP8_SECTION,
} from '@callreel/media/sdp/offers-fixture.ts';
import { SdpError } from '@callreel/media/sdp/sdp-error.ts';
import { buildSendingAnswer } from '@callreel/media/sdp/sending-answer.ts';
import { parseSessionDescription } from '@callreel/media/sdp/session-description.ts';
import { DownlinkEstimate } from '@callreel/server/sfu/forward/downlink-estimate.ts';
import { Feed } from '@callreel/server/sfu/forward/feed.ts';
import { OutgoingTrack } from '@callreel/server/sfu/forward/outgoing-track.ts';
import { PacketWriter } from '@callreel/server/sfu/forward/packet-writer.ts';
import { ReportClock } from '@callreel/server/sfu/forward/report-clock.ts';
import { SentReports } from '@callreel/server/sfu/forward/sent-reports.ts';
import fc from 'fast-check';
import { anyOf, bytesLike, textLike } from '../mutated.ts';
import { type FuzzTarget, target, unlessRefused } from '../target.ts';
import { PAYLOADS, RTCP_PACKETS } from './rtp-corpus.ts';

const OFFERS = [CHROMIUM_OFFER, makeOffer([OPUS_SECTION, VP8_SECTION], 'a v'), makeOffer([EVERY_CODEC_SECTION])].map(
  (offer) => offer.replaceAll(/a=send(?:only|recv)/g, 'a=recvonly'),
);

const OURS: LocalConnection = {
  iceUfrag: 'ours',
  icePwd: 'oursoursoursoursoursours',
  fingerprint: `sha-256 ${Array(32).fill('CD').join(':')}`,
  setup: 'passive',
  candidates: ['1 1 UDP 2114977791 192.0.2.2 8081 typ host'],
};
const STREAMS = { name: 'rtc-10-abcdefg_C1M1', audioSsrc: 1, videoSsrc: 2, rtxSsrc: 3 };
const ANSWER_CHARACTERS = 1500;
const LINE_OF_OURS = /^[a-z]=[\x20-\x7e]+$/;

/** Whatever is offered: it is sent what is published, or refused. */
const checkReceivingOffer = ([text, codec]: [string, VideoCodecName]): void => {
  const offer = parseOffer(text);
  const choice = chooseReceived(offer, {
    audio: { name: 'opus', channels: 2 },
    video: { name: codec, parameters: new Map() },
  });
  const answer = buildSendingAnswer({ offer, choice, local: OURS, sessionId: '1', streams: STREAMS });
  for (const line of answer.trimEnd().split('\r\n')) assert.match(line, LINE_OF_OURS);
  assert.ok(answer.length <= ANSWER_CHARACTERS * (1 + offer.sections.length));
  assert.equal(parseSessionDescription(answer).sections.length, offer.sections.length);
  assert.doesNotMatch(answer, /^a=(?:recvonly|sendrecv)/m);
};

const OWN_SSRC = 9;
const RTX_SSRC = 10;

class Downlink {
  readonly sent: Buffer[] = [];
  readonly writer = new PacketWriter();
  readonly track = new OutgoingTrack({
    ...{ kind: 'video', cname: 'x', ssrc: OWN_SSRC, payloadType: 120, ticksPerMs: 90 },
    ...{ rtx: { ssrc: RTX_SSRC, payloadType: 121 }, mid: undefined, sendTimeId: 3, audioLevelId: undefined },
    ...{ clock: new ReportClock(), writer: this.writer, send: (bytes) => this.sent.push(Buffer.from(bytes)) },
  });
  readonly #feed: Feed;

  constructor(codec: VideoCodecName) {
    this.#feed = new Feed('video', 1, codec);
  }

  take({ sequenceNumber, timestamp, payload }: { sequenceNumber: number; timestamp: number; payload: Uint8Array }) {
    const packet = {
      ...{ payloadType: 96, marker: true, sequenceNumber: sequenceNumber & 0xffff, timestamp: timestamp >>> 0 },
      ...{ ssrc: 1, payload, extension: undefined },
    };
    const fed = this.#feed.take(packet, undefined, timestamp / 90);
    if (fed === undefined || !this.writer.setPayload(payload)) return;
    this.track.forward(this.#feed, fed, timestamp / 90);
  }
}

type Arrived = { ahead: number; later: number; payload: Uint8Array; temporalLayer: number };

const arrivedOf = (codec: VideoCodecName): fc.Arbitrary<Arrived> =>
  fc.record({
    ahead: fc.oneof(
      { weight: 8, arbitrary: fc.constant(1) },
      { weight: 2, arbitrary: fc.integer({ min: -5, max: 700 }) },
    ),
    later: fc.constantFrom(0, 0, 3600, 2 ** 31),
    payload: bytesLike(PAYLOADS[codec]),
    temporalLayer: fc.integer({ min: 0, max: 7 }),
  });

const streams = anyOf(VIDEO_CODEC_NAMES).chain((codec) =>
  fc.tuple(fc.constant(codec), fc.array(arrivedOf(codec), { maxLength: 40 })),
);

/** Each goes out once at most, as long as it came or as nothing, under a number that no other has. */
const checkForwarded = ([codec, packets]: [VideoCodecName, Arrived[]]): void => {
  const downlink = new Downlink(codec);
  let [sequenceNumber, timestamp] = [65_530, 0];
  for (const { ahead, later, payload, temporalLayer } of packets) {
    sequenceNumber += ahead;
    timestamp += later;
    const before = downlink.sent.length;
    downlink.track.wantTemporalLayer(temporalLayer);
    downlink.take({ sequenceNumber, timestamp, payload });
    const sent = downlink.sent.slice(before);
    assert.ok(sent.length <= 1);
    for (const bytes of sent) assert.ok([0, payload.length].includes(parseRtp(bytes)?.payload.length ?? -1));
  }
  const numbers = downlink.sent.map((bytes) => bytes.readUInt16BE(2));
  assert.equal(new Set(numbers).size, numbers.length);
};

/** More than this is sent to nobody who asks again, whatever he asks for (`ResendBudget`). */
const MOST_RESENT_IN_A_SECOND = 1000;

const checkFeedback = (compounds: readonly Uint8Array[]): void => {
  const downlink = new Downlink('VP8');
  const key = PAYLOADS.VP8[0] as Uint8Array;
  for (let picture = 0; picture < 100; picture += 1) {
    downlink.take({ sequenceNumber: picture, timestamp: 3600 * picture, payload: key });
  }
  const [estimate, reports, before] = [new DownlinkEstimate(), new SentReports(), downlink.sent.length];
  compounds.forEach((bytes, index) => {
    const nowMs = 5000 + (1000 * index) / compounds.length;
    for (const packet of rtcpPackets(bytes)) {
      for (const block of parseReportBlocks(packet) ?? []) {
        reports.handleReport(block, nowMs);
        estimate.handleLoss(block.fractionLost256 / 256, 1_000_000, nowMs);
      }
      const remb = parseRemb(packet);
      if (remb) estimate.handleRemb(remb.bitsPerSecond, nowMs);
      downlink.track.resend(parseNack(packet)?.sequenceNumbers ?? [], reports.roundTripMs, nowMs);
    }
    assert.ok(estimate.bitsPerSecond(nowMs) >= 50_000 && estimate.lossShare >= 0 && estimate.lossShare <= 1);
  });
  const resent = downlink.sent.slice(before);
  assert.ok(resent.length <= MOST_RESENT_IN_A_SECOND);
  for (const bytes of resent) assert.equal(parseRtp(bytes)?.ssrc, RTX_SSRC);
};

export const FORWARD_TARGETS: FuzzTarget[] = [
  target(
    'forward: an offer to receive and our answer',
    fc.tuple(textLike(OFFERS, 2000), anyOf(VIDEO_CODEC_NAMES)),
    (input) => unlessRefused(SdpError, () => checkReceivingOffer(input)),
  ),
  target("forward: a publisher's payloads to a subscriber", streams, checkForwarded),
  target("forward: a subscriber's feedback", fc.array(bytesLike(RTCP_PACKETS), { maxLength: 50 }), checkFeedback),
];
