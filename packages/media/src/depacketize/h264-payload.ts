/** RTP payloads of H.264 (RFC 6184 section 5), as packetization modes 0 and 1 allow them, to NAL units and pieces of them. */
import type { NaluFacts, NaluPiece } from './nalu.ts';

/** nal_unit_type (H.264 table 7-1), and what RFC 6184 table 1 adds. */
export const NALU_TYPE = {
  slice: 1,
  idrSlice: 5,
  sequenceParameterSet: 7,
  pictureParameterSet: 8,
  accessUnitDelimiter: 9,
  lastOfOneUnit: 23,
  stapA: 24,
  fuA: 28,
} as const;

export const naluType = (header: number): number => header & 0x1f;
/** nal_ref_idc: 0 where no other picture leans on this one. */
const referenceIdc = (header: number): number => (header >> 5) & 3;

export const h264NaluFacts = (nalu: Uint8Array): NaluFacts => {
  const header = nalu[0] ?? 0;
  const type = naluType(header);
  return {
    slice: type >= NALU_TYPE.slice && type <= NALU_TYPE.idrSlice,
    key: type === NALU_TYPE.idrSlice,
    // Either all slices of a picture say so, or none (H.264 section 7.4.1).
    discardable: referenceIdc(header) === 0,
    leansBack: false,
    // H.264 section 7.4.1.2.3.
    beginsUnit: type === NALU_TYPE.accessUnitDelimiter || type === NALU_TYPE.sequenceParameterSet,
  };
};

/** An ordinary NAL unit whose forbidden_zero_bit says that it is not damaged. */
const isOrdinary = (header: number): boolean =>
  (header & 0x80) === 0 && naluType(header) >= NALU_TYPE.slice && naluType(header) <= NALU_TYPE.lastOfOneUnit;

const parseStapA = (payload: Uint8Array): NaluPiece[] | undefined => {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const pieces: NaluPiece[] = [];
  for (let offset = 1; offset < payload.length; ) {
    if (offset + 2 > payload.length) return undefined;
    const start = offset + 2;
    offset = start + view.getUint16(offset);
    const nalu = payload.subarray(start, offset);
    if (offset > payload.length || nalu.length === 0 || !isOrdinary(nalu[0] ?? 0)) return undefined;
    pieces.push({ kind: 'whole', nalu });
  }
  return pieces;
};

const parseFuA = (payload: Uint8Array): NaluPiece[] | undefined => {
  const [indicator = 0, fuHeader = 0] = payload;
  const header = (indicator & 0xe0) | naluType(fuHeader);
  if (payload.length < 3 || !isOrdinary(header)) return undefined;
  const [first, last] = [(fuHeader & 0x80) !== 0, (fuHeader & 0x40) !== 0];
  return [{ kind: 'fragment', header: Uint8Array.of(header), first, last, bytes: payload.subarray(2) }];
};

/** What one payload holds, in order; undefined where it is of another mode or breaks the format. */
export const parseH264Payload = (payload: Uint8Array): NaluPiece[] | undefined => {
  const header = payload[0] ?? 0;
  if (isOrdinary(header)) return [{ kind: 'whole', nalu: payload }];
  if (naluType(header) === NALU_TYPE.stapA) return parseStapA(payload);
  if (naluType(header) === NALU_TYPE.fuA) return parseFuA(payload);
  return undefined;
};
