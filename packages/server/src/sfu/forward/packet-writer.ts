/**
 * Outgoing packets as bytes, in one buffer for all: the payload is laid down once for all subscribers, and each one's header is written in
 * front of it. The library copies what it is given before it returns.
 */
export type OutgoingHeader = {
  payloadType: number;
  marker: boolean;
  sequenceNumber: number;
  timestamp: number;
  ssrc: number;
};

/** One-byte header extensions (RFC 8285), by the subscriber's ids; what is undefined is left out. */
export type OutgoingExtensions = {
  mid: { id: number; value: string } | undefined;
  sendTime: { id: number; atMs: number } | undefined;
  /** As on the wire: the voice flag and the level below it. */
  audioLevel: { id: number; value: number } | undefined;
};

const FIXED_HEADER_BYTES = 12;
/** Room for the longest header: a mid of 16, and all the others. */
const HEADROOM_BYTES = 64;
const MAX_PACKET_BYTES = 2048;
const ONE_BYTE_PROFILE = 0xbede;
const ORIGINAL_NUMBER_BYTES = 2;

export class PacketWriter {
  readonly #bytes = Buffer.alloc(HEADROOM_BYTES + MAX_PACKET_BYTES);
  #end = HEADROOM_BYTES;

  /** False for a payload that no datagram could have brought. */
  setPayload(payload: Uint8Array): boolean {
    if (payload.length > MAX_PACKET_BYTES) return false;
    this.#bytes.set(payload, HEADROOM_BYTES);
    this.#end = HEADROOM_BYTES + payload.length;
    return true;
  }

  /** Changes one byte of the payload, for whoever comes next. */
  setPayloadByte(offset: number, value: number): void {
    this.#bytes[HEADROOM_BYTES + offset] = value;
  }

  /** The packet; valid until the next call. */
  write(header: OutgoingHeader, extensions: OutgoingExtensions): Buffer {
    return this.#writeBefore(HEADROOM_BYTES, this.#end, header, extensions);
  }

  /** One without a payload, whatever was laid down. */
  writeEmpty(header: OutgoingHeader, extensions: OutgoingExtensions): Buffer {
    return this.#writeBefore(HEADROOM_BYTES, HEADROOM_BYTES, header, extensions);
  }

  /** The same as a retransmission (RFC 4588): the number that it had stands in front of its payload. */
  writeRtx(header: OutgoingHeader, originalNumber: number, extensions: OutgoingExtensions): Buffer {
    const start = HEADROOM_BYTES - ORIGINAL_NUMBER_BYTES;
    this.#bytes.writeUInt16BE(originalNumber, start);
    return this.#writeBefore(start, this.#end, header, extensions);
  }

  #writeBefore(payloadStart: number, end: number, header: OutgoingHeader, extensions: OutgoingExtensions): Buffer {
    const bytes = this.#bytes;
    const extensionStart = this.#writeExtensions(payloadStart, extensions);
    const start = extensionStart - FIXED_HEADER_BYTES;
    bytes[start] = extensionStart < payloadStart ? 0x90 : 0x80;
    bytes[start + 1] = header.payloadType | (header.marker ? 0x80 : 0);
    bytes.writeUInt16BE(header.sequenceNumber, start + 2);
    bytes.writeUInt32BE(header.timestamp, start + 4);
    bytes.writeUInt32BE(header.ssrc, start + 8);
    return bytes.subarray(start, end);
  }

  /** Where they begin: at the payload where there are none. */
  #writeExtensions(end: number, { mid, sendTime, audioLevel }: OutgoingExtensions): number {
    const size = (mid ? 1 + mid.value.length : 0) + (sendTime ? 4 : 0) + (audioLevel ? 2 : 0);
    if (size === 0) return end;
    const bytes = this.#bytes;
    const words = (size + 3) >> 2;
    const start = end - 4 - 4 * words;
    bytes.writeUInt16BE(ONE_BYTE_PROFILE, start);
    bytes.writeUInt16BE(words, start + 2);
    let at = start + 4;
    if (mid) {
      bytes[at] = (mid.id << 4) | (mid.value.length - 1);
      at += 1 + bytes.write(mid.value, at + 1, 'latin1');
    }
    if (sendTime) {
      bytes[at] = (sendTime.id << 4) | 2;
      // 24 bits of seconds with 18 bits of fraction.
      bytes.writeUIntBE(Math.floor(sendTime.atMs * 262.144) % 2 ** 24, at + 1, 3);
      at += 4;
    }
    if (audioLevel) {
      bytes[at] = audioLevel.id << 4;
      bytes[at + 1] = audioLevel.value;
      at += 2;
    }
    bytes.fill(0, at, end);
    return start;
  }
}
