/** Senders of VP8 video at a steady rate, each over its own WebRTC connection. What is in the pictures is noise; what a recorder reads is right. */
import { packetizeVp8 } from '@callreel/synthetic/packetize/vp8.ts';
import { seededChance } from '@callreel/synthetic/seeded-chance.ts';
import { readAnswer } from '@callreel/synthetic/send/answer.ts';
import { readFeedback } from '@callreel/synthetic/send/feedback.ts';
import { buildOffer, type OfferedTrack } from '@callreel/synthetic/send/offer.ts';
import { SendingPeer } from '@callreel/synthetic/send/peer.ts';
import { TrackSender } from '@callreel/synthetic/send/track-sender.ts';

export type LoadShape = {
  senders: number;
  packetsPerSecond: number;
  /** Of a whole RTP packet. */
  packetBytes: number;
  /** The address that the senders bind to. */
  address: string;
  /** The share of packets that do not arrive, resent ones among them, and of the feedback that does not come back: 0 to 1. */
  lossRate: number;
};

const PACKETS_PER_FRAME = 8;
const RTP_HEADER_BYTES = 12;
/** The descriptor's first byte, its extension byte and a 15-bit picture id. */
const DESCRIPTOR_BYTES = 4;
const WIDTH = 1280;
const HEIGHT = 720;
/** RFC 6386 section 9.1: the size of the first partition; recorders do not decode it. */
const FIRST_PARTITION_BYTES = 100;
const TICK_MS = 5;
/** However many there are, their packets come evenly spread. */
const GOLDEN_RATIO = 0.618;

/** A frame whose header is that of a real one (RFC 6386 section 9.1). */
const frameOf = (keyFrame: boolean, bytes: number): Uint8Array => {
  const frame = new Uint8Array(bytes).fill(0x55);
  const tag = (FIRST_PARTITION_BYTES << 5) | (1 << 4) | (keyFrame ? 0 : 1);
  frame.set([tag & 0xff, (tag >> 8) & 0xff, tag >> 16]);
  if (keyFrame) frame.set([0x9d, 0x01, 0x2a, WIDTH & 0xff, WIDTH >> 8, HEIGHT & 0xff, HEIGHT >> 8], 3);
  return frame;
};

const trackOf = (index: number): OfferedTrack => {
  const ssrc = 1000 + 2 * index;
  return { kind: 'video', mid: '0', codec: 'VP8', payloadType: 96, ssrc, rtx: { payloadType: 97, ssrc: ssrc + 1 } };
};

class VideoSender {
  readonly #peer: SendingPeer;
  readonly #track: TrackSender;
  readonly #shape: LoadShape;
  readonly #phase: number;
  readonly #chance: () => number;
  readonly #startedMs = performance.now();
  #queue: Buffer[] = [];
  #frames = 0;
  #due = 0;
  #keyFrameWanted = true;
  /** Those lost on the way among them, those sent again not. */
  sent = 0;

  constructor(peer: SendingPeer, track: TrackSender, shape: LoadShape, index: number) {
    this.#peer = peer;
    this.#track = track;
    this.#shape = shape;
    this.#phase = (index * GOLDEN_RATIO) % 1;
    this.#chance = seededChance(index + 1);
    peer.onMessage = (bytes) => {
      if (!this.#isLost()) this.#handleRtcp(bytes);
    };
  }

  /** Sends what is due by now. */
  advance(nowMs: number): void {
    const elapsedMs = nowMs - this.#startedMs;
    const due = Math.floor((elapsedMs / 1000) * this.#shape.packetsPerSecond + this.#phase);
    for (; this.#due < due; this.#due += 1) this.#sendNext();
    const report = this.sent > 0 ? this.#track.reportIfDue(nowMs, this.#startedMs) : undefined;
    if (report) this.#peer.send(report);
  }

  close(): void {
    this.#peer.close();
  }

  #sendNext(): void {
    if (this.#queue.length === 0) this.#queue = this.#nextFrame();
    const packet = this.#queue.shift();
    if (packet === undefined) return;
    this.#send(packet);
    this.sent += 1;
  }

  #isLost(): boolean {
    return this.#chance() < this.#shape.lossRate;
  }

  #send(packet: Buffer): void {
    if (!this.#isLost()) this.#peer.send(packet);
  }

  #nextFrame(): Buffer[] {
    const maxBytes = this.#shape.packetBytes - RTP_HEADER_BYTES;
    const frame = frameOf(this.#keyFrameWanted, PACKETS_PER_FRAME * (maxBytes - DESCRIPTOR_BYTES));
    const payloads = packetizeVp8(frame, { maxBytes, pictureId: this.#frames & 0x7fff });
    const mediaMs = (this.#frames * PACKETS_PER_FRAME * 1000) / this.#shape.packetsPerSecond;
    this.#keyFrameWanted = false;
    this.#frames += 1;
    return this.#track.packetize(payloads, mediaMs).map(({ bytes }) => bytes);
  }

  #handleRtcp(bytes: Buffer): void {
    for (const feedback of readFeedback(bytes)) {
      if (feedback.kind === 'keyFrameRequest') this.#keyFrameWanted = true;
      if (feedback.kind === 'nack') this.#resend(feedback.sequenceNumbers);
    }
  }

  #resend(sequenceNumbers: readonly number[]): void {
    for (const sequenceNumber of sequenceNumbers) {
      const packet = this.#track.resend(sequenceNumber);
      if (packet) this.#send(packet);
    }
  }
}

/** Connects one sender: `publish` hands its offer over and gives the answer. */
const connect = async (
  shape: LoadShape,
  index: number,
  publish: (offer: string, index: number) => Promise<string>,
): Promise<VideoSender> => {
  const track = trackOf(index);
  const cname = `sender-${index}`;
  const { peer, transport } = await SendingPeer.create(shape.address);
  try {
    const answer = readAnswer(await publish(buildOffer([track], { transport, setup: 'actpass', cname }), index));
    await peer.connect(answer.transportLines);
  } catch (error) {
    peer.close();
    throw error;
  }
  // Without the MID extension every packet is exactly as long as asked for; one section needs none.
  const sender = new TrackSender(
    track,
    undefined,
    { sequenceNumber: (index * 997) & 0xffff, timestamp: index * 90_000 },
    cname,
  );
  return new VideoSender(peer, sender, shape, index);
};

export class Vp8Load {
  readonly #senders: VideoSender[] = [];
  readonly #timer = setInterval(() => this.#tick(), TICK_MS);

  readonly #shape: LoadShape;

  private constructor(shape: LoadShape) {
    this.#shape = shape;
  }

  /** Each sender sends from the moment it is connected: a silent one would be taken for lost. Resolves when all are. */
  static async connect(shape: LoadShape, publish: (offer: string, index: number) => Promise<string>): Promise<Vp8Load> {
    const load = new Vp8Load(shape);
    for (let index = 0; index < shape.senders; index += 1) await load.add(publish);
    return load;
  }

  /** One more sender of the same shape. @throws whatever `publish` throws, and is as before then */
  async add(publish: (offer: string, index: number) => Promise<string>): Promise<void> {
    this.#senders.push(await connect(this.#shape, this.#senders.length, publish));
  }

  get senders(): number {
    return this.#senders.length;
  }

  get sentPackets(): number {
    return this.#senders.reduce((sum, { sent }) => sum + sent, 0);
  }

  /** No more packets; the connections stay. */
  stop(): void {
    clearInterval(this.#timer);
  }

  close(): void {
    this.stop();
    for (const sender of this.#senders) sender.close();
  }

  #tick(): void {
    const nowMs = performance.now();
    for (const sender of this.#senders) sender.advance(nowMs);
  }
}
