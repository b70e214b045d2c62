/** Retransmissions in a stream of their own (RFC 4588): the original packet back from its RTX packet. */
import type { RtpPacket } from './packet.ts';

const ORIGINAL_SEQUENCE_NUMBER_BYTES = 2;

/**
 * The packet as it was sent at first, its payload a view into the retransmission's. Undefined for a payload under two bytes: senders
 * probe a path with RTX packets that hold nothing but padding.
 */
export const restoreFromRtx = (rtx: RtpPacket, ssrc: number, payloadType: number): RtpPacket | undefined => {
  const high = rtx.payload[0];
  const low = rtx.payload[1];
  if (high === undefined || low === undefined) return undefined;
  return {
    payloadType,
    marker: rtx.marker,
    sequenceNumber: (high << 8) | low,
    timestamp: rtx.timestamp,
    ssrc,
    payload: rtx.payload.subarray(ORIGINAL_SEQUENCE_NUMBER_BYTES),
    extension: rtx.extension,
  };
};
