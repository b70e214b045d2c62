/**
 * Cheap looks into video packets: does a key frame begin here, and how large is the picture? For the bit rate's cap and for the answers
 * to requests; what is recorded is depacketized with care elsewhere.
 */
import type { VideoCodecName } from '@callreel/contract/conference.ts';
import { OBU_TYPE, parseObu } from '@callreel/media/depacketize/av1-obu.ts';
import { parseAv1Payload } from '@callreel/media/depacketize/av1-payload.ts';
import { parseAv1SequenceHeader } from '@callreel/media/depacketize/av1-sequence-header.ts';
import { parseSequenceParameterSet } from '@callreel/media/depacketize/h264-parameter-sets.ts';
import { parseH265SequenceParameterSet } from '@callreel/media/depacketize/h265-parameter-sets.ts';
import {
  H265_NALU_TYPE,
  h265NaluFacts,
  h265NaluType,
  parseH265Payload,
} from '@callreel/media/depacketize/h265-payload.ts';
import { vp8KeyFrameSize } from '@callreel/media/depacketize/vp8.ts';
import { parseVp8Descriptor } from '@callreel/media/depacketize/vp8-descriptor.ts';
import { parseVp9Descriptor } from '@callreel/media/depacketize/vp9-descriptor.ts';
import { parseVp9FrameHeader } from '@callreel/media/depacketize/vp9-frame.ts';
import type { PictureSize } from '@callreel/media/frame/frame.ts';

export type { PictureSize };

/** A size only where this very packet tells it. */
export type KeyFrameStart = { size: PictureSize | undefined };

const WITHOUT_SIZE: KeyFrameStart = { size: undefined };

/** Of the descriptor's first byte: S and PID, which are 1 and 0 at a frame's first packet (RFC 7741 section 4.2). */
const VP8_START_MASK = 0x17;
const VP8_START = 0x10;

const vp8KeyFrameStart = (payload: Uint8Array): KeyFrameStart | undefined => {
  if (((payload[0] ?? 0) & VP8_START_MASK) !== VP8_START) return undefined;
  const descriptor = parseVp8Descriptor(payload);
  if (descriptor === undefined) return undefined;
  const size = vp8KeyFrameSize(payload.subarray(descriptor.sizeBytes));
  return size === undefined ? undefined : { size };
};

/** Of the descriptor's first byte: P and B, which are 0 and 1 where a layer begins that leans on no earlier picture (RFC 9628 section 4.2). */
const VP9_START_MASK = 0x48;
const VP9_START = 0x08;

/** The size is the top layer's where the packet tells it. */
const vp9KeyFrameStart = (payload: Uint8Array): KeyFrameStart | undefined => {
  if (((payload[0] ?? 0) & VP9_START_MASK) !== VP9_START) return undefined;
  const descriptor = parseVp9Descriptor(payload);
  if (descriptor === undefined || !descriptor.startsPicture) return undefined;
  const header = parseVp9FrameHeader(payload.subarray(descriptor.sizeBytes));
  if (!header?.keyFrame) return undefined;
  return { size: descriptor.layerSizes?.at(-1) ?? header.size };
};

/** N, and not Z (RTP Payload Format For AV1 section 4.4). */
const AV1_START_MASK = 0x88;
const AV1_START = 0x08;

/** The size stands in the sequence header, which comes first, unless it is cut in two. */
const av1KeyFrameStart = (payload: Uint8Array): KeyFrameStart | undefined => {
  if (((payload[0] ?? 0) & AV1_START_MASK) !== AV1_START) return undefined;
  for (const element of parseAv1Payload(payload)?.elements ?? []) {
    const obu = parseObu(element);
    if (obu?.type !== OBU_TYPE.sequenceHeader) continue;
    return { size: parseAv1SequenceHeader(obu.payload)?.size };
  }
  return WITHOUT_SIZE;
};

/** NAL unit types (RFC 6184 section 5.2). */
const H264_IDR = 5;
const H264_SPS = 7;
const H264_STAP_A = 24;
const H264_FU_A = 28;
const NAL_TYPE_MASK = 0x1f;
const FU_START = 0x80;

const sizeOf = (sps: Uint8Array): KeyFrameStart => {
  const parsed = parseSequenceParameterSet(sps);
  return parsed === undefined ? WITHOUT_SIZE : { size: { width: parsed.width, height: parsed.height } };
};

/** Several NAL units, each behind its length in two bytes: parameter sets come so, with or without the IDR picture itself. */
const aggregateStart = (payload: Uint8Array): KeyFrameStart | undefined => {
  let found: KeyFrameStart | undefined;
  let offset = 1;
  while (offset + 3 <= payload.length) {
    const length = ((payload[offset] as number) << 8) | (payload[offset + 1] as number);
    const type = (payload[offset + 2] as number) & NAL_TYPE_MASK;
    if (type === H264_SPS) return sizeOf(payload.subarray(offset + 2, offset + 2 + length));
    if (type === H264_IDR) found = WITHOUT_SIZE;
    offset += 2 + length;
  }
  return found;
};

/**
 * Parameter sets count as a beginning too: encoders send them only in front of an IDR picture, and the size stands in them.
 */
const h264KeyFrameStart = (payload: Uint8Array): KeyFrameStart | undefined => {
  const type = (payload[0] ?? 0) & NAL_TYPE_MASK;
  if (type === H264_STAP_A) return aggregateStart(payload);
  if (type === H264_SPS) return sizeOf(payload);
  if (type === H264_IDR) return WITHOUT_SIZE;
  const header = payload[1] ?? 0;
  const beginsIdr = type === H264_FU_A && (header & FU_START) !== 0 && (header & NAL_TYPE_MASK) === H264_IDR;
  return beginsIdr ? WITHOUT_SIZE : undefined;
};

/** Parameter sets count as a beginning here too. */
const h265KeyFrameStart = (payload: Uint8Array): KeyFrameStart | undefined => {
  let found: KeyFrameStart | undefined;
  for (const piece of parseH265Payload(payload) ?? []) {
    const nalu = piece.kind === 'whole' ? piece.nalu : piece.header;
    if (piece.kind === 'whole' && h265NaluType(nalu) === H265_NALU_TYPE.sequenceParameterSet) {
      const sps = parseH265SequenceParameterSet(nalu);
      return sps === undefined ? WITHOUT_SIZE : { size: { width: sps.width, height: sps.height } };
    }
    if (h265NaluFacts(nalu).key && (piece.kind === 'whole' || piece.first)) found = WITHOUT_SIZE;
  }
  return found;
};

/** Undefined where no key frame begins in this packet. */
export const readKeyFrameStart = (codec: VideoCodecName, payload: Uint8Array): KeyFrameStart | undefined => {
  switch (codec) {
    case 'VP8':
      return vp8KeyFrameStart(payload);
    case 'H264':
      return h264KeyFrameStart(payload);
    case 'VP9':
      return vp9KeyFrameStart(payload);
    case 'AV1':
      return av1KeyFrameStart(payload);
    case 'H265':
      return h265KeyFrameStart(payload);
  }
};
