import type { OrderedPacket } from '../reorder/ordered-packet.ts';

/** Sees holes in the sequence numbers, across packets of padding alone. */
export class SequenceGaps {
  #last: number | undefined;
  #open = false;

  /** Whether numbers are missing between the media packet before and this one. Padding alone never answers true itself. */
  check(packet: OrderedPacket): boolean {
    const expected = this.#last === undefined ? packet.sequenceNumber : this.#last + 1;
    this.#last = packet.sequenceNumber;
    if (packet.sequenceNumber !== expected) this.#open = true;
    if (packet.payload.length === 0) return false;
    const missing = this.#open;
    this.#open = false;
    return missing;
  }
}
