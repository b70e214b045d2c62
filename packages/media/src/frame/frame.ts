/** One coded picture or one packet of sound, whole, as it was sent. What depacketizers yield and the recorder writes. */
export type EncodedFrame = VideoFrame | AudioFrame;

export type VideoFrame = {
  kind: 'video';
  /** RTP timestamp on a 90 kHz clock, unwrapped: it never jumps at 2^32. */
  rtpTimestamp: number;
  /** When its last packet came, milliseconds on the monotonic clock. */
  arrivalMs: number;
  /** VP8: the frame as it is. H264: NAL units, each behind its length in four bytes, big-endian (parameter sets included as sent). */
  data: Uint8Array;
  keyFrame: boolean;
  /** Present on key frames: the coded size in pixels. */
  size?: { width: number; height: number };
  /** H264 key frames: the parameter sets in force, without start codes or lengths. */
  parameterSets?: { sps: Uint8Array; pps: Uint8Array };
};

export type AudioFrame = {
  kind: 'audio';
  /** RTP timestamp on a 48 kHz clock, unwrapped. */
  rtpTimestamp: number;
  arrivalMs: number;
  /** One Opus packet (RFC 6716). */
  data: Uint8Array;
  /** How much sound it holds, from its TOC byte, in milliseconds (2.5 to 120). */
  durationMs: number;
};
