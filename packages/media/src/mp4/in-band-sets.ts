/** Parameter sets among the NAL units of a key frame, each behind its length in four bytes. */

import { NALU_TYPE, naluType } from '../depacketize/h264-payload.ts';
import { H265_NALU_TYPE, h265NaluType } from '../depacketize/h265-payload.ts';
import type { ParameterSets } from '../frame/frame.ts';
import { concatBytes } from '../matroska/ebml.ts';
import { fields } from './box.ts';

const LENGTH_BYTES = 4;

type Nalus = { typeOf: (nalu: Uint8Array) => number; delimiter: number; sets: readonly Uint8Array[] };

const nalusOf = (sets: ParameterSets): Nalus | undefined => {
  switch (sets.kind) {
    case 'H264':
      return {
        typeOf: (nalu) => naluType(nalu[0] ?? 0),
        delimiter: NALU_TYPE.accessUnitDelimiter,
        sets: [sets.sps, ...sets.pps],
      };
    case 'H265': {
      const delimiter = H265_NALU_TYPE.accessUnitDelimiter;
      return { typeOf: h265NaluType, delimiter, sets: [sets.vps, sets.sps, ...sets.pps] };
    }
    // Its sequence header is the block's first OBU already.
    case 'AV1':
      return undefined;
  }
};

/** `data` where every kind of set stands in it, else with all of them in front; an access unit delimiter stays first. */
export const withParameterSets = (data: Uint8Array, sets: ParameterSets | undefined): Uint8Array => {
  const wanted = sets && nalusOf(sets);
  if (wanted === undefined) return data;
  const { typeOf, delimiter, sets: nalus } = wanted;
  const present = new Set<number>();
  let setsStart = 0;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let offset = 0; offset + LENGTH_BYTES < data.length; ) {
    const type = typeOf(data.subarray(offset + LENGTH_BYTES));
    const isFirst = offset === 0;
    present.add(type);
    offset += LENGTH_BYTES + view.getUint32(offset);
    if (isFirst && type === delimiter && offset <= data.length) setsStart = offset;
  }
  if (nalus.every((nalu) => present.has(typeOf(nalu)))) return data;
  const prefixed = nalus.flatMap((nalu) => [fields([LENGTH_BYTES, nalu.length]), nalu]);
  return concatBytes([data.subarray(0, setsStart), ...prefixed, data.subarray(setsStart)]);
};
