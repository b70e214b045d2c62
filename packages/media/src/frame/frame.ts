/** One coded picture or one packet of sound, whole, as it was sent. What depacketizers yield and the recorder writes. */
export type EncodedFrame = VideoFrame | AudioFrame;

export type VideoFrame = {
  kind: 'video';
  /** RTP timestamp on a 90 kHz clock, unwrapped: it never jumps at 2^32. */
  rtpTimestamp: number;
  /** When its last packet came, milliseconds on the monotonic clock. */
  arrivalMs: number;
  /**
   * VP8: the frame as it is. VP9: likewise; of several spatial layers, all, with a superframe index. AV1: a temporal unit's OBUs, each
   * with its size, without temporal delimiters. H264, H265: NAL units, each behind its length in four bytes, big-endian
   * (parameter sets included as sent).
   */
  data: Uint8Array;
  keyFrame: boolean;
  /** Present on key frames: the coded size in pixels. */
  size?: PictureSize;
  /** Key frames of H264, H265 and AV1: what they are decoded with. */
  parameterSets?: ParameterSets;
};

/** In pixels. */
export type PictureSize = { width: number; height: number };

/** NAL units without start codes or lengths; the sequence header is an OBU with its size. */
export type ParameterSets =
  | { kind: 'H264'; sps: Uint8Array; pps: readonly Uint8Array[] }
  | { kind: 'H265'; vps: Uint8Array; sps: Uint8Array; pps: readonly Uint8Array[] }
  | { kind: 'AV1'; sequenceHeader: Uint8Array };

export type AudioFrame = {
  kind: 'audio';
  /** RTP timestamp on the codec's clock, unwrapped: 48 kHz for Opus, 8 kHz for G.711. */
  rtpTimestamp: number;
  arrivalMs: number;
  /** One Opus packet (RFC 6716), or a byte a sample (G.711). */
  data: Uint8Array;
  /** How much sound it holds, in milliseconds; of Opus 2.5 to 120, from its TOC byte. */
  durationMs: number;
};
