import type { ParameterSets, PictureSize } from '../frame/frame.ts';
import type { OrderedPacket } from '../reorder/ordered-packet.ts';
import type { Depacketizer, DepacketizerOutput, DropReason } from './depacketizer.ts';
import { type HoleEdge, isDiscardable, judgeLoss, layerBrokenBy, type PacketFacts } from './picture-loss.ts';
import { SequenceGaps } from './sequence-gaps.ts';

/** A whole picture, as it goes into a file; on key frames with what a reader must know of it. */
export type WholePicture = {
  data: Uint8Array;
  keyFrame: boolean;
  size?: PictureSize;
  parameterSets?: ParameterSets;
};

/** One picture in the making. */
export type PictureAssembly<Facts extends PacketFacts> = {
  /** Takes the next payload; false where it is one too many, or breaks the format. */
  add(facts: Facts, payload: Uint8Array): boolean;
  /** Undefined where the bytes are no picture, or a key frame that cannot be described. */
  finish(): WholePicture | undefined;
};

/** What tells VP8, VP9 and AV1 apart. */
export type PictureFormat<Facts extends PacketFacts> = {
  /** Undefined where the head of the payload cannot be read. */
  parse(payload: Uint8Array): Facts | undefined;
  begin(): PictureAssembly<Facts>;
};

const NOTHING: readonly DepacketizerOutput[] = [];

type Spoilt = 'incomplete' | 'malformed';

type OpenPicture<Facts extends PacketFacts> = {
  rtpTimestamp: number;
  arrivalMs: number;
  /** Of its first packet that came; undefined where that one was malformed. */
  facts: Facts | undefined;
  /** Undefined once it cannot become a picture any more. */
  assembly: PictureAssembly<Facts> | undefined;
  spoilt: Spoilt | undefined;
};

/**
 * Pictures of codecs whose payloads say where one begins. It begins with a packet that says so and ends with the marker, or with the
 * next one's beginning where the numbers have no hole. What leans on something lost is left out until a key frame comes,
 * unless the loss was provably of pictures that nobody leans on, or of an upper temporal layer, which then waits for
 * its own sync point.
 */
export class PictureDepacketizer<Facts extends PacketFacts> implements Depacketizer {
  readonly #format: PictureFormat<Facts>;
  readonly #gaps = new SequenceGaps();
  #picture: OpenPicture<Facts> | undefined;
  /** The last packet whose head could be read. */
  #lastEdge: HoleEdge | undefined;
  #needsKeyFrame = true;
  /** Pictures of this temporal layer and above may lean on one that is lost. */
  #brokenLayer = Infinity;

  constructor(format: PictureFormat<Facts>) {
    this.#format = format;
  }

  push(packet: OrderedPacket): readonly DepacketizerOutput[] {
    const missing = this.#gaps.check(packet);
    if (packet.payload.length === 0) return NOTHING;
    const facts = this.#format.parse(packet.payload);
    // Most packets only go on with a picture.
    if (!missing && !packet.marker && this.#picture !== undefined && !this.#isOther(this.#picture, packet, facts)) {
      this.#append(packet, facts, missing);
      return NOTHING;
    }
    const outputs: DepacketizerOutput[] = [];
    if (missing) this.#handleHole(packet, facts, outputs);
    else if (this.#picture !== undefined && this.#isOther(this.#picture, packet, facts)) this.#close(outputs);
    this.#append(packet, facts, missing);
    if (packet.marker) this.#close(outputs);
    return outputs;
  }

  flush(): DepacketizerOutput[] {
    const outputs: DepacketizerOutput[] = [];
    if (this.#picture !== undefined) this.#picture.spoilt ??= 'incomplete';
    this.#close(outputs);
    this.#needsKeyFrame = true;
    return outputs;
  }

  #isOther(picture: OpenPicture<Facts>, packet: OrderedPacket, facts: Facts | undefined): boolean {
    return picture.rtpTimestamp !== packet.rtpTimestamp || facts?.startsPicture === true;
  }

  #handleHole(packet: OrderedPacket, facts: Facts | undefined, outputs: DepacketizerOutput[]): void {
    const open = this.#picture;
    const { rtpTimestamp } = packet;
    this.#judge(rtpTimestamp, facts && { facts, rtpTimestamp }, open !== undefined, outputs);
    if (open === undefined) return;
    this.#spoil(open, 'incomplete');
    if (this.#isOther(open, packet, facts)) this.#close(outputs);
  }

  /** `after` is undefined where the packet behind the hole cannot be read. */
  #judge(rtpTimestamp: number, after: HoleEdge | undefined, open: boolean, outputs: DepacketizerOutput[]): void {
    if (this.#needsKeyFrame) return;
    const verdict = this.#lastEdge && after ? judgeLoss(this.#lastEdge, open, after) : undefined;
    if (verdict?.kind === 'harmless') {
      this.#brokenLayer = Math.min(this.#brokenLayer, verdict.brokenLayer);
      if (verdict.picturesMissing > 0) outputs.push(this.#drop('incomplete', rtpTimestamp));
      return;
    }
    this.#needsKeyFrame = true;
    // A picture with a hole tells at its own end; a loss between two whole ones is told at the second.
    if (!open && after?.facts.startsPicture) outputs.push(this.#drop('incomplete', rtpTimestamp));
  }

  #append(packet: OrderedPacket, facts: Facts | undefined, missing: boolean): void {
    const picture = this.#picture ?? this.#open(packet, facts, missing);
    picture.arrivalMs = Math.max(picture.arrivalMs, packet.arrivalMs);
    if (facts === undefined) {
      this.#spoil(picture, 'malformed');
      return;
    }
    this.#lastEdge = { facts, rtpTimestamp: packet.rtpTimestamp };
    if (picture.spoilt !== undefined) return;
    if (!picture.assembly?.add(facts, packet.payload)) this.#spoil(picture, 'malformed');
  }

  #open(packet: OrderedPacket, facts: Facts | undefined, missing: boolean): OpenPicture<Facts> {
    const { rtpTimestamp, arrivalMs } = packet;
    const assembly = this.#format.begin();
    const picture: OpenPicture<Facts> = { rtpTimestamp, arrivalMs, facts, assembly, spoilt: undefined };
    this.#picture = picture;
    if (facts?.continuesPicture || (missing && facts?.startsPicture === false)) {
      this.#spoil(picture, 'incomplete');
      // After a hole this was judged already, with the same outcome; without one the sender began in the middle.
      if (isDiscardable(facts)) this.#brokenLayer = Math.min(this.#brokenLayer, layerBrokenBy(facts));
      else this.#needsKeyFrame = true;
    }
    return picture;
  }

  #spoil(picture: OpenPicture<Facts>, reason: Spoilt): void {
    picture.spoilt = reason;
    picture.assembly = undefined;
    if (reason === 'malformed') this.#needsKeyFrame = true;
  }

  #close(outputs: DepacketizerOutput[]): void {
    const picture = this.#picture;
    if (picture === undefined) return;
    this.#picture = undefined;
    outputs.push(this.#finish(picture));
  }

  #finish(picture: OpenPicture<Facts>): DepacketizerOutput {
    const { rtpTimestamp, arrivalMs, facts } = picture;
    if (picture.spoilt !== undefined) return this.#drop(picture.spoilt, rtpTimestamp);
    const whole = picture.assembly?.finish();
    if (whole === undefined) {
      this.#needsKeyFrame = true;
      return this.#drop('malformed', rtpTimestamp);
    }
    if (whole.keyFrame) {
      this.#needsKeyFrame = false;
      this.#brokenLayer = Infinity;
    } else {
      const reason = this.#whyNot(facts);
      if (reason !== undefined) return this.#drop(reason, rtpTimestamp);
    }
    return { kind: 'frame', frame: { kind: 'video', rtpTimestamp, arrivalMs, ...whole } };
  }

  /** Why a whole picture that is no key frame cannot be decoded; undefined where it can. */
  #whyNot(facts: Facts | undefined): DropReason | undefined {
    if (this.#needsKeyFrame) return 'waitingForKeyFrame';
    const layer = facts?.temporalLayer ?? 0;
    if (layer < this.#brokenLayer) {
      if (facts?.switchingUpPoint) this.#brokenLayer = Infinity;
      return undefined;
    }
    if (!facts?.layerSync) return 'incomplete';
    if (layer === this.#brokenLayer) this.#brokenLayer = layer + 1;
    return undefined;
  }

  #drop(reason: DropReason, rtpTimestamp: number): DepacketizerOutput {
    return { kind: 'dropped', reason, rtpTimestamp, needsKeyFrame: this.#needsKeyFrame };
  }
}
