/** H.264 NAL units to RTP payloads (RFC 6184, packetization mode 1). */

const DEFAULT_MAX_BYTES = 1100;
const STAP_A = 24;
const FU_A = 28;

const isParameterSet = (nalu: Uint8Array): boolean => {
  const type = (nalu[0] ?? 0) & 0x1f;
  return type === 7 || type === 8;
};

/** Several NAL units in one payload (section 5.7.1). */
const aggregate = (nalus: Uint8Array[]): Uint8Array => {
  const reference = Math.max(...nalus.map((nalu) => (nalu[0] ?? 0) & 0x60));
  return Uint8Array.of(reference | STAP_A, ...nalus.flatMap((nalu) => [nalu.length >> 8, nalu.length & 0xff, ...nalu]));
};

/** One NAL unit over several payloads (section 5.8). */
const fragment = (nalu: Uint8Array, maxBytes: number): Uint8Array[] => {
  const header = nalu[0] ?? 0;
  const room = maxBytes - 2;
  const payloads: Uint8Array[] = [];
  for (let offset = 1; offset < nalu.length; offset += room) {
    const start = offset === 1 ? 0x80 : 0;
    const end = offset + room >= nalu.length ? 0x40 : 0;
    const fuHeader = start | end | (header & 0x1f);
    payloads.push(Uint8Array.of((header & 0xe0) | FU_A, fuHeader, ...nalu.subarray(offset, offset + room)));
  }
  return payloads;
};

const packetizeOne = (nalu: Uint8Array, maxBytes: number): Uint8Array[] =>
  nalu.length <= maxBytes ? [nalu] : fragment(nalu, maxBytes);

/** Parameter sets that stand together: in one payload where they fit. */
const packetizeSets = (sets: Uint8Array[], maxBytes: number): Uint8Array[] => {
  const together = aggregate(sets);
  const fits = sets.length > 1 && together.length <= maxBytes;
  return fits ? [together] : sets.flatMap((nalu) => packetizeOne(nalu, maxBytes));
};

/**
 * The payloads of one picture's NAL units (without start codes), in order; the last one's packet bears the marker. Parameter
 * sets that stand together share a payload; what is longer than `maxBytes` (at least 3) is fragmented.
 */
export const packetizeH264 = (nalus: readonly Uint8Array[], maxBytes: number = DEFAULT_MAX_BYTES): Uint8Array[] => {
  const payloads: Uint8Array[] = [];
  let sets: Uint8Array[] = [];
  for (const nalu of nalus) {
    if (isParameterSet(nalu)) {
      sets.push(nalu);
      continue;
    }
    payloads.push(...packetizeSets(sets, maxBytes), ...packetizeOne(nalu, maxBytes));
    sets = [];
  }
  return [...payloads, ...packetizeSets(sets, maxBytes)];
};

/** The NAL units of a stream with start codes (H.264 annex B), without them. */
export const splitAnnexB = (bytes: Uint8Array): Uint8Array[] => {
  const nalus: Uint8Array[] = [];
  let start = -1;
  for (let i = 0; i + 2 < bytes.length; i++) {
    if (bytes[i] !== 0 || bytes[i + 1] !== 0 || bytes[i + 2] !== 1) continue;
    if (start >= 0) nalus.push(withoutTrailingZeros(bytes.subarray(start, i)));
    start = i + 3;
    i += 2;
  }
  if (start >= 0) nalus.push(withoutTrailingZeros(bytes.subarray(start)));
  return nalus.filter((nalu) => nalu.length > 0);
};

/** The fourth byte of the next start code, and trailing_zero_8bits: a NAL unit itself never ends in zero. */
const withoutTrailingZeros = (nalu: Uint8Array): Uint8Array => {
  let end = nalu.length;
  while (end > 0 && nalu[end - 1] === 0) end--;
  return nalu.subarray(0, end);
};
