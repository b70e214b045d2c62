/** H.264 (RFC 6184), packetization modes 0 and 1. A key frame is an IDR picture. */
import { H264ParameterSets } from './h264-parameter-sets.ts';
import { h264NaluFacts, parseH264Payload } from './h264-payload.ts';
import type { NaluFormat } from './nalu.ts';

export const H264: NaluFormat = {
  parse: parseH264Payload,
  facts: h264NaluFacts,
  createParameterSets: () => new H264ParameterSets(),
};
