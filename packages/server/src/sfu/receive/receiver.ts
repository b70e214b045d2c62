/**
 * The receiving side of one connection: packets in, each handed to its track with retransmissions undone; RTCP out, so that the sender
 * sends again what was lost, makes key frames when asked, and keeps to its bit rate.
 */
import { type RtcpPacket, rtcpPackets } from '@callreel/media/rtcp/compound.ts';
import { parseGoodbye } from '@callreel/media/rtcp/goodbye.ts';
import { parseSenderReport, type SenderReport } from '@callreel/media/rtcp/sender-report.ts';
import { isRtcp, parseRtp, type RtpPacket } from '@callreel/media/rtp/packet.ts';
import { restoreFromRtx } from '@callreel/media/rtp/rtx.ts';
import type { MediaChoice } from '@callreel/media/sdp/choose-media.ts';
import type { ChosenLayer } from '../../recorder/picture-layers.ts';
import { Demultiplexer } from './demultiplexer.ts';
import { ONLY_LAYER } from './expectation.ts';
import { Feedback } from './feedback.ts';
import { type MediaSource, type TrackKind, takeIntervals } from './media-source.ts';
import { PacketBudget } from './packet-budget.ts';
import { type ReceiverStats, sourceStatsOf } from './receiver-stats.ts';
import { takesReportRequests } from './report-requests.ts';
import { VideoControl } from './video-control.ts';

export type ReceiverSink = {
  /**
   * In the order of arrival, duplicates included; the payload is the sink's to keep. With simulcast the packets of all layers, which
   * their SSRCs tell apart.
   */
  handlePacket(track: TrackKind, packet: RtpPacket, arrivalMs: number): void;
  handleSenderReport(track: TrackKind, report: SenderReport, arrivalMs: number): void;
  /** From now on the track's packets are of another SSRC, with another clock. */
  handleSourceChange(track: TrackKind): void;
  /** With simulcast: of which layer the pictures are wanted from its next key frame on. Before the first packet of video, and at each change. */
  handleLayer(layer: ChosenLayer): void;
};

export type ReceiverOptions = {
  choice: MediaChoice;
  /** Ours, random, 32 bits. */
  ssrc: number;
  send: (bytes: Uint8Array) => void;
  sink: ReceiverSink;
  nowMs: number;
};

const REPORT_INTERVAL_MS = 1000;
/** So many sender reports make a line through the sender's clock. */
const REPORTS_WANTED_EARLY = 3;

export class Receiver {
  readonly #sink: ReceiverSink;
  readonly #demultiplexer: Demultiplexer;
  readonly #feedback: Feedback;
  readonly #video: VideoControl | undefined;
  readonly #budget: PacketBudget;
  readonly #asksForReports: boolean;
  readonly #begun = new Set<TrackKind>();
  #lastPacketMs: number;
  #reportedMs: number;
  #reportedBytes = 0;
  #receivedBytes = 0;
  #ignoredPackets = 0;

  constructor({ choice, ssrc, send, sink, nowMs }: ReceiverOptions) {
    this.#sink = sink;
    this.#demultiplexer = new Demultiplexer(choice);
    this.#feedback = new Feedback({ ssrc, reducedSize: choice.reducedSizeRtcp, send });
    this.#video = choice.video && new VideoControl(choice.video, this.#feedback);
    this.#budget = new PacketBudget(nowMs);
    this.#asksForReports = takesReportRequests(choice);
    this.#lastPacketMs = nowMs;
    this.#reportedMs = nowMs;
  }

  /** When the last packet came, of whatever kind. */
  get lastPacketMs(): number {
    return this.#lastPacketMs;
  }

  /** The connection is open, and nothing came yet. In its first 2 s libwebrtc takes what it is allowed for its estimate. */
  handleOpen(): void {
    if (this.#video?.bitrate.takesAllowance)
      this.#feedback.report([], this.#video.bitrate.allowedBitsPerSecond, this.#video.announcedSsrcs);
  }

  /** RTP or RTCP, decrypted. */
  handlePacket(bytes: Uint8Array, arrivalMs: number): void {
    this.#lastPacketMs = arrivalMs;
    if (!this.#budget.take(bytes.length, arrivalMs)) return;
    if (isRtcp(bytes)) {
      for (const packet of rtcpPackets(bytes)) this.#handleRtcp(packet, arrivalMs);
      return;
    }
    const packet = parseRtp(bytes);
    if (packet !== undefined) this.#video?.bitrate.handlePacket(packet, bytes.length, arrivalMs);
    const route = packet && this.#demultiplexer.route(packet, arrivalMs);
    if (packet === undefined || route === undefined) {
      this.#ignoredPackets += 1;
      return;
    }
    this.#receivedBytes += bytes.length;
    if (route.repairs) this.#handleRepair(route.source, packet, arrivalMs);
    else this.#handleMedia(route.source, packet, arrivalMs);
  }

  /** It sends so much more than any picture needs, and for so long, that it is to be cut off. */
  isFlooded(nowMs: number): boolean {
    return this.#budget.isFlooded(nowMs);
  }

  /** Somebody cannot go on without a key frame, one that begins to come after `sinceMs`; many may ask. */
  requestKeyFrame(nowMs: number, ssrc?: number, sinceMs?: number): void {
    this.#video?.requestKeyFrame(nowMs, ssrc, sinceMs);
  }

  /** Call it every 10 ms or so: sends what is due. */
  tick(nowMs: number): void {
    for (const { nacks, ssrc } of this.#demultiplexer.sources) {
      const missing = nacks?.due(nowMs);
      if (missing !== undefined && missing.length > 0) this.#feedback.nack(ssrc, missing);
    }
    this.#chooseLayer(nowMs);
    this.#video?.tick(nowMs);
    if (nowMs - this.#reportedMs >= REPORT_INTERVAL_MS) this.#report(nowMs);
  }

  stats(nowMs: number): ReceiverStats {
    return {
      sources: this.#demultiplexer.sources.map(sourceStatsOf),
      ignoredPackets: this.#ignoredPackets,
      shedPackets: this.#budget.shed,
      allowedBitsPerSecond: this.#video?.bitrate.allowedBitsPerSecond ?? 0,
      capIgnored: this.#video?.bitrate.capIgnored ?? false,
      pictureSize: this.#video?.pictureSize,
      keyFrames: this.#video?.keyFrames ?? 0,
      keyFrameRequests: this.#video?.requestsSent ?? 0,
      roundTripMs: this.#video?.recorded?.nacks?.roundTripMs(nowMs),
    };
  }

  #handleMedia(source: MediaSource, packet: RtpPacket, arrivalMs: number): void {
    const isFirst = source.packets === 0;
    if (isFirst) this.#begin(source);
    source.receive(packet, arrivalMs);
    if (source.track === 'video') this.#video?.handlePacket(source, packet, false, arrivalMs);
    if (isFirst) this.#chooseLayer(arrivalMs);
    this.#sink.handlePacket(source.track, packet, arrivalMs);
  }

  #handleRepair(source: MediaSource, rtx: RtpPacket, arrivalMs: number): void {
    const packet = restoreFromRtx(rtx, source.ssrc, source.payloadType);
    if (packet === undefined) return;
    if (!source.receiveRepair(packet, arrivalMs)) {
      this.#ignoredPackets += 1;
      return;
    }
    this.#video?.handlePacket(source, packet, true, arrivalMs);
    this.#sink.handlePacket(source.track, packet, arrivalMs);
  }

  #begin(source: MediaSource): void {
    if (this.#asksForReports) this.#feedback.requestSenderReport(source.ssrc);
    if (source.track === 'video') this.#video?.setSources(this.#demultiplexer.sourcesOf('video'));
    // Another layer, or another stream of one, is taken over at its key frame.
    if (source.layer !== ONLY_LAYER) return;
    if (this.#begun.has(source.track)) this.#sink.handleSourceChange(source.track);
    this.#begun.add(source.track);
  }

  #chooseLayer(nowMs: number): void {
    const chosen = this.#video?.chooseRecorded(nowMs);
    if (chosen === undefined || chosen.layer === ONLY_LAYER) return;
    this.#sink.handleLayer({ ssrc: chosen.ssrc, name: chosen.layer, atMs: nowMs });
  }

  #handleRtcp(packet: RtcpPacket, arrivalMs: number): void {
    const report = parseSenderReport(packet);
    if (report !== undefined) this.#handleSenderReport(report, arrivalMs);
    for (const ssrc of parseGoodbye(packet) ?? []) {
      const source = this.#demultiplexer.bySsrc(ssrc);
      if (source !== undefined) source.saidGoodbye = true;
    }
  }

  #handleSenderReport(report: SenderReport, arrivalMs: number): void {
    const source = this.#demultiplexer.bySsrc(report.ssrc);
    if (source === undefined) return;
    source.senderReports += 1;
    source.statistics.handleSenderReport(report.ntpMiddle32, arrivalMs);
    this.#sink.handleSenderReport(source.track, report, arrivalMs);
  }

  /** True loss and LSR/DLSR for each stream, or the sender's own control is blind; and what it may send. */
  #report(nowMs: number): void {
    const seconds = (nowMs - this.#reportedMs) / 1000;
    const bitsPerSecond = (8 * (this.#receivedBytes - this.#reportedBytes)) / seconds;
    this.#reportedMs = nowMs;
    this.#reportedBytes = this.#receivedBytes;
    const { sources } = this.#demultiplexer;
    if (sources.length === 0) return;
    for (const { senderReports, ssrc } of sources) {
      if (this.#asksForReports && senderReports < REPORTS_WANTED_EARLY) this.#feedback.requestSenderReport(ssrc);
    }
    const video = this.#demultiplexer.sourcesOf('video');
    if (video.length > 0) this.#video?.updateBitrate({ bitsPerSecond, ...takeIntervals(video) }, nowMs);
    const blocks = sources.map((source) => source.statistics.report(nowMs));
    const allowed = this.#video?.bitrate.takesAllowance ? this.#video.bitrate.allowedBitsPerSecond : undefined;
    this.#feedback.report(
      blocks,
      allowed,
      video.map(({ ssrc }) => ssrc),
    );
  }
}
