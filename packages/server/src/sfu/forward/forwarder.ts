/**
 * A publication's subscriptions, and the way of its packets to them. Without any it keeps nothing and costs the packets nothing.
 * Nothing waits here: a packet is handed to the network or lost, and the next one comes; a slow subscriber holds up nobody.
 */
import type { SubscriptionId } from '@callreel/contract/ids.ts';
import type { SenderReport } from '@callreel/media/rtcp/sender-report.ts';
import { AUDIO_LEVEL_URI, findHeaderExtension } from '@callreel/media/rtp/header-extension.ts';
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import type { MediaChoice } from '@callreel/media/sdp/choose-media.ts';
import { chooseReceived } from '@callreel/media/sdp/choose-received.ts';
import { parseOffer } from '@callreel/media/sdp/offer.ts';
import { type PublishedMedia, publishedMedia } from '@callreel/media/sdp/published-media.ts';
import type { SubscriptionStats } from '../protocol.ts';
import type { TrackKind } from '../receive/media-source.ts';
import type { RtcPort } from '../transport/rtc-port.ts';
import { Feed } from './feed.ts';
import { PacketWriter } from './packet-writer.ts';
import { ReportClock } from './report-clock.ts';
import type { Shed } from './shedding.ts';
import { Subscription } from './subscription.ts';

export type ForwarderOptions = {
  streamName: string;
  rtcPort: RtcPort;
  announceAddresses: readonly string[];
  nowMs: () => number;
  /** What is given up at the moment, so that recording is not. */
  shed: () => Shed;
  /** Of this source, or of the one that is recorded where none is known. */
  requestKeyFrame: (ssrc: number | undefined) => void;
  /** One is over, not by `unsubscribe`. */
  onEnded: (subscriptionId: SubscriptionId, why: string) => void;
};

/** A younger key frame serves whoever comes: until then no other may be asked for (`KeyFrameRequests`). */
const START_FROM_CACHE_MS = 500;
const CHOICE_INTERVAL_MS = 100;
/** Layers, and those that took their place. */
const MAX_FEEDS = 6;
/** No voice, and as silent as can be (RFC 6464). */
const SILENT = 0x7f;

export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #clock = new ReportClock();
  readonly #writer = new PacketWriter();
  readonly #subscriptions = new Map<SubscriptionId, Subscription>();
  #media: PublishedMedia;
  #audioLevelId: number | undefined;
  #feeds: readonly Feed[] = [];
  #chosenMs = Number.NEGATIVE_INFINITY;
  #shed: Shed = 'nothing';
  #closed = false;

  constructor(options: ForwarderOptions, choice: MediaChoice) {
    this.#options = options;
    this.#media = publishedMedia(choice);
    this.begin(choice);
  }

  get isIdle(): boolean {
    return this.#subscriptions.size === 0;
  }

  /** The publisher connected, or connected anew: its streams are others, and so may be its clock. */
  begin(choice: MediaChoice): void {
    this.#media = publishedMedia(choice);
    this.#audioLevelId = choice.audio?.offered.extensions.find(({ uri }) => uri === AUDIO_LEVEL_URI)?.id;
    this.#clock.reset();
    for (const kind of ['audio', 'video'] as const) this.handleSourceChange(kind);
  }

  /** Answers an offer. @throws SdpError, TransportError */
  async subscribe(id: SubscriptionId, offerText: string): Promise<string> {
    if (this.#subscriptions.has(id)) throw new TypeError(`subscribe: ${id} exists`);
    const { streamName, rtcPort, announceAddresses, nowMs, requestKeyFrame } = this.#options;
    const offer = parseOffer(offerText);
    const choice = chooseReceived(offer, this.#media);
    const { subscription, answer } = await Subscription.open({
      ...{ id, streamName, rtcPort, announceAddresses, offer, choice, nowMs },
      wallMs: Date.now,
      clock: this.#clock,
      writer: this.#writer,
      onConnected: () => this.#handleConnected(id),
      onKeyFrameWanted: () => requestKeyFrame(this.#subscriptions.get(id)?.track('video')?.feed?.ssrc),
      onLost: (why) => this.#handleLost(id, why),
    });
    if (this.#closed) subscription.close();
    else this.#subscriptions.set(id, subscription);
    return answer;
  }

  /** False where there is no such. */
  unsubscribe(id: SubscriptionId): boolean {
    const subscription = this.#subscriptions.get(id);
    if (subscription === undefined) return false;
    this.#remove(subscription);
    return true;
  }

  /** Stops sound or picture, or lets it go on. False where there is no such. */
  change(id: SubscriptionId, sends: { audio: boolean; video: boolean }): boolean {
    const subscription = this.#subscriptions.get(id);
    if (subscription === undefined) return false;
    subscription.track('audio')?.pause(!sends.audio);
    subscription.track('video')?.pause(!sends.video);
    // The key frame that it goes on with is asked for now.
    this.#bringOn(subscription, this.#layers(this.#options.nowMs()), this.#options.nowMs());
    return true;
  }

  /** `silenced`: what it says of its loudness is not true any more. */
  handlePacket(track: TrackKind, packet: RtpPacket, silenced: boolean, arrivalMs: number): void {
    const feed = this.#feedOf(track, packet.ssrc);
    const fed = feed.take(packet, silenced ? SILENT : this.#audioLevelOf(track, packet), arrivalMs);
    if (track === 'video' && this.#shed === 'soundOnly') return;
    if (fed === undefined || !this.#writer.setPayload(packet.payload)) return;
    for (const subscription of this.#subscriptions.values()) subscription.forward(feed, fed, arrivalMs);
  }

  handleSenderReport(report: SenderReport, arrivalMs: number): void {
    this.#clock.handleReport(report, arrivalMs, Date.now());
  }

  /** The track's packets are of another source from now on. */
  handleSourceChange(track: TrackKind): void {
    this.#feeds = this.#feeds.filter((feed) => feed.track !== track);
    for (const subscription of this.#subscriptions.values()) subscription.track(track)?.forget();
  }

  /** Call it every 10 ms or so. */
  tick(nowMs: number): void {
    for (const subscription of this.#subscriptions.values()) subscription.tick(nowMs);
    this.#giveWay(this.#options.shed());
    if (nowMs - this.#chosenMs < CHOICE_INTERVAL_MS) return;
    this.#chosenMs = nowMs;
    const layers = this.#layers(nowMs);
    for (const subscription of this.#subscriptions.values()) this.#bringOn(subscription, layers, nowMs);
  }

  stats(nowMs: number): SubscriptionStats[] {
    return [...this.#subscriptions.values()].map((subscription) => subscription.stats(nowMs));
  }

  /** Ends all subscriptions, and says why. */
  fail(why: string): void {
    for (const id of [...this.#subscriptions.keys()]) this.#handleLost(id, `failed: ${why}`);
  }

  /** Idempotent. Ends all subscriptions; nobody is told. */
  close(): void {
    this.#closed = true;
    for (const subscription of [...this.#subscriptions.values()]) this.#remove(subscription);
  }

  /** From what is kept where a key frame is among it; else one is asked for at once. */
  #handleConnected(id: SubscriptionId): void {
    const subscription = this.#subscriptions.get(id);
    if (subscription === undefined) return;
    const now = this.#options.nowMs();
    const layers = this.#layers(now);
    if (this.#shed === 'soundOnly') return;
    subscription.chooseLayer(layers, now, this.#shed === 'small');
    const start = subscription.track('video')?.wanted;
    for (const fed of start?.sinceKeyFrame(START_FROM_CACHE_MS, now) ?? []) {
      if (start && this.#writer.setPayload(fed.packet.payload)) subscription.forward(start, fed, now);
    }
    this.#bringOn(subscription, layers, now);
  }

  /** Pictures that stop go on with a key frame. */
  #giveWay(shed: Shed): void {
    if (shed === this.#shed) return;
    this.#shed = shed;
    this.#chosenMs = Number.NEGATIVE_INFINITY;
    if (shed !== 'soundOnly') return;
    for (const subscription of this.#subscriptions.values()) subscription.track('video')?.forget();
  }

  #bringOn(subscription: Subscription, layers: readonly Feed[], nowMs: number): void {
    if (subscription.state !== 'live' || this.#shed === 'soundOnly') return;
    subscription.chooseLayer(layers, nowMs, this.#shed === 'small');
    const video = subscription.track('video');
    if (video?.awaitsKeyFrame) this.#options.requestKeyFrame(video.wanted?.ssrc);
  }

  /** Those that live; or, where all are silent, those that there are. */
  #layers(nowMs: number): readonly Feed[] {
    const video = this.#feeds.filter(({ track }) => track === 'video');
    const alive = video.filter((feed) => feed.isAlive(nowMs));
    return alive.length > 0 ? alive : video;
  }

  #feedOf(track: TrackKind, ssrc: number): Feed {
    for (const feed of this.#feeds) if (feed.ssrc === ssrc && feed.track === track) return feed;
    const feed = new Feed(track, ssrc, track === 'video' ? this.#media.video?.name : undefined);
    const kept = this.#feeds.toSorted((one, other) => other.lastArrivalMs - one.lastArrivalMs).slice(0, MAX_FEEDS - 1);
    this.#feeds = [...kept, feed];
    this.#chosenMs = Number.NEGATIVE_INFINITY;
    return feed;
  }

  #audioLevelOf(track: TrackKind, packet: RtpPacket): number | undefined {
    if (track !== 'audio' || this.#audioLevelId === undefined) return undefined;
    return findHeaderExtension(packet, this.#audioLevelId)?.[0];
  }

  #handleLost(id: SubscriptionId, why: string): void {
    const subscription = this.#subscriptions.get(id);
    if (subscription === undefined) return;
    this.#remove(subscription);
    this.#options.onEnded(id, why);
  }

  #remove(subscription: Subscription): void {
    subscription.close();
    this.#subscriptions.delete(subscription.id);
    // Nobody is left who could ask for what is kept.
    if (this.#subscriptions.size === 0) this.#feeds = [];
  }
}
