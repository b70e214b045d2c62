/**
 * RTP header extensions (RFC 8285): finding one by its id, in the one-byte and the two-byte form, and reading those that are accepted.
 */
import type { RtpPacket } from './packet.ts';

/** Which m-line a packet belongs to (RFC 9143). */
export const MID_URI = 'urn:ietf:params:rtp-hdrext:sdes:mid';
/** Which encoding of a simulcast m-line (RFC 8852). */
export const RID_URI = 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id';
/** The encoding that a retransmission repairs (RFC 8852). */
export const REPAIRED_RID_URI = 'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id';
/** How loud a packet of sound is (RFC 6464). */
export const AUDIO_LEVEL_URI = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level';
/** The number of a packet among all of its connection (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 2). */
export const TRANSPORT_SEQUENCE_NUMBER_URI =
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';
/** When a packet was sent, on the sender's clock (draft-alvestrand-rmcat-remb-03 section 3). */
export const ABSOLUTE_SEND_TIME_URI = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time';

const ONE_BYTE_PROFILE = 0xbede;
const TWO_BYTE_PROFILE = 0x1000;
/** The low four bits of a two-byte profile are "appbits", free for the application. */
const TWO_BYTE_PROFILE_MASK = 0xfff0;
/** In the one-byte form: nothing after it may be read (RFC 8285 section 4.2). */
const ONE_BYTE_STOP_ID = 15;

const findOneByte = (data: Uint8Array, id: number): Uint8Array | undefined => {
  let offset = 0;
  while (offset < data.length) {
    const head = data[offset] as number;
    if (head === 0) {
      offset += 1;
      continue;
    }
    const foundId = head >> 4;
    if (foundId === ONE_BYTE_STOP_ID) return undefined;
    const end = offset + 2 + (head & 0x0f);
    if (end > data.length) return undefined;
    if (foundId === id) return data.subarray(offset + 1, end);
    offset = end;
  }
  return undefined;
};

const findTwoByte = (data: Uint8Array, id: number): Uint8Array | undefined => {
  let offset = 0;
  while (offset < data.length) {
    const foundId = data[offset] as number;
    if (foundId === 0) {
      offset += 1;
      continue;
    }
    const length = data[offset + 1];
    if (length === undefined || offset + 2 + length > data.length) return undefined;
    if (foundId === id) return data.subarray(offset + 2, offset + 2 + length);
    offset += 2 + length;
  }
  return undefined;
};

/** The bytes of the extension with this id (1 to 255), as a view; undefined where the packet has none or it is cut off. */
export const findHeaderExtension = (packet: RtpPacket, id: number): Uint8Array | undefined => {
  const { extension } = packet;
  if (extension === undefined) return undefined;
  if (extension.profile === ONE_BYTE_PROFILE) return findOneByte(extension.data, id);
  if ((extension.profile & TWO_BYTE_PROFILE_MASK) === TWO_BYTE_PROFILE) return findTwoByte(extension.data, id);
  return undefined;
};

/** A mid, rid or repaired rid; undefined where there is none or it is no visible ASCII. */
export const readTextExtension = (packet: RtpPacket, id: number): string | undefined => {
  const bytes = findHeaderExtension(packet, id);
  if (bytes === undefined || bytes.length === 0) return undefined;
  let text = '';
  for (const byte of bytes) {
    if (byte <= 0x20 || byte >= 0x7f) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
};

/** `levelDbov` is 0 (as loud as can be) to -127 (silence); `voice` is the sender's own guess. */
export type AudioLevel = { voice: boolean; levelDbov: number };

export const readAudioLevel = (packet: RtpPacket, id: number): AudioLevel | undefined => {
  const byte = findHeaderExtension(packet, id)?.[0];
  if (byte === undefined) return undefined;
  const level = byte & 0x7f;
  return { voice: (byte & 0x80) !== 0, levelDbov: level === 0 ? 0 : -level };
};

/** 16 bits, as on the wire. */
export const readTransportSequenceNumber = (packet: RtpPacket, id: number): number | undefined => {
  const [high, low] = findHeaderExtension(packet, id) ?? [];
  return high === undefined || low === undefined ? undefined : (high << 8) | low;
};

/** After so many milliseconds it begins at 0 again. */
export const ABSOLUTE_SEND_TIME_MODULUS_MS = 64_000;

/** Milliseconds, of 64 s: 6 bits of seconds and 18 of their fraction. */
export const readAbsoluteSendTime = (packet: RtpPacket, id: number): number | undefined => {
  const [high, middle, low] = findHeaderExtension(packet, id) ?? [];
  if (high === undefined || middle === undefined || low === undefined) return undefined;
  return (((high << 16) | (middle << 8) | low) * ABSOLUTE_SEND_TIME_MODULUS_MS) / 2 ** 24;
};
