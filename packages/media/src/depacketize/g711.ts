/** PCMU and PCMA (RFC 3551 sections 4.5.14), which gateways to telephones send: a byte a sample, 8000 a second, one channel. */
import type { OrderedPacket } from '../reorder/ordered-packet.ts';
import type { Depacketizer, DepacketizerOutput } from './depacketizer.ts';

export type G711CodecName = 'PCMU' | 'PCMA';

export const G711_SAMPLES_PER_MS = 8;
/** A packet of UDP holds no more; as much for Opus. */
const MAX_DURATION_MS = 190;

/** A sample of 0: ITU-T G.711 turns the bits of the µ-law's all over, and every second one of the A-law's. */
const SILENT_SAMPLE: Record<G711CodecName, number> = { PCMU: 0xff, PCMA: 0xd5 };

/** The other zero of each: minus, or plus, the smallest step. */
const SIGN = 0x80;
/** A filler is no shorter: who sends packets of a sample or two, and then none, would have a recorder write thousands a second. */
const LEAST_FILLER_SAMPLES = 10 * G711_SAMPLES_PER_MS;

/** As long as `packet`. */
export const g711SilenceLike = (codec: G711CodecName, packet: Uint8Array): Uint8Array =>
  new Uint8Array(packet.length).fill(SILENT_SAMPLE[codec]);

/** As long as `packet`, but no shorter than 10 ms. */
export const g711FillerLike = (codec: G711CodecName, packet: Uint8Array): Uint8Array =>
  new Uint8Array(Math.max(packet.length, LEAST_FILLER_SAMPLES)).fill(SILENT_SAMPLE[codec]);

/** Whether nothing can be heard of it: zeros of either sign, or one value throughout. A tone may be the same packet again and again. */
export const isG711Silence = (codec: G711CodecName, packet: Uint8Array): boolean => {
  const zero = SILENT_SAMPLE[codec] | SIGN;
  return packet.every((sample) => (sample | SIGN) === zero) || packet.every((sample) => sample === packet[0]);
};

export const g711DurationMs = (packet: Uint8Array): number => packet.length / G711_SAMPLES_PER_MS;

/** A packet is a frame, and leans on no other. */
export class G711Depacketizer implements Depacketizer {
  push(packet: OrderedPacket): DepacketizerOutput[] {
    const { rtpTimestamp, arrivalMs, payload: data } = packet;
    if (data.length === 0) return [];
    const durationMs = g711DurationMs(data);
    if (durationMs > MAX_DURATION_MS)
      return [{ kind: 'dropped', reason: 'malformed', rtpTimestamp, needsKeyFrame: false }];
    return [{ kind: 'frame', frame: { kind: 'audio', rtpTimestamp, arrivalMs, data, durationMs } }];
  }

  flush(): DepacketizerOutput[] {
    return [];
  }
}
