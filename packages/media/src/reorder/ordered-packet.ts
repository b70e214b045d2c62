/** A media packet whose counters no longer wrap, as the reorder buffer hands it on. */
export type OrderedPacket = {
  /** Extended sequence number: it goes on past 65535. */
  sequenceNumber: number;
  /** Extended RTP timestamp. */
  rtpTimestamp: number;
  marker: boolean;
  payload: Uint8Array;
  /** Milliseconds on the monotonic clock. */
  arrivalMs: number;
};
