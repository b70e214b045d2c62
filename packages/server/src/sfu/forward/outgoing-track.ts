/** One track on its way to one subscriber: which source it is taken from, and its own numbers, times and reports whatever the source is. */
import { randomInt } from 'node:crypto';
import { joinRtcp } from '@callreel/media/rtcp/compound.ts';
import { buildSenderReport } from '@callreel/media/rtcp/sender-report.ts';
import { buildSourceDescription } from '@callreel/media/rtcp/source-description.ts';
import type { TrackKind } from '../receive/media-source.ts';
import type { FedPacket, Feed } from './feed.ts';
import type { OutgoingExtensions, OutgoingHeader, PacketWriter } from './packet-writer.ts';
import { PictureNumbers } from './picture-numbers.ts';
import type { ReportClock } from './report-clock.ts';
import { ResendBudget } from './resend-budget.ts';
import { SequenceMap } from './sequence-map.ts';
import { ALL_LAYERS, TemporalLayers } from './temporal-layers.ts';

export type OutgoingTrackOptions = {
  kind: TrackKind;
  cname: string;
  ssrc: number;
  payloadType: number;
  /** Of its codec's clock. */
  ticksPerMs: number;
  /** Undefined where the subscriber takes retransmissions only as they were. */
  rtx: { ssrc: number; payloadType: number } | undefined;
  mid: { id: number; value: string } | undefined;
  sendTimeId: number | undefined;
  audioLevelId: number | undefined;
  clock: ReportClock;
  writer: PacketWriter;
  send: (bytes: Uint8Array) => void;
};

/** A larger step of the source's count is no hole that anyone could fill. */
const MAX_STEP = 500;
/** Where the clocks of two sources differ from what arrives by more, they are not of one clock. */
const MAX_CLOCK_ERROR_MS = 1000;
/** More than come late while they may be asked for. */
const MAX_EMPTY = 256;
const FIRST_NUMBERS = 2 ** 15;

export class OutgoingTrack {
  readonly kind: TrackKind;
  readonly ssrc: number;
  readonly rtxSsrc: number | undefined;
  readonly #options: OutgoingTrackOptions;
  readonly #ticksPerMs: number;
  readonly #numbers = new SequenceMap();
  readonly #pictures = new PictureNumbers();
  readonly #temporal = new TemporalLayers();
  /** Numbers under which nothing went out. */
  readonly #empty = new Set<number>();
  readonly #resends = new ResendBudget();
  #feed: Feed | undefined;
  #lastFeed: Feed | undefined;
  #newestIndex = 0;
  #timestampShift = 0;
  /** Of the newest packet: what the source gave it, and when it went out. */
  #sourceTimestamp = 0;
  #sentMs = 0;
  #rtxNumber = randomInt(2 ** 16);
  /** The subscriber knows by now which m-line the SSRC is of. */
  #isKnown = false;
  #paused = false;
  /** The source to be on from its next key frame on; sound changes at once. */
  wanted: Feed | undefined;
  packets = 0;
  resent = 0;
  octets = 0;

  constructor(options: OutgoingTrackOptions) {
    this.kind = options.kind;
    this.ssrc = options.ssrc;
    this.rtxSsrc = options.rtx?.ssrc;
    this.#options = options;
    this.#ticksPerMs = options.ticksPerMs;
  }

  get feed(): Feed | undefined {
    return this.#feed;
  }

  /** The highest temporal layer that is sent. */
  get temporalLayer(): number {
    return this.#temporal.highest;
  }

  /** The highest temporal layer that is to be sent. */
  wantTemporalLayer(layer: number = ALL_LAYERS): void {
    this.#temporal.wanted = layer;
  }

  /** Nothing can go on, or not from the source that is wanted, without a key frame. */
  get awaitsKeyFrame(): boolean {
    return (
      this.kind === 'video' && !this.#paused && (this.#feed === undefined || this.#feed !== (this.wanted ?? this.#feed))
    );
  }

  /** After a pause a picture begins with a key frame. */
  pause(paused: boolean): void {
    if (paused === this.#paused) return;
    this.#paused = paused;
    if (paused) this.#feed = undefined;
  }

  /** What it was taken from is no more. */
  forget(): void {
    this.#feed = undefined;
    this.wanted = undefined;
  }

  /** Its payload must be laid down already. */
  forward(feed: Feed, fed: FedPacket, nowMs: number): void {
    if (this.#paused) return;
    if (feed !== this.#feed && !this.#takeOver(feed, fed, nowMs)) return;
    const step = fed.index - this.#newestIndex;
    if (step > MAX_STEP || step < -2 * MAX_STEP) this.#begin(feed, fed, nowMs);
    const isNewest = fed.index >= this.#newestIndex;
    if (!this.#admits(fed, isNewest)) {
      this.#leaveOut(fed, isNewest, nowMs);
      return;
    }
    const out = this.#numbers.map(fed.index);
    if (out === undefined) return;
    if (isNewest) this.#note(fed, nowMs);
    this.packets += 1;
    this.octets += fed.packet.payload.length;
    if (fed.place) this.#pictures.rewrite(fed.place, this.#options.writer, isNewest);
    this.#options.send(this.#options.writer.write(this.#headerOf(fed, out), this.#extensionsOf(fed, nowMs)));
  }

  /** Sends again what was lost on the way. */
  resend(sequenceNumbers: readonly number[], roundTripMs: number | undefined, nowMs: number): void {
    const newest = this.#numbers.next - 1;
    for (const sequenceNumber of sequenceNumbers) {
      const out = newest - ((newest - sequenceNumber) & 0xffff);
      const index = this.#numbers.indexOf(out);
      const fed = index === undefined ? undefined : this.#feed?.cached(index);
      if (fed !== undefined && this.#resends.take(out, roundTripMs, nowMs)) this.#sendAgain(fed, out, nowMs);
    }
  }

  /** A report block came: its SSRC is known. */
  handleReported(): void {
    this.#isKnown = true;
  }

  /** With `wallMs`, milliseconds since 1970, where the source told nothing of its clock yet. Undefined before the first packet. */
  report(nowMs: number, wallMs: number): Uint8Array | undefined {
    if (this.packets === 0) return undefined;
    const { clock, cname } = this.#options;
    const told = this.#feed && clock.at(this.#feed.ssrc, this.#ticksPerMs, nowMs);
    const sinceMs = nowMs - this.#sentMs;
    const { ntpMs, rtpTimestamp } = told ?? {
      ntpMs: wallMs,
      rtpTimestamp: this.#sourceTimestamp + Math.round(sinceMs * this.#ticksPerMs),
    };
    const report = buildSenderReport({
      ssrc: this.ssrc,
      ntpMs,
      rtpTimestamp: (rtpTimestamp + this.#timestampShift) >>> 0,
      packetCount: this.packets,
      octetCount: this.octets,
    });
    return joinRtcp([report, buildSourceDescription(this.ssrc, cname)]);
  }

  #admits({ place, packet, startsKeyFrame }: FedPacket, isNewest: boolean): boolean {
    if (place === undefined) return true;
    return this.#temporal.admits(place, packet.timestamp, { isNewest, isKey: startsKeyFrame });
  }

  /** The numbers close up behind it. Where it came late they cannot: nothing in its place, or it would be asked for without end. */
  #leaveOut(fed: FedPacket, isNewest: boolean, nowMs: number): void {
    if (isNewest) this.#newestIndex = fed.index;
    if (fed.place) this.#pictures.leaveOut(fed.place);
    const out = this.#numbers.leaveOut(fed.index) ? undefined : this.#numbers.map(fed.index);
    if (out === undefined) return;
    this.packets += 1;
    this.#empty.add(out);
    for (const oldest of this.#empty) {
      if (this.#empty.size <= MAX_EMPTY) break;
      this.#empty.delete(oldest);
    }
    this.#sendEmpty(fed, out, nowMs);
  }

  #sendEmpty(fed: FedPacket, out: number, nowMs: number): void {
    const { writer, send } = this.#options;
    send(writer.writeEmpty({ ...this.#headerOf(fed, out), marker: false }, this.#extensionsOf(fed, nowMs)));
  }

  #takeOver(feed: Feed, fed: FedPacket, nowMs: number): boolean {
    // Before the first picture any source is better than none.
    const isWanted = this.wanted === undefined || feed === this.wanted || this.#feed === undefined;
    if (!isWanted || (this.kind === 'video' && !fed.startsKeyFrame)) return false;
    this.#begin(feed, fed, nowMs);
    return true;
  }

  /** From this packet on: the numbers go on without a hole, the times by as much as passed. */
  #begin(feed: Feed, fed: FedPacket, nowMs: number): void {
    const begun = this.packets > 0;
    this.#numbers.restart(fed.index, begun ? this.#numbers.next : randomInt(FIRST_NUMBERS));
    this.#timestampShift = begun ? this.#shiftFor(feed, fed, nowMs) : randomInt(2 ** 32);
    if (fed.place) this.#pictures.begin(fed.place);
    this.#temporal.forget();
    this.#feed = feed;
    this.#newestIndex = fed.index;
    this.#lastFeed = feed;
  }

  #shiftFor(feed: Feed, { packet }: FedPacket, nowMs: number): number {
    const ticks = Math.max(1, Math.round(this.#elapsedMs(feed, packet.timestamp, nowMs) * this.#ticksPerMs));
    return (this.#sourceTimestamp + this.#timestampShift + ticks - packet.timestamp) | 0;
  }

  /** Between the last packet's content and this one's: by the publisher's clock where it told of both, else by their arrival. */
  #elapsedMs(feed: Feed, timestamp: number, nowMs: number): number {
    const arrivedMs = nowMs - this.#sentMs;
    const { clock } = this.#options;
    const before = this.#lastFeed && clock.captureMs(this.#lastFeed.ssrc, this.#sourceTimestamp, this.#ticksPerMs);
    const after = clock.captureMs(feed.ssrc, timestamp, this.#ticksPerMs);
    if (before === undefined || after === undefined) return arrivedMs;
    return Math.abs(after - before - arrivedMs) > MAX_CLOCK_ERROR_MS ? arrivedMs : after - before;
  }

  #note({ index, packet }: FedPacket, nowMs: number): void {
    this.#newestIndex = index;
    this.#sourceTimestamp = packet.timestamp;
    this.#sentMs = nowMs;
  }

  #headerOf({ packet }: FedPacket, out: number): OutgoingHeader {
    return {
      payloadType: this.#options.payloadType,
      marker: packet.marker,
      sequenceNumber: out & 0xffff,
      timestamp: (packet.timestamp + this.#timestampShift) >>> 0,
      ssrc: this.ssrc,
    };
  }

  #extensionsOf({ audioLevel }: FedPacket, nowMs: number): OutgoingExtensions {
    const { mid, sendTimeId, audioLevelId } = this.#options;
    return {
      mid: this.#isKnown ? undefined : mid,
      sendTime: sendTimeId === undefined ? undefined : { id: sendTimeId, atMs: nowMs },
      audioLevel:
        audioLevelId === undefined || audioLevel === undefined ? undefined : { id: audioLevelId, value: audioLevel },
    };
  }

  #sendAgain(fed: FedPacket, out: number, nowMs: number): void {
    const { writer, rtx, send } = this.#options;
    if (this.#empty.has(out)) {
      this.#sendEmpty(fed, out, nowMs);
      return;
    }
    if (!writer.setPayload(fed.packet.payload)) return;
    if (fed.place) this.#pictures.rewrite(fed.place, writer, false);
    this.resent += 1;
    const header = this.#headerOf(fed, out);
    const extensions = this.#extensionsOf(fed, nowMs);
    if (rtx === undefined) {
      send(writer.write(header, extensions));
      return;
    }
    const number = this.#rtxNumber;
    this.#rtxNumber = (number + 1) & 0xffff;
    send(writer.writeRtx({ ...header, ...rtx, sequenceNumber: number }, out & 0xffff, extensions));
  }
}
