/** The last packets of one source, kept once for all subscribers: to be sent again, and to begin with. */
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';

export type CachedPacket = {
  /** Its sequence number, extended. */
  index: number;
  packet: RtpPacket;
};

/** Two seconds of 1080p; libwebrtc asks for nothing that is older than its last 1000 packets. */
const CAPACITY = 1024;

export class PacketCache {
  readonly #slots: (CachedPacket | undefined)[] = new Array(CAPACITY).fill(undefined);

  /** False for one that is there already, or too old to be of use. */
  add(entry: CachedPacket): boolean {
    const slot = entry.index & (CAPACITY - 1);
    const there = this.#slots[slot];
    if (there !== undefined && there.index >= entry.index) return false;
    this.#slots[slot] = entry;
    return true;
  }

  get(index: number): CachedPacket | undefined {
    const entry = this.#slots[index & (CAPACITY - 1)];
    return entry?.index === index ? entry : undefined;
  }

  clear(): void {
    this.#slots.fill(undefined);
  }
}
