/** For tests: a sender of several layers on virtual time, with exact clocks, that answers what it is asked for. */
import { joinRtcp, rtcpPackets } from '@callreel/media/rtcp/compound.ts';
import { parseKeyFrameRequest } from '@callreel/media/rtcp/key-frame-request.ts';
import { parseNack } from '@callreel/media/rtcp/negative-acknowledgement.ts';
import { buildSenderReport } from '@callreel/media/rtcp/sender-report.ts';
import { makeOffer, type SectionFixture } from '@callreel/media/sdp/offers-fixture.ts';
import { packetizeVp8 } from '@callreel/synthetic/packetize/vp8.ts';
import { writeRtp } from '@callreel/synthetic/send/rtp-packet.ts';

export type VirtualLayer = {
  rid: string;
  ssrc: number;
  width: number;
  height: number;
  /** Where media time 0 is on its own clock. */
  firstTimestamp: number;
  /** While false it is turned off. */
  isActive?: (mediaMs: number) => boolean;
  /** From a request to its key frame; Infinity: it answers none. */
  answersAfterMs?: number;
  /** How long a picture is on its way. */
  transitMs?: (mediaMs: number, keyFrame: boolean) => number;
};

export type VirtualSimulcastOptions = {
  layers: readonly VirtualLayer[];
  framesPerSecond: number;
  /** Media time 0, milliseconds of the receiver's clock. */
  startMs: number;
  /** Whether the network loses a packet, on either way. */
  isLost?: () => boolean;
};

const PAYLOAD_TYPE = 96;
const RTX_PAYLOAD_TYPE = 97;
const RTX_SSRC_OFFSET = 10_000;
const RID_ID = 10;
const REPAIRED_RID_ID = 11;
const SENDER_EPOCH_MS = 1_700_000_000_000;
const TRANSIT_MS = 40;
const FRAME_BYTES = 2500;

type State = VirtualLayer & {
  sequenceNumber: number;
  rtxSequenceNumber: number;
  wasActive: boolean;
  keyFrameDueMs: number;
  history: Map<number, { payload: Uint8Array; timestamp: number; marker: boolean }>;
};

type Arrival = { atMs: number; bytes: Uint8Array };

export const simulcastOffer = (rids: readonly string[]): string => {
  const video: SectionFixture = {
    kind: 'video',
    mid: 'v',
    formats: `${PAYLOAD_TYPE} ${RTX_PAYLOAD_TYPE}`,
    lines: [
      `a=extmap:${RID_ID} urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id`,
      `a=extmap:${REPAIRED_RID_ID} urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id`,
      'a=rtcp-rsize',
      `a=rtpmap:${PAYLOAD_TYPE} VP8/90000`,
      ...['goog-remb', 'nack', 'nack pli'].map((kind) => `a=rtcp-fb:${PAYLOAD_TYPE} ${kind}`),
      `a=rtpmap:${RTX_PAYLOAD_TYPE} rtx/90000`,
      `a=fmtp:${RTX_PAYLOAD_TYPE} apt=${PAYLOAD_TYPE}`,
      ...rids.map((rid) => `a=rid:${rid} send`),
      `a=simulcast:send ${rids.join(';')}`,
    ],
  };
  return makeOffer([video], 'v');
};

/** The counter and the layer are in the picture's bytes: see `readPicture`. */
const pictureOf = ({ width, height, ssrc }: VirtualLayer, counter: number, keyFrame: boolean): Uint8Array => {
  const picture = new Uint8Array(FRAME_BYTES);
  const size = [width & 0xff, width >> 8, height & 0xff, height >> 8];
  picture.set(keyFrame ? [0x10, 0, 0, 0x9d, 0x01, 0x2a, ...size] : [0x11, 0, 0]);
  new DataView(picture.buffer).setUint32(16, counter);
  new DataView(picture.buffer).setUint32(20, ssrc);
  return picture;
};

export const readPicture = (data: Uint8Array): { counter: number; ssrc: number } => {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return { counter: view.getUint32(16), ssrc: view.getUint32(20) };
};

/** One-byte form (RFC 8285 section 4.2), put between header and payload. */
const withExtension = (packet: Buffer, id: number, value: string): Uint8Array => {
  const words = Math.ceil((1 + value.length) / 4);
  const extension = Buffer.alloc(4 + 4 * words);
  extension.writeUInt16BE(0xbede, 0);
  extension.writeUInt16BE(words, 2);
  extension.writeUInt8((id << 4) | (value.length - 1), 4);
  extension.write(value, 5, 'latin1');
  const bytes = Buffer.concat([packet.subarray(0, 12), extension, packet.subarray(12)]);
  bytes.writeUInt8(0x90, 0);
  return bytes;
};

export class VirtualSimulcast {
  readonly #options: VirtualSimulcastOptions;
  readonly #layers: State[];
  readonly #arrivals: Arrival[] = [];
  #counter = 0;
  #reportMs = 0;
  /** By SSRC, when it was asked for a key frame. */
  readonly keyFrameRequests: { ssrc: number; mediaMs: number }[] = [];
  readonly nacked: { ssrc: number; sequenceNumber: number }[] = [];

  constructor(options: VirtualSimulcastOptions) {
    this.#options = options;
    this.#layers = options.layers.map((layer) => ({
      ...layer,
      sequenceNumber: 65_500,
      rtxSequenceNumber: 0,
      wasActive: false,
      keyFrameDueMs: Number.POSITIVE_INFINITY,
      history: new Map(),
    }));
  }

  /** What has come by now, in order; the sender does its own work up to then first. */
  arrivedBy(nowMs: number): Arrival[] {
    const { framesPerSecond, startMs } = this.#options;
    for (; (this.#counter * 1000) / framesPerSecond <= nowMs - startMs; this.#counter += 1) {
      for (const layer of this.#layers) this.#sendPicture(layer, (this.#counter * 1000) / framesPerSecond);
    }
    for (; this.#reportMs <= nowMs - startMs; this.#reportMs += 1000) this.#sendReports(this.#reportMs);
    this.#arrivals.sort((one, other) => one.atMs - other.atMs);
    const waiting = this.#arrivals.findIndex(({ atMs }) => atMs > nowMs);
    return this.#arrivals.splice(0, waiting < 0 ? this.#arrivals.length : waiting);
  }

  /** RTCP of the receiver, which is on its way as long as everything else. */
  handleRtcp(bytes: Uint8Array, nowMs: number): void {
    if (this.#options.isLost?.()) return;
    for (const packet of rtcpPackets(bytes)) {
      const request = parseKeyFrameRequest(packet);
      if (request !== undefined) this.#handleRequest(request.mediaSsrc, nowMs - this.#options.startMs + TRANSIT_MS);
      const nack = parseNack(packet);
      for (const sequenceNumber of nack?.sequenceNumbers ?? []) {
        this.nacked.push({ ssrc: nack?.mediaSsrc ?? 0, sequenceNumber });
        this.#resend(nack?.mediaSsrc ?? 0, sequenceNumber, nowMs + TRANSIT_MS);
      }
    }
  }

  #handleRequest(ssrc: number, mediaMs: number): void {
    this.keyFrameRequests.push({ ssrc, mediaMs });
    const layer = this.#layers.find((each) => each.ssrc === ssrc);
    if (layer !== undefined) layer.keyFrameDueMs = Math.min(layer.keyFrameDueMs, mediaMs + (layer.answersAfterMs ?? 0));
  }

  #sendPicture(layer: State, mediaMs: number): void {
    const isActive = layer.isActive?.(mediaMs) ?? true;
    const keyFrame = isActive && (!layer.wasActive || mediaMs >= layer.keyFrameDueMs);
    layer.wasActive = isActive;
    if (!isActive) return;
    if (keyFrame) layer.keyFrameDueMs = Number.POSITIVE_INFINITY;
    const timestamp = this.#timestampOf(layer, mediaMs);
    const payloads = packetizeVp8(pictureOf(layer, this.#counter, keyFrame), { pictureId: this.#counter & 0x7fff });
    const arrivalMs = this.#options.startMs + mediaMs + (layer.transitMs?.(mediaMs, keyFrame) ?? TRANSIT_MS);
    payloads.forEach((payload, index) => {
      const { ssrc, rid, sequenceNumber } = layer;
      const marker = index === payloads.length - 1;
      layer.sequenceNumber = (sequenceNumber + 1) & 0xffff;
      layer.history.set(sequenceNumber, { payload, timestamp, marker });
      const header = { payloadType: PAYLOAD_TYPE, ssrc, sequenceNumber, timestamp, marker, mid: undefined };
      this.#send(withExtension(writeRtp(header, payload), RID_ID, rid), arrivalMs);
    });
  }

  #resend(ssrc: number, original: number, sentMs: number): void {
    const layer = this.#layers.find((each) => each.ssrc === ssrc);
    const kept = layer?.history.get(original);
    if (layer === undefined || kept === undefined) return;
    const header = {
      ...{ payloadType: RTX_PAYLOAD_TYPE, ssrc: ssrc + RTX_SSRC_OFFSET, sequenceNumber: layer.rtxSequenceNumber },
      ...{ timestamp: kept.timestamp, marker: kept.marker, mid: undefined },
    };
    layer.rtxSequenceNumber = (layer.rtxSequenceNumber + 1) & 0xffff;
    const payload = Buffer.concat([Uint8Array.of(original >> 8, original & 0xff), kept.payload]);
    this.#send(withExtension(writeRtp(header, payload), REPAIRED_RID_ID, layer.rid), sentMs + TRANSIT_MS);
  }

  #sendReports(mediaMs: number): void {
    for (const layer of this.#layers) {
      if (!layer.wasActive) continue;
      const { ssrc } = layer;
      const rtpTimestamp = this.#timestampOf(layer, mediaMs);
      const report = { ssrc, ntpMs: SENDER_EPOCH_MS + mediaMs, rtpTimestamp, packetCount: 0, octetCount: 0 };
      this.#send(joinRtcp([buildSenderReport(report)]), this.#options.startMs + mediaMs + TRANSIT_MS);
    }
  }

  #timestampOf({ firstTimestamp }: VirtualLayer, mediaMs: number): number {
    return (firstTimestamp + Math.round(mediaMs * 90)) >>> 0;
  }

  #send(bytes: Uint8Array, atMs: number): void {
    if (!this.#options.isLost?.()) this.#arrivals.push({ atMs, bytes });
  }
}
