/** A peer that receives over real WebRTC: it counts what comes, asks again for what is missing, and reports as a browser does. */
import { EventEmitter, once } from 'node:events';
import type { VideoCodecName } from '@callreel/contract/conference.ts';
import { joinRtcp, rtcpPackets } from '@callreel/media/rtcp/compound.ts';
import { parseGoodbye } from '@callreel/media/rtcp/goodbye.ts';
import { buildPli } from '@callreel/media/rtcp/key-frame-request.ts';
import { buildNack } from '@callreel/media/rtcp/negative-acknowledgement.ts';
import { buildReceiverReport } from '@callreel/media/rtcp/receiver-report.ts';
import { ReceptionStatistics } from '@callreel/media/rtcp/reception-statistics.ts';
import { buildRemb } from '@callreel/media/rtcp/remb.ts';
import { parseSenderReport, type SenderReport } from '@callreel/media/rtcp/sender-report.ts';
import { isRtcp, parseRtp, type RtpPacket } from '@callreel/media/rtp/packet.ts';
import { restoreFromRtx } from '@callreel/media/rtp/rtx.ts';
import { readAnswer } from '../send/answer.ts';
import { nowMs } from '../send/clock.ts';
import type { LinkConditions } from '../send/link.ts';
import type { DtlsSetup } from '../send/offer.ts';
import { SendingPeer } from '../send/peer.ts';
import { Relay } from '../send/relay.ts';
import { buildReceivingOffer, RECEIVED_PAYLOAD_TYPES } from './receiving-offer.ts';

export type SubscriberOptions = {
  /** Answers an offer. */
  subscribe: (offer: string) => Promise<string>;
  audio?: boolean;
  video?: VideoCodecName | undefined;
  rtx?: boolean;
  bindAddress?: string;
  dtlsSetup?: DtlsSetup;
  /** Puts a relay in the way: what its path is like once the connection is open. */
  path?: LinkConditions;
  /** The bit rate that it tells every second (REMB); none unless said. */
  remb?: number;
  /** Keeps each packet; otherwise they are counted alone. */
  keeps?: boolean;
};

export type ReceivedPacket = { packet: RtpPacket; atMs: number; wasResent: boolean };

const OWN_SSRC = 77;
const REPORT_EVERY_MS = 1000;
const NACK_EVERY_MS = 20;
const MAX_GAP = 1000;
const CLOCK_RATES_HZ = { audio: 48_000, video: 90_000 } as const;

/** One SSRC that comes. */
class Incoming {
  readonly kind: 'audio' | 'video';
  readonly ssrc: number;
  readonly statistics: ReceptionStatistics;
  readonly missing = new Map<number, number>();
  report: { middle32: number; atMs: number } | undefined;
  newest: number | undefined;
  recovered = 0;

  constructor(kind: 'audio' | 'video', ssrc: number) {
    this.kind = kind;
    this.ssrc = ssrc;
    this.statistics = new ReceptionStatistics(ssrc, CLOCK_RATES_HZ[kind]);
  }

  take({ sequenceNumber, timestamp }: RtpPacket, atMs: number): void {
    this.statistics.receive(sequenceNumber, timestamp, atMs);
    const ahead = this.newest === undefined ? 1 : ((sequenceNumber - this.newest + 0x8000) & 0xffff) - 0x8000;
    if (ahead <= 0) {
      this.missing.delete(sequenceNumber);
      return;
    }
    for (let step = 1; step < Math.min(ahead, MAX_GAP); step += 1)
      this.missing.set((sequenceNumber - step) & 0xffff, -1);
    this.newest = sequenceNumber;
  }
}

/** Events: `packet`, `report`, `over`. */
export class Subscriber extends EventEmitter {
  readonly packets: ReceivedPacket[] = [];
  readonly reports: SenderReport[] = [];
  readonly counts = { audio: 0, video: 0, resent: 0, recovered: 0, foreign: 0 };
  firstVideoAtMs: number | undefined;
  connectedAtMs = 0;
  remb: number | undefined;
  /** Of the streams, by kind. */
  readonly ssrcs = new Map<'audio' | 'video', number>();
  /** The other side said that it sends no more. */
  saidGoodbye = false;
  isLost = false;
  readonly #peer: SendingPeer;
  readonly #keeps: boolean;
  readonly #incoming = new Map<number, Incoming>();
  #relay: Relay | undefined;
  #timers: NodeJS.Timeout[] = [];

  private constructor(peer: SendingPeer, { keeps = false, remb }: SubscriberOptions) {
    super();
    this.#peer = peer;
    this.#keeps = keeps;
    this.remb = remb;
    peer.onMessage = (bytes) => this.#handle(bytes);
    peer.onLost = () => {
      this.isLost = true;
      this.emit('over');
    };
  }

  /** Resolves when it is connected. Throws CallerError. */
  static async subscribe(options: SubscriberOptions): Promise<Subscriber> {
    const {
      audio = true,
      video = 'VP8',
      rtx = true,
      bindAddress = '127.0.0.1',
      dtlsSetup: setup = 'passive',
    } = options;
    const { peer, transport } = await SendingPeer.create(bindAddress);
    const subscriber = new Subscriber(peer, options);
    try {
      const offer = buildReceivingOffer({ transport, setup, audio, video, rtx });
      const answer = readAnswer(await options.subscribe(offer));
      await subscriber.#connect(answer.transportLines, bindAddress, options);
      return subscriber;
    } catch (error) {
      subscriber.close();
      throw error;
    }
  }

  /** Resolves when `enough` says so, looked at with each packet. */
  async until(enough: (subscriber: Subscriber) => boolean, event = 'packet'): Promise<void> {
    while (!enough(this)) await once(this, event);
  }

  /** What is missing now. */
  get missing(): number {
    return [...this.#incoming.values()].reduce((sum, { missing }) => sum + missing.size, 0);
  }

  /** It was told goodbye, or its connection is gone: the one may overtake the other. */
  get isOver(): boolean {
    return this.saidGoodbye || this.isLost;
  }

  /** Of the picture, which is all that is asked for again. */
  get videoMissing(): number {
    return this.#incoming.get(this.ssrcs.get('video') ?? 0)?.missing.size ?? 0;
  }

  of(kind: 'audio' | 'video'): ReceivedPacket[] {
    return this.packets.filter(({ packet }) => packet.payloadType === RECEIVED_PAYLOAD_TYPES[kind]);
  }

  requestKeyFrame(): void {
    this.#peer.send(Buffer.from(buildPli(OWN_SSRC, this.ssrcs.get('video') ?? 0)));
  }

  sendRaw(bytes: Uint8Array): void {
    this.#peer.send(Buffer.from(bytes));
  }

  /** Is gone from one moment to the next, without a word. Needs a `path`. */
  vanish(): void {
    this.#relay?.close();
    this.close();
  }

  /** Idempotent. */
  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    this.#peer.close();
    this.#relay?.close();
  }

  async #connect(lines: readonly string[], bindAddress: string, { path }: SubscriberOptions): Promise<void> {
    const relayed = path && (await Relay.before(lines, bindAddress));
    this.#relay = relayed?.relay;
    await this.#peer.connect(relayed?.transportLines ?? lines);
    if (path) this.#relay?.toCaller.change(path);
    this.connectedAtMs = nowMs();
    this.#timers = [
      setInterval(() => this.#report(), REPORT_EVERY_MS),
      setInterval(() => this.#askAgain(), NACK_EVERY_MS),
    ];
  }

  #handle(bytes: Buffer): void {
    const atMs = nowMs();
    if (isRtcp(bytes)) {
      this.#handleRtcp(bytes, atMs);
      return;
    }
    const packet = parseRtp(bytes);
    if (packet === undefined) return;
    const { audio, video, rtx } = RECEIVED_PAYLOAD_TYPES;
    if (packet.payloadType === audio) this.#take('audio', packet, atMs);
    else if (packet.payloadType === video) this.#take('video', packet, atMs);
    else if (packet.payloadType === rtx) this.#takeResent(packet, atMs);
    else this.counts.foreign += 1;
  }

  #take(kind: 'audio' | 'video', packet: RtpPacket, atMs: number): void {
    const known = this.#incoming.get(packet.ssrc);
    const incoming = known ?? new Incoming(kind, packet.ssrc);
    this.#incoming.set(packet.ssrc, incoming);
    this.ssrcs.set(kind, packet.ssrc);
    incoming.take(packet, atMs);
    this.counts[kind] += 1;
    if (kind === 'video') this.firstVideoAtMs ??= atMs;
    if (this.#keeps) this.packets.push({ packet, atMs, wasResent: false });
    this.emit('packet');
  }

  #takeResent(rtx: RtpPacket, atMs: number): void {
    this.counts.resent += 1;
    const ssrc = this.ssrcs.get('video') ?? 0;
    const packet = restoreFromRtx(rtx, ssrc, RECEIVED_PAYLOAD_TYPES.video);
    if (packet === undefined) return;
    if (this.#incoming.get(ssrc)?.missing.delete(packet.sequenceNumber)) this.counts.recovered += 1;
    if (this.#keeps) this.packets.push({ packet, atMs, wasResent: true });
    this.emit('packet');
  }

  #handleRtcp(bytes: Buffer, atMs: number): void {
    for (const packet of rtcpPackets(bytes)) {
      if (parseGoodbye(packet) !== undefined) {
        this.saidGoodbye = true;
        this.emit('over');
      }
      const report = parseSenderReport(packet);
      if (report === undefined) continue;
      this.reports.push(report);
      this.#incoming.get(report.ssrc)?.statistics.handleSenderReport(report.ntpMiddle32, atMs);
      this.emit('report');
    }
  }

  #report(): void {
    const blocks = [...this.#incoming.values()].map(({ statistics }) => statistics.report(nowMs()));
    const packets = [buildReceiverReport(OWN_SSRC, blocks)];
    if (this.remb !== undefined) packets.push(buildRemb(OWN_SSRC, this.remb, [...this.#incoming.keys()]));
    this.#peer.send(Buffer.from(joinRtcp(packets)));
  }

  #askAgain(): void {
    for (const { kind, ssrc, missing } of this.#incoming.values()) {
      if (kind === 'video' && missing.size > 0) {
        this.#peer.send(Buffer.from(buildNack(OWN_SSRC, ssrc, [...missing.keys()].slice(0, 200))));
      }
    }
  }
}
