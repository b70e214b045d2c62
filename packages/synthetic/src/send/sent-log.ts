/** What a caller sent when; all times are milliseconds of the monotonic clock, all `mediaMs` those of its prepared media. */
export type SentLog = {
  /** When media time 0 was due. */
  readonly startedAtMs: number;
  readonly frames: readonly SentFrame[];
  readonly soundPackets: number;
  /** Media time of each flash and its beep, once its first packet was due. */
  readonly events: readonly number[];
  /** Packets held back by `lossRate`. */
  readonly dropped: readonly { track: 'audio' | 'video'; sequenceNumber: number }[];
  /** Sequence numbers that were sent again because they were asked for. */
  readonly resent: readonly number[];
  /** When key frames were asked for. */
  readonly keyFrameRequestsAtMs: readonly number[];
  readonly senderReports: number;
  readonly receiverReports: number;
};

export type SentFrame = { counter: number; mediaMs: number; sentAtMs: number; keyFrame: boolean; packets: number };
