import type { OrderedPacket } from '../reorder/ordered-packet.ts';
import { ByteParts } from './byte-parts.ts';
import type { Depacketizer, DepacketizerOutput, DropReason } from './depacketizer.ts';
import { SequenceGaps } from './sequence-gaps.ts';
import { isDiscardable, layerBrokenBy, parseVp8Descriptor, startsFrame, type Vp8Descriptor } from './vp8-descriptor.ts';
import { type HoleEdge, judgeLoss } from './vp8-loss.ts';

/** A frame in the making. */
type OpenFrame = {
  rtpTimestamp: number;
  arrivalMs: number;
  /** Of its first packet that came; undefined where that one was malformed. */
  descriptor: Vp8Descriptor | undefined;
  parts: ByteParts;
  /** Set once it cannot become a frame any more. */
  spoilt: 'incomplete' | 'malformed' | undefined;
};

/** The width and height of a key frame (RFC 6386 section 9.1); undefined where the bytes are not the start of one. */
export const vp8KeyFrameSize = (frame: Uint8Array): { width: number; height: number } | undefined => {
  const [first = 1, , , sync0, sync1, sync2, widthLow = 0, widthHigh = 0, heightLow = 0, heightHigh] = frame;
  if (first & 1 || sync0 !== 0x9d || sync1 !== 0x01 || sync2 !== 0x2a || heightHigh === undefined) return undefined;
  // The upper two bits of each are a hint for scaling up when shown.
  const width = ((widthHigh & 0x3f) << 8) | widthLow;
  const height = ((heightHigh & 0x3f) << 8) | heightLow;
  return width > 0 && height > 0 ? { width, height } : undefined;
};

/**
 * VP8 (RFC 7741). A frame begins with a packet that says so and ends with the marker, or with the next frame's beginning where
 * the numbers have no hole. What leans on something lost is left out until a key frame comes, unless the loss was
 * provably of frames that nobody leans on, or of an upper temporal layer, which then waits for its own sync point.
 */
export class Vp8Depacketizer implements Depacketizer {
  readonly #gaps = new SequenceGaps();
  #frame: OpenFrame | undefined;
  /** The last packet with a readable descriptor. */
  #lastEdge: HoleEdge | undefined;
  #needsKeyFrame = true;
  /** Frames of this temporal layer and above may lean on one that is lost. */
  #brokenLayer = Infinity;

  push(packet: OrderedPacket): DepacketizerOutput[] {
    const outputs: DepacketizerOutput[] = [];
    const missing = this.#gaps.check(packet);
    if (packet.payload.length === 0) return outputs;
    const descriptor = parseVp8Descriptor(packet.payload);
    if (missing) this.#handleHole(packet, descriptor, outputs);
    else if (this.#frame !== undefined && this.#isOther(this.#frame, packet, descriptor)) this.#close(outputs);
    this.#append(packet, descriptor);
    if (packet.marker) this.#close(outputs);
    return outputs;
  }

  flush(): DepacketizerOutput[] {
    const outputs: DepacketizerOutput[] = [];
    if (this.#frame !== undefined) this.#frame.spoilt ??= 'incomplete';
    this.#close(outputs);
    this.#needsKeyFrame = true;
    return outputs;
  }

  #isOther(frame: OpenFrame, packet: OrderedPacket, descriptor: Vp8Descriptor | undefined): boolean {
    return frame.rtpTimestamp !== packet.rtpTimestamp || (descriptor !== undefined && startsFrame(descriptor));
  }

  #handleHole(packet: OrderedPacket, descriptor: Vp8Descriptor | undefined, outputs: DepacketizerOutput[]): void {
    const open = this.#frame;
    const { rtpTimestamp } = packet;
    this.#judge(rtpTimestamp, descriptor && { descriptor, rtpTimestamp }, open !== undefined, outputs);
    if (open === undefined) return;
    this.#spoil(open, 'incomplete');
    if (this.#isOther(open, packet, descriptor)) this.#close(outputs);
  }

  /** `after` is undefined where the packet behind the hole cannot be read. */
  #judge(rtpTimestamp: number, after: HoleEdge | undefined, open: boolean, outputs: DepacketizerOutput[]): void {
    if (this.#needsKeyFrame) return;
    const verdict = this.#lastEdge && after ? judgeLoss(this.#lastEdge, open, after) : undefined;
    if (verdict?.kind === 'harmless') {
      this.#brokenLayer = Math.min(this.#brokenLayer, verdict.brokenLayer);
      if (verdict.framesMissing > 0) outputs.push(this.#drop('incomplete', rtpTimestamp));
      return;
    }
    this.#needsKeyFrame = true;
    // A frame with a hole tells at its own end; a loss between two whole ones is told at the second.
    if (!open && after && startsFrame(after.descriptor)) outputs.push(this.#drop('incomplete', rtpTimestamp));
  }

  #append(packet: OrderedPacket, descriptor: Vp8Descriptor | undefined): void {
    const frame = this.#frame ?? this.#open(packet, descriptor);
    frame.arrivalMs = Math.max(frame.arrivalMs, packet.arrivalMs);
    if (descriptor === undefined) {
      this.#spoil(frame, 'malformed');
      return;
    }
    this.#lastEdge = { descriptor, rtpTimestamp: packet.rtpTimestamp };
    if (frame.spoilt !== undefined) return;
    if (!frame.parts.add(packet.payload.subarray(descriptor.sizeBytes))) this.#spoil(frame, 'malformed');
  }

  #open(packet: OrderedPacket, descriptor: Vp8Descriptor | undefined): OpenFrame {
    const { rtpTimestamp, arrivalMs } = packet;
    const frame: OpenFrame = { rtpTimestamp, arrivalMs, descriptor, parts: new ByteParts(), spoilt: undefined };
    this.#frame = frame;
    if (descriptor !== undefined && !startsFrame(descriptor)) {
      frame.spoilt = 'incomplete';
      // After a hole this was judged already, with the same outcome; without one the sender began in the middle.
      if (isDiscardable(descriptor)) this.#brokenLayer = Math.min(this.#brokenLayer, layerBrokenBy(descriptor));
      else this.#needsKeyFrame = true;
    }
    return frame;
  }

  #spoil(frame: OpenFrame, reason: 'incomplete' | 'malformed'): void {
    frame.spoilt = reason;
    frame.parts.clear();
    if (reason === 'malformed') this.#needsKeyFrame = true;
  }

  #close(outputs: DepacketizerOutput[]): void {
    const frame = this.#frame;
    if (frame === undefined) return;
    this.#frame = undefined;
    outputs.push(this.#finish(frame));
  }

  #finish(frame: OpenFrame): DepacketizerOutput {
    const { rtpTimestamp, arrivalMs, descriptor } = frame;
    if (frame.spoilt !== undefined) return this.#drop(frame.spoilt, rtpTimestamp);
    const data = frame.parts.join();
    const keyFrame = ((data[0] ?? 1) & 1) === 0;
    if (!keyFrame) {
      const reason = this.#whyNot(descriptor);
      if (reason !== undefined) return this.#drop(reason, rtpTimestamp);
      return { kind: 'frame', frame: { kind: 'video', rtpTimestamp, arrivalMs, data, keyFrame } };
    }
    const size = vp8KeyFrameSize(data);
    if (size === undefined) {
      this.#needsKeyFrame = true;
      return this.#drop('malformed', rtpTimestamp);
    }
    this.#needsKeyFrame = false;
    this.#brokenLayer = Infinity;
    return { kind: 'frame', frame: { kind: 'video', rtpTimestamp, arrivalMs, data, keyFrame, size } };
  }

  /** Why a whole frame that is no key frame cannot be decoded; undefined where it can. */
  #whyNot(descriptor: Vp8Descriptor | undefined): DropReason | undefined {
    if (this.#needsKeyFrame) return 'waitingForKeyFrame';
    const layer = descriptor?.temporalLayer ?? 0;
    if (layer < this.#brokenLayer) return undefined;
    if (!descriptor?.layerSync) return 'incomplete';
    if (layer === this.#brokenLayer) this.#brokenLayer = layer + 1;
    return undefined;
  }

  #drop(reason: DropReason, rtpTimestamp: number): DepacketizerOutput {
    return { kind: 'dropped', reason, rtpTimestamp, needsKeyFrame: this.#needsKeyFrame };
  }
}
