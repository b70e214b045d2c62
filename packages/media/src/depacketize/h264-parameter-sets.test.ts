import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  H264ParameterSets,
  parsePictureParameterSet,
  parseSequenceParameterSet,
  parseSlicePictureParameterSetId,
} from './h264-parameter-sets.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

/** SPSs of x264 (ffmpeg 5.1.9, `-c:v libx264 -profile:v ...` of one testsrc picture), by what they code. */
const FIXTURES: [name: string, hex: string, width: number, height: number][] = [
  ['baseline', '6742c01fd9005005bb0110000003001000000300a0f1832480', 1280, 720],
  ['baseline, cropped', '6742c028d900780227e5c044000003000400000300283c60c920', 1920, 1080],
  ['baseline, cropped both ways', '6742c00bd901519e226c044000000300400000030283c50a92', 322, 182],
  ['high', '6764001facd9405005bb0110000003001000000300a0f1831960', 1280, 720],
  ['high, cropped', '67640028acd940780227e5c044000003000400000300283c60c658', 1920, 1080],
  ['high, interlaced', '67640028acd94078044fde022000000300200000030143e2c5b2c0', 1920, 1080],
  ['high 4:4:4, cropped by single pixels', '67f4000a919b28e4f1b1f808800000030080000005078912cb', 100, 50],
];

for (const [name, hex, width, height] of FIXTURES) {
  test(`the size in an SPS: ${name}`, () => {
    assert.deepEqual(parseSequenceParameterSet(bytes(hex)), { id: 0, width, height });
  });

  test(`an SPS cut short anywhere is none, or says the same: ${name}`, () => {
    const whole = bytes(hex);
    for (let length = 0; length < whole.length; length++) {
      const parsed = parseSequenceParameterSet(whole.subarray(0, length));
      assert.ok(parsed === undefined || (parsed.width === width && parsed.height === height));
    }
  });
}

/** Writes numbers in Exp-Golomb code and single bits, for what no encoder at hand makes. */
const writeBits = (...fields: (string | number)[]): Uint8Array => {
  const text = fields
    .map((field) => {
      if (typeof field === 'string') return field;
      const code = (field + 1).toString(2);
      return '0'.repeat(code.length - 1) + code;
    })
    .join('');
  return Uint8Array.from(text.match(/.{1,8}/g) ?? [], (byte) => Number.parseInt(byte.padEnd(8, '0'), 2));
};

test('scaling lists and picture order of type 1 are passed over', () => {
  const profileHigh = `${(100).toString(2).padStart(8, '0')}${'0'.repeat(16)}`;
  // A first list of sixteen deltas of 0 (se(0) is the bit 1), a second that ends at once (delta -8 is code 16), six absent.
  const lists = ['1', '1', '1'.repeat(16), '1', 16, '000000'];
  const order = [1, '0', 3, 4, 2, 1, 2];
  const body = writeBits(profileHigh, 5, 1, 0, 0, '0', ...lists, 0, ...order, 1, '0', 9, 4, '1', '1', '0', '1');
  assert.deepEqual(parseSequenceParameterSet(Uint8Array.of(0x67, ...body)), { id: 5, width: 160, height: 80 });
});

test('the sets of a slice are found by their ids, and the newest of an id counts', () => {
  const [small, large] = [bytes(FIXTURES[0]?.[1] ?? ''), bytes(FIXTURES[1]?.[1] ?? '')];
  const pps = Uint8Array.of(0x68, ...writeBits(3, 0, '1111'));
  const slice = Uint8Array.of(0x65, ...writeBits(0, 7, 3, '1111'));
  assert.deepEqual(parsePictureParameterSet(pps), { id: 3, sequenceId: 0 });
  assert.equal(parseSlicePictureParameterSetId(slice), 3);
  const sets = new H264ParameterSets();
  sets.add(small);
  assert.equal(sets.activeFor(slice), undefined);
  sets.add(pps);
  assert.deepEqual(sets.activeFor(slice), {
    sets: { kind: 'H264', sps: small, pps: [pps] },
    size: { width: 1280, height: 720 },
  });
  sets.add(large);
  assert.deepEqual(sets.activeFor(slice), {
    sets: { kind: 'H264', sps: large, pps: [pps] },
    size: { width: 1920, height: 1080 },
  });
});

test('parameter sets are kept as they were, whatever becomes of the packet', () => {
  const packet = bytes(FIXTURES[0]?.[1] ?? '');
  const sets = new H264ParameterSets();
  sets.add(packet);
  sets.add(Uint8Array.of(0x68, ...writeBits(0, 0, '1111')));
  packet.fill(0);
  const active = sets.activeFor(Uint8Array.of(0x65, ...writeBits(0, 7, 0, '1')))?.sets;
  assert.ok(active?.kind === 'H264' && active.sps[0] === 0x67);
});

test('hostile bytes are no parameter sets, or sane ones', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (nalu) => {
      const sps = parseSequenceParameterSet(nalu);
      assert.ok(sps === undefined || (sps.width > 0 && sps.height > 0 && sps.width <= 16_384 && sps.height <= 16_384));
      parsePictureParameterSet(nalu);
      parseSlicePictureParameterSetId(nalu);
    }),
    { numRuns: 1000 },
  );
});
