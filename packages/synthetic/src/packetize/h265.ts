/** H.265 NAL units to RTP payloads (RFC 7798), without decoding order numbers. */

const DEFAULT_MAX_BYTES = 1100;
const HEADER_BYTES = 2;
const AGGREGATION = 48;
const FRAGMENTATION = 49;

const typeOf = (nalu: Uint8Array): number => ((nalu[0] ?? 0) >> 1) & 0x3f;

const isParameterSet = (nalu: Uint8Array): boolean => typeOf(nalu) >= 32 && typeOf(nalu) <= 34;

/** Several NAL units in one payload (section 4.4.2). */
const aggregate = (nalus: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.of(AGGREGATION << 1, 1, ...nalus.flatMap((nalu) => [nalu.length >> 8, nalu.length & 0xff, ...nalu]));

/** One NAL unit over several payloads (section 4.4.3). */
const fragment = (nalu: Uint8Array, maxBytes: number): Uint8Array[] => {
  const room = maxBytes - HEADER_BYTES - 1;
  const payloads: Uint8Array[] = [];
  for (let offset = HEADER_BYTES; offset < nalu.length; offset += room) {
    const start = offset === HEADER_BYTES ? 0x80 : 0;
    const end = offset + room >= nalu.length ? 0x40 : 0;
    const header = [((nalu[0] ?? 0) & 0x81) | (FRAGMENTATION << 1), nalu[1] ?? 0, start | end | typeOf(nalu)];
    payloads.push(Uint8Array.of(...header, ...nalu.subarray(offset, offset + room)));
  }
  return payloads;
};

const packetizeOne = (nalu: Uint8Array, maxBytes: number): Uint8Array[] =>
  nalu.length <= maxBytes ? [nalu] : fragment(nalu, maxBytes);

const packetizeSets = (sets: readonly Uint8Array[], maxBytes: number): Uint8Array[] => {
  const together = aggregate(sets);
  const fits = sets.length > 1 && together.length <= maxBytes;
  return fits ? [together] : sets.flatMap((nalu) => packetizeOne(nalu, maxBytes));
};

/**
 * The payloads of one picture's NAL units (without start codes), in order; the last one's packet bears the marker. Parameter
 * sets that stand together share a payload; what is longer than `maxBytes` (at least 4) is fragmented.
 */
export const packetizeH265 = (nalus: readonly Uint8Array[], maxBytes: number = DEFAULT_MAX_BYTES): Uint8Array[] => {
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
