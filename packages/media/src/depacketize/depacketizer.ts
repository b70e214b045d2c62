import type { EncodedFrame } from '../frame/frame.ts';
import type { OrderedPacket } from '../reorder/ordered-packet.ts';

/**
 * `incomplete`: packets of it, or of a frame it leans on, are missing. `waitingForKeyFrame`: whole, but nothing before it is.
 * `malformed`: its bytes are not what the format allows.
 */
export type DropReason = 'incomplete' | 'waitingForKeyFrame' | 'malformed';

/** What a depacketizer makes of packets: whole frames, and word of frames that it had to leave out. */
export type DepacketizerOutput =
  | { kind: 'frame'; frame: EncodedFrame }
  /** A frame was left out: packets of it are missing, or it leans on one that is. `needsKeyFrame` until one comes. */
  | { kind: 'dropped'; reason: DropReason; rtpTimestamp: number; needsKeyFrame: boolean };

/**
 * Packets of one track in order, to frames (RFC 7741 VP8, RFC 6184 H264, RFC 7587 Opus). Never throws on any payload.
 */
export type Depacketizer = {
  /** Packets in rising order of sequence number; a hole in the numbers is a loss. Padding-only packets have an empty payload. */
  push(packet: OrderedPacket): readonly DepacketizerOutput[];
  /** No more packets will come: what is whole but not yet handed out, is. */
  flush(): readonly DepacketizerOutput[];
};
