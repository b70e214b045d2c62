import type { OrderedPacket } from '../reorder/ordered-packet.ts';
import type { Depacketizer, DepacketizerOutput } from './depacketizer.ts';

/** Opus packets hold at most this much (RFC 6716 section 3.2.5). */
const MAX_DURATION_MS = 120;

/** Milliseconds of one frame by the TOC byte's upper five bits (RFC 6716 table 2): SILK, hybrid, CELT. */
const frameMs = (config: number): number => {
  if (config < 12) return [10, 20, 40, 60][config & 3] ?? 0;
  if (config < 16) return [10, 20][config & 1] ?? 0;
  return [2.5, 5, 10, 20][config & 3] ?? 0;
};

/** Undefined where the count byte is missing. */
const frameCount = (packet: Uint8Array): number | undefined => {
  const code = (packet[0] ?? 0) & 3;
  if (code < 3) return code === 0 ? 1 : 2;
  const count = packet[1];
  return count === undefined ? undefined : count & 0x3f;
};

/** How much sound an Opus packet holds, 2.5 to 120 ms; undefined where it is none (RFC 6716 section 3.4, R1, R2 and R5). */
export const opusDurationMs = (packet: Uint8Array): number | undefined => {
  const count = frameCount(packet);
  if (packet.length === 0 || count === undefined || count === 0) return undefined;
  const durationMs = count * frameMs((packet[0] ?? 0) >> 3);
  return durationMs <= MAX_DURATION_MS ? durationMs : undefined;
};

/** Whether the packet was coded with two channels; a stream may change that from packet to packet. */
export const isStereo = (packet: Uint8Array): boolean => ((packet[0] ?? 0) & 0x04) !== 0;

/**
 * A packet that lasts as long as one frame of `packet` and decodes to the decoder's own fading out: its TOC byte alone, one
 * frame without bytes (RFC 6716 section 3.2.1). Fills what DTX, loss or mute left, since players put packets back to back.
 */
export const silenceLike = (packet: Uint8Array): Uint8Array => Uint8Array.of((packet[0] ?? 0xf8) & 0xfc);

/** How much sound `silenceLike(packet)` holds. */
export const silenceDurationMs = (packet: Uint8Array): number => frameMs((packet[0] ?? 0xf8) >> 3);

/** Opus (RFC 7587): a packet is a frame, and leans on no other. */
export class OpusDepacketizer implements Depacketizer {
  push(packet: OrderedPacket): DepacketizerOutput[] {
    const { rtpTimestamp, arrivalMs, payload: data } = packet;
    if (data.length === 0) return [];
    const durationMs = opusDurationMs(data);
    if (durationMs === undefined) return [{ kind: 'dropped', reason: 'malformed', rtpTimestamp, needsKeyFrame: false }];
    return [{ kind: 'frame', frame: { kind: 'audio', rtpTimestamp, arrivalMs, data, durationMs } }];
  }

  flush(): DepacketizerOutput[] {
    return [];
  }
}
