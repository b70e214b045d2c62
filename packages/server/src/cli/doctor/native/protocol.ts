/** What the doctor asks a child that loads a native library: a fault of the library ends the child alone. */
export type NativeRequest = { kind: 'codecs' } | { kind: 'webrtc' };

export type NativeReply =
  | { kind: 'codecs'; missing: string[] }
  /** `version` is the library's. */
  | { kind: 'webrtc'; version: string };
