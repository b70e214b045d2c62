/** One subscriber of a publication: his connection, the tracks that go out over it, and what he tells of how they arrive. */
import { randomInt } from 'node:crypto';
import type { SubscriptionId } from '@callreel/contract/ids.ts';
import { joinRtcp, type RtcpPacket, rtcpPackets } from '@callreel/media/rtcp/compound.ts';
import { buildGoodbye } from '@callreel/media/rtcp/goodbye.ts';
import { parseKeyFrameRequest } from '@callreel/media/rtcp/key-frame-request.ts';
import { parseNack } from '@callreel/media/rtcp/negative-acknowledgement.ts';
import { buildReceiverReport, parseReportBlocks, type ReportBlock } from '@callreel/media/rtcp/receiver-report.ts';
import { parseRemb } from '@callreel/media/rtcp/remb.ts';
import { parseSenderReportRequest } from '@callreel/media/rtcp/sender-report-request.ts';
import { ABSOLUTE_SEND_TIME_URI, AUDIO_LEVEL_URI, MID_URI } from '@callreel/media/rtp/header-extension.ts';
import { isRtcp } from '@callreel/media/rtp/packet.ts';
import type { MediaChoice } from '@callreel/media/sdp/choose-media.ts';
import type { OfferedCodec } from '@callreel/media/sdp/codec.ts';
import type { Offer, OfferedSection } from '@callreel/media/sdp/offer.ts';
import { buildSendingAnswer, type SendingStreams, sentExtensions } from '@callreel/media/sdp/sending-answer.ts';
import type { SubscriptionStats } from '../protocol.ts';
import type { TrackKind } from '../receive/media-source.ts';
import { PacketBudget } from '../receive/packet-budget.ts';
import type { RtcPort } from '../transport/rtc-port.ts';
import { Transport } from '../transport/transport.ts';
import { DownlinkEstimate } from './downlink-estimate.ts';
import type { FedPacket, Feed } from './feed.ts';
import { fittingLayers } from './fitting-layers.ts';
import { LayerFit } from './layer-fit.ts';
import { OutgoingTrack } from './outgoing-track.ts';
import type { PacketWriter } from './packet-writer.ts';
import type { ReportClock } from './report-clock.ts';
import { SentReports } from './sent-reports.ts';

export type SubscriptionOptions = {
  id: SubscriptionId;
  /** Names the publication: token characters (RFC 8866). */
  streamName: string;
  rtcPort: RtcPort;
  announceAddresses: readonly string[];
  offer: Offer;
  choice: MediaChoice;
  nowMs: () => number;
  wallMs: () => number;
  clock: ReportClock;
  writer: PacketWriter;
  /** Once: packets may follow. */
  onConnected: () => void;
  /** He cannot go on without a key frame. */
  onKeyFrameWanted: () => void;
  /** Once, and not for our own `close`. */
  onLost: (why: string) => void;
};

const CONNECT_TIMEOUT_MS = 30_000;
/** Five of the longest intervals between reports (RFC 3550 section 6.3.5). */
const SILENCE_TIMEOUT_MS = 30_000;
const OWN_PAUSE_MS = 500;
const REPORT_INTERVAL_MS = 1000;
/** A decoder asks again by itself; more often helps nobody. */
const KEY_FRAME_WISH_INTERVAL_MS = 500;

const makeSsrcs = (name: string): SendingStreams => {
  const ssrcs = new Set<number>();
  while (ssrcs.size < 3) ssrcs.add(randomInt(1, 2 ** 32));
  const [audioSsrc = 0, videoSsrc = 0, rtxSsrc = 0] = ssrcs;
  return { name, audioSsrc, videoSsrc, rtxSsrc };
};

export class Subscription {
  readonly id: SubscriptionId;
  readonly #options: SubscriptionOptions;
  readonly #streams: SendingStreams;
  readonly #tracks: readonly OutgoingTrack[];
  readonly #estimate = new DownlinkEstimate();
  readonly #fit = new LayerFit();
  readonly #reports = new SentReports();
  readonly #budget: PacketBudget;
  #transport: Transport | undefined;
  #state: 'connecting' | 'live' | 'closed' = 'connecting';
  #sinceMs: number;
  #tickMs: number;
  #heardMs: number;
  #reportedMs = Number.NEGATIVE_INFINITY;
  #wishedMs = Number.NEGATIVE_INFINITY;
  #sentBytes = 0;
  #rate = { atMs: 0, bytes: 0, bitsPerSecond: 0 };
  #ignoredPackets = 0;
  #keyFrameWishes = 0;

  private constructor(options: SubscriptionOptions) {
    const now = options.nowMs();
    this.id = options.id;
    this.#options = options;
    this.#streams = makeSsrcs(options.streamName);
    this.#tracks = [...this.#makeTracks(options.choice)];
    this.#budget = new PacketBudget(now);
    this.#sinceMs = now;
    this.#tickMs = now;
    this.#heardMs = now;
    this.#rate.atMs = now;
  }

  /** The subscriber may connect once he has the answer. @throws TransportError */
  static async open(options: SubscriptionOptions): Promise<{ subscription: Subscription; answer: string }> {
    const subscription = new Subscription(options);
    const { offer, choice } = options;
    const streams = subscription.#streams;
    const transport = await Transport.open({
      ...options,
      connection: choice.connection,
      buildAnswer: (own) => buildSendingAnswer({ ...own, offer, choice, streams }),
      handler: {
        handlePacket: (bytes, arrivalMs) => subscription.#handlePacket(bytes, arrivalMs),
        handleOpen: () => subscription.#handleOpen(),
        handleClosed: (why) => subscription.#lose(why),
      },
    });
    subscription.#transport = transport;
    return { subscription, answer: transport.answer };
  }

  get state(): 'connecting' | 'live' | 'closed' {
    return this.#state;
  }

  /** Of this kind; undefined where he takes none. */
  track(kind: TrackKind): OutgoingTrack | undefined {
    return this.#tracks.find((track) => track.kind === kind);
  }

  /** Its payload must be laid down already. */
  forward(feed: Feed, fed: FedPacket, nowMs: number): void {
    if (this.#state !== 'live') return;
    for (const track of this.#tracks) {
      if (track.kind !== feed.track) continue;
      const first = track.packets === 0;
      track.forward(feed, fed, nowMs);
      // With its first packet, so that sound and picture are together from the start.
      if (first && track.packets > 0) this.#report(track, nowMs);
    }
  }

  /** Of a picture in several layers: takes the one that fits, or with `least` the smallest. Several times a second. */
  chooseLayer(layers: readonly Feed[], nowMs: number, least: boolean): void {
    const track = this.track('video');
    if (track === undefined) return;
    const downlink = { bitsPerSecond: this.#estimate.bitsPerSecond(nowMs), lossShare: this.#estimate.lossShare };
    const steps = fittingLayers(layers);
    const chosen = this.#fit.choose(least ? steps.slice(0, 1) : steps, downlink, nowMs);
    track.wanted = layers.find(({ ssrc }) => ssrc === chosen?.ssrc) ?? layers[0];
    track.wantTemporalLayer(chosen?.temporalLayer);
  }

  /** Call it every 10 ms or so. */
  tick(nowMs: number): void {
    if (nowMs - this.#tickMs > OWN_PAUSE_MS) this.#sinceMs = nowMs;
    this.#tickMs = nowMs;
    if (this.#state === 'connecting' && nowMs - this.#sinceMs > CONNECT_TIMEOUT_MS) this.#lose('never connected');
    if (this.#state !== 'live') return;
    if (this.#budget.isFlooded(nowMs)) this.#lose('flood');
    else if (nowMs - Math.max(this.#heardMs, this.#sinceMs) > SILENCE_TIMEOUT_MS) this.#lose('no reports');
    else if (nowMs - this.#reportedMs >= REPORT_INTERVAL_MS) this.#reportAll(nowMs);
  }

  stats(nowMs: number): SubscriptionStats {
    return {
      subscriptionId: this.id,
      connection: this.#state,
      packets: this.#tracks.reduce((sum, { packets }) => sum + packets, 0),
      resentPackets: this.#tracks.reduce((sum, { resent }) => sum + resent, 0),
      layerSsrc: this.track('video')?.feed?.ssrc,
      temporalLayer: this.track('video')?.temporalLayer,
      estimatedBitsPerSecond: this.#estimate.bitsPerSecond(nowMs),
      isTooThin: this.#fit.isTooThin,
      keyFrameWishes: this.#keyFrameWishes,
      ignoredPackets: this.#ignoredPackets,
      roundTripMs: this.#reports.roundTripMs,
    };
  }

  /** Idempotent. Says goodbye where there is somebody to hear it: without, a player takes half a minute to see it. */
  close(): void {
    if (this.#state === 'live') this.#sayGoodbye();
    this.#state = 'closed';
    this.#transport?.close();
  }

  *#makeTracks({ audio, video }: MediaChoice): Generator<OutgoingTrack> {
    const { audioSsrc, videoSsrc, rtxSsrc } = this.#streams;
    if (audio) yield this.#makeTrack('audio', audio, audioSsrc, undefined);
    if (!video) return;
    const rtx = video.rtx && { ssrc: rtxSsrc, payloadType: video.rtx.payloadType };
    yield this.#makeTrack('video', video, videoSsrc, rtx);
  }

  #makeTrack(
    kind: TrackKind,
    { offered, codec }: { offered: OfferedSection; codec: OfferedCodec },
    ssrc: number,
    rtx: { ssrc: number; payloadType: number } | undefined,
  ): OutgoingTrack {
    const { clock, writer, streamName } = this.#options;
    const idOf = (wanted: string): number | undefined => sentExtensions(offered).find(({ uri }) => uri === wanted)?.id;
    const { mid } = offered;
    const midId = idOf(MID_URI);
    // A longer one has no place in a one-byte element; the answer names the SSRCs too.
    const tellsMid = mid !== undefined && mid.length <= 16 && midId !== undefined;
    return new OutgoingTrack({
      ...{ kind, ssrc, rtx, clock, writer, cname: streamName },
      payloadType: codec.payloadType,
      ticksPerMs: codec.clockRateHz / 1000,
      mid: tellsMid ? { id: midId, value: mid } : undefined,
      sendTimeId: idOf(ABSOLUTE_SEND_TIME_URI),
      audioLevelId: idOf(AUDIO_LEVEL_URI),
      send: (bytes) => this.#send(bytes),
    });
  }

  #send(bytes: Uint8Array): void {
    this.#sentBytes += bytes.length;
    this.#transport?.send(bytes);
  }

  #handleOpen(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'live';
    this.#sinceMs = this.#options.nowMs();
    this.#heardMs = this.#sinceMs;
    this.#options.onConnected();
  }

  /** Whatever he sends as media is nobody's. */
  #handlePacket(bytes: Uint8Array, arrivalMs: number): void {
    this.#heardMs = arrivalMs;
    if (!this.#budget.take(bytes.length, arrivalMs)) return;
    if (!isRtcp(bytes)) this.#ignoredPackets += 1;
    else for (const packet of rtcpPackets(bytes)) this.#handleRtcp(packet, arrivalMs);
  }

  #handleRtcp(packet: RtcpPacket, nowMs: number): void {
    for (const block of parseReportBlocks(packet) ?? []) this.#handleReport(block, nowMs);
    const nack = parseNack(packet);
    if (nack) this.#bySsrc(nack.mediaSsrc)?.resend(nack.sequenceNumbers, this.#reports.roundTripMs, nowMs);
    const remb = parseRemb(packet);
    if (remb) this.#estimate.handleRemb(remb.bitsPerSecond, nowMs);
    const request = parseSenderReportRequest(packet);
    const asked = request && this.#bySsrc(request.mediaSsrc);
    if (asked && nowMs - this.#reportedMs > REPORT_INTERVAL_MS / 4) this.#report(asked, nowMs);
    if (parseKeyFrameRequest(packet)?.mediaSsrc === this.#streams.videoSsrc) this.#handleKeyFrameWish(nowMs);
  }

  #sayGoodbye(): void {
    const ssrcs = this.#tracks.filter(({ packets }) => packets > 0).map(({ ssrc }) => ssrc);
    // A compound begins with a report (RFC 3550 section 6.1).
    if (ssrcs.length > 0) this.#send(joinRtcp([buildReceiverReport(ssrcs[0] ?? 0, []), buildGoodbye(ssrcs)]));
  }

  #bySsrc(ssrc: number): OutgoingTrack | undefined {
    return this.#tracks.find((track) => track.ssrc === ssrc);
  }

  #handleReport(block: ReportBlock, nowMs: number): void {
    const track = this.#bySsrc(block.ssrc);
    if (track === undefined) return;
    track.handleReported();
    this.#reports.handleReport(block, nowMs);
    if (track.kind === 'video') this.#estimate.handleLoss(block.fractionLost256 / 256, this.#rate.bitsPerSecond, nowMs);
  }

  #handleKeyFrameWish(nowMs: number): void {
    if (nowMs - this.#wishedMs < KEY_FRAME_WISH_INTERVAL_MS) return;
    this.#wishedMs = nowMs;
    this.#keyFrameWishes += 1;
    this.#options.onKeyFrameWanted();
  }

  #reportAll(nowMs: number): void {
    this.#reportedMs = nowMs;
    const seconds = (nowMs - this.#rate.atMs) / 1000;
    const bitsPerSecond = seconds > 0 ? (8 * (this.#sentBytes - this.#rate.bytes)) / seconds : 0;
    this.#rate = { atMs: nowMs, bytes: this.#sentBytes, bitsPerSecond };
    for (const track of this.#tracks) this.#report(track, nowMs);
  }

  #report(track: OutgoingTrack, nowMs: number): void {
    const report = track.report(nowMs, this.#options.wallMs());
    if (report === undefined) return;
    this.#reports.handleSent(report, nowMs);
    this.#send(report);
  }

  #lose(why: string): void {
    if (this.#state === 'closed') return;
    this.close();
    this.#options.onLost(why);
  }
}
