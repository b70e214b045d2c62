import type { OrderedPacket } from '../reorder/ordered-packet.ts';
import { AccessUnit } from './access-unit.ts';
import type { Depacketizer, DepacketizerOutput, DropReason } from './depacketizer.ts';
import type { NaluFormat, NaluPiece, ParameterSetStore } from './nalu.ts';
import { SequenceGaps } from './sequence-gaps.ts';

/**
 * H.264 and H.265. A picture ends with the marker, or where the timestamp changes and the numbers have no hole. A key frame is a
 * picture that leans on none before it and whose parameter sets are known, from itself or from before.
 *
 * After a hole nothing is handed out until a key frame, unless the hole lay within one picture that says that no other leans
 * on it. Right behind a hole a picture counts as whole only if it begins with an access unit delimiter or with
 * parameter sets: else those that it needs may be what was lost.
 */
export class NaluDepacketizer implements Depacketizer {
  readonly #format: NaluFormat;
  readonly #gaps = new SequenceGaps();
  readonly #parameterSets: ParameterSetStore;
  #unit: AccessUnit | undefined;
  #needsKeyFrame = true;
  #lastTimestamp: number | undefined;
  /** Some senders set the marker on every NAL unit; once one is caught, only timestamps part its pictures. */
  #markersLie = false;
  /** The last key frame came after a loss, or first of all: what lies before it is not there. */
  #restarted = true;

  constructor(format: NaluFormat) {
    this.#format = format;
    this.#parameterSets = format.createParameterSets();
  }

  push(packet: OrderedPacket): DepacketizerOutput[] {
    const outputs: DepacketizerOutput[] = [];
    const missing = this.#gaps.check(packet);
    if (packet.payload.length === 0) return outputs;
    const pieces = this.#format.parse(packet.payload);
    const beginsWhole = !missing || this.#beginsVisibly(pieces?.[0]);
    if (missing) this.#handleHole(packet, beginsWhole, outputs);
    if (this.#unit !== undefined && this.#unit.rtpTimestamp !== packet.rtpTimestamp) this.#close(outputs);
    this.#append(this.#unit ?? this.#open(packet, beginsWhole), packet, pieces);
    if (packet.marker && !this.#markersLie) this.#handleMarker(outputs);
    return outputs;
  }

  flush(): DepacketizerOutput[] {
    const outputs: DepacketizerOutput[] = [];
    // Where markers cannot be trusted nothing tells that the last picture is whole.
    this.#unit?.spoil('incomplete');
    this.#close(outputs);
    this.#needsKeyFrame = true;
    return outputs;
  }

  #handleHole(packet: OrderedPacket, beginsWhole: boolean, outputs: DepacketizerOutput[]): void {
    const open = this.#unit;
    open?.spoil('incomplete');
    if (open?.rtpTimestamp === packet.rtpTimestamp) return;
    const untold = !this.#needsKeyFrame && open === undefined && beginsWhole;
    this.#needsKeyFrame = true;
    // A picture with a hole tells at its own end; a loss between two whole ones is told at the second.
    if (untold) outputs.push(this.#drop('incomplete', packet.rtpTimestamp));
  }

  #append(unit: AccessUnit, packet: OrderedPacket, pieces: NaluPiece[] | undefined): void {
    unit.arrivalMs = Math.max(unit.arrivalMs, packet.arrivalMs);
    if (pieces === undefined) unit.spoil('malformed');
    for (const piece of pieces ?? []) {
      if (piece.kind === 'whole') unit.add(piece.nalu);
      const nalu = piece.kind === 'whole' ? piece.nalu : unit.addFragment(piece);
      if (nalu !== undefined) this.#parameterSets.add(nalu);
    }
  }

  #open(packet: OrderedPacket, beginsWhole: boolean): AccessUnit {
    const unit = new AccessUnit(packet.rtpTimestamp, packet.arrivalMs, this.#format.facts);
    this.#unit = unit;
    if (packet.rtpTimestamp === this.#lastTimestamp) {
      this.#markersLie = true;
      unit.spoil('incomplete');
    }
    if (!beginsWhole) unit.spoil('incomplete');
    this.#lastTimestamp = packet.rtpTimestamp;
    return unit;
  }

  /** Some senders set the marker behind the parameter sets too, which belong to the slices that follow. */
  #handleMarker(outputs: DepacketizerOutput[]): void {
    if (this.#unit?.hasSlice || this.#unit?.spoilt) this.#close(outputs);
  }

  #close(outputs: DepacketizerOutput[]): void {
    const unit = this.#unit;
    this.#unit = undefined;
    // Parameter sets by themselves are no frame and no loss.
    if (unit === undefined || (!unit.hasSlice && unit.spoilt === undefined)) return;
    outputs.push(this.#finish(unit));
  }

  #finish(unit: AccessUnit): DepacketizerOutput {
    const { rtpTimestamp, arrivalMs, spoilt } = unit;
    if (spoilt !== undefined) {
      if (spoilt === 'malformed' || !unit.isDiscardable) this.#needsKeyFrame = true;
      return this.#drop(spoilt, rtpTimestamp);
    }
    const { keySlice } = unit;
    if (keySlice !== undefined) return this.#finishKeyFrame(unit, keySlice);
    if (this.#needsKeyFrame || (this.#restarted && unit.leansBack))
      return this.#drop('waitingForKeyFrame', rtpTimestamp);
    const data = unit.toLengthPrefixed();
    return { kind: 'frame', frame: { kind: 'video', rtpTimestamp, arrivalMs, data, keyFrame: false } };
  }

  #finishKeyFrame(unit: AccessUnit, keySlice: Uint8Array): DepacketizerOutput {
    const { rtpTimestamp, arrivalMs } = unit;
    const active = this.#parameterSets.activeFor(keySlice);
    this.#restarted = this.#needsKeyFrame;
    this.#needsKeyFrame = active === undefined;
    if (active === undefined) return this.#drop('waitingForKeyFrame', rtpTimestamp);
    const { sets: parameterSets, size } = active;
    const data = unit.toLengthPrefixed();
    return {
      kind: 'frame',
      frame: { kind: 'video', rtpTimestamp, arrivalMs, data, keyFrame: true, size, parameterSets },
    };
  }

  /** Whether nothing of the picture can come before this. */
  #beginsVisibly(piece: NaluPiece | undefined): boolean {
    if (piece === undefined || (piece.kind === 'fragment' && !piece.first)) return false;
    return this.#format.facts(piece.kind === 'whole' ? piece.nalu : piece.header).beginsUnit;
  }

  #drop(reason: DropReason, rtpTimestamp: number): DepacketizerOutput {
    return { kind: 'dropped', reason, rtpTimestamp, needsKeyFrame: this.#needsKeyFrame };
  }
}
