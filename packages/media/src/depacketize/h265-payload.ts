/** RTP payloads of H.265 (RFC 7798 section 4.4), without decoding order numbers, to NAL units and pieces of them. */
import type { NaluFacts, NaluPiece } from './nalu.ts';

/** nal_unit_type (H.265 table 7-1), and what RFC 7798 adds. */
export const H265_NALU_TYPE = {
  raslNonReference: 8,
  raslReference: 9,
  firstKey: 16,
  lastKey: 21,
  lastOfReservedKeys: 23,
  lastSlice: 31,
  videoParameterSet: 32,
  sequenceParameterSet: 33,
  pictureParameterSet: 34,
  accessUnitDelimiter: 35,
  lastOfOneUnit: 47,
  aggregation: 48,
  fragmentation: 49,
} as const;

export const NALU_HEADER_BYTES = 2;

export const h265NaluType = (nalu: Uint8Array): number => ((nalu[0] ?? 0) >> 1) & 0x3f;

/** nuh_layer_id: pictures of another than 0 are of a multi-layer stream's upper layers, which no player shows. */
const layerId = (nalu: Uint8Array): number => (((nalu[0] ?? 0) & 1) << 5) | ((nalu[1] ?? 0) >> 3);

/** An ordinary NAL unit: forbidden_zero_bit says that it is not damaged, and a temporal id of its own is at least 1. */
const isOrdinary = (nalu: Uint8Array): boolean =>
  nalu.length >= NALU_HEADER_BYTES &&
  ((nalu[0] ?? 0) & 0x80) === 0 &&
  ((nalu[1] ?? 0) & 7) !== 0 &&
  h265NaluType(nalu) <= H265_NALU_TYPE.lastOfOneUnit;

export const h265NaluFacts = (nalu: Uint8Array): NaluFacts => {
  const type = h265NaluType(nalu);
  return {
    slice: type <= H265_NALU_TYPE.lastSlice,
    key: type >= H265_NALU_TYPE.firstKey && type <= H265_NALU_TYPE.lastKey,
    // A sub-layer's non-reference pictures may still be leant on by upper sub-layers: nothing is certain.
    discardable: false,
    leansBack: type === H265_NALU_TYPE.raslNonReference || type === H265_NALU_TYPE.raslReference,
    // H.265 section 7.4.2.4.4.
    beginsUnit:
      type === H265_NALU_TYPE.accessUnitDelimiter ||
      type === H265_NALU_TYPE.videoParameterSet ||
      type === H265_NALU_TYPE.sequenceParameterSet,
  };
};

const whole = (nalu: Uint8Array): NaluPiece[] => (layerId(nalu) === 0 ? [{ kind: 'whole', nalu }] : []);

const parseAggregation = (payload: Uint8Array): NaluPiece[] | undefined => {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const pieces: NaluPiece[] = [];
  for (let offset = NALU_HEADER_BYTES; offset < payload.length; ) {
    if (offset + 2 > payload.length) return undefined;
    const start = offset + 2;
    offset = start + view.getUint16(offset);
    const nalu = payload.subarray(start, offset);
    if (offset > payload.length || !isOrdinary(nalu)) return undefined;
    pieces.push(...whole(nalu));
  }
  return pieces;
};

const parseFragment = (payload: Uint8Array): NaluPiece[] | undefined => {
  const [first = 0, second = 0, fuHeader = 0] = payload;
  const header = Uint8Array.of((first & 0x81) | ((fuHeader & 0x3f) << 1), second);
  if (payload.length <= NALU_HEADER_BYTES + 1 || !isOrdinary(header)) return undefined;
  if (layerId(header) > 0) return [];
  const [begins, ends] = [(fuHeader & 0x80) !== 0, (fuHeader & 0x40) !== 0];
  const bytes = payload.subarray(NALU_HEADER_BYTES + 1);
  return [{ kind: 'fragment', header, first: begins, last: ends, bytes }];
};

/** What one payload holds, in order; undefined where it is of a form that we do not answer to, or breaks the format. */
export const parseH265Payload = (payload: Uint8Array): NaluPiece[] | undefined => {
  if (isOrdinary(payload)) return whole(payload);
  const type = h265NaluType(payload);
  if (type === H265_NALU_TYPE.aggregation) return parseAggregation(payload);
  if (type === H265_NALU_TYPE.fragmentation) return parseFragment(payload);
  return undefined;
};
