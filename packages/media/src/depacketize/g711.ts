/** PCMU and PCMA (RFC 3551 sections 4.5.14), which gateways to telephones send: a byte a sample, 8000 a second, one channel. */
import type { OrderedPacket } from '../reorder/ordered-packet.ts';
import type { Depacketizer, DepacketizerOutput } from './depacketizer.ts';

export type G711CodecName = 'PCMU' | 'PCMA';

export const G711_SAMPLES_PER_MS = 8;
/** A packet of UDP holds no more; as much for Opus. */
const MAX_DURATION_MS = 190;

/** A sample of 0: ITU-T G.711 turns the bits of the µ-law's all over, and every second one of the A-law's. */
const SILENT_SAMPLE: Record<G711CodecName, number> = { PCMU: 0xff, PCMA: 0xd5 };

/** As long as `packet`. */
export const g711SilenceLike = (codec: G711CodecName, packet: Uint8Array): Uint8Array =>
  new Uint8Array(packet.length).fill(SILENT_SAMPLE[codec]);

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
