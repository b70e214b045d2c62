/** H.265 (RFC 7798). A key frame is an IRAP picture: IDR, CRA or BLA. */
import { H265ParameterSets } from './h265-parameter-sets.ts';
import { h265NaluFacts, parseH265Payload } from './h265-payload.ts';
import type { NaluFormat } from './nalu.ts';

export const H265: NaluFormat = {
  parse: parseH265Payload,
  facts: h265NaluFacts,
  createParameterSets: () => new H265ParameterSets(),
};
