import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packetizeH265 } from '@callreel/synthetic/packetize/h265.ts';
import fc from 'fast-check';
import { decoderConfiguration } from '../mp4/decoder-configuration.ts';
import type { OrderedPacket } from '../reorder/ordered-packet.ts';
import { createDepacketizer } from './create.ts';
import type { DepacketizerOutput } from './depacketizer.ts';
import { parseH265PictureParameterSet, parseH265SequenceParameterSet } from './h265-parameter-sets.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

/** x265's (node-av 6.1.1, `preset=ultrafast:tune=zerolatency`) of 320x180 and 640x360. */
const VPS = bytes('40010c01ffff01600000030090000003000003003cba0240');
const SPS = bytes('42010101600000030090000003000003003ca00a080c1f3e5ba4a4c2e68080000003008000000c84');
const PPS = bytes('4401c0718112');
const LARGE_VPS = bytes('40010c01ffff01600000030090000003000003003fba0240');
const LARGE_SPS = bytes('42010101600000030090000003000003003fa005020171f2e5ba4a4c2e6808000003000800000300c840');
const SMALL = { width: 320, height: 180 };
const LARGE = { width: 640, height: 360 };

const TYPE = { trail: 1, rasl: 9, idr: 19, cra: 21, sei: 39, delimiter: 35 };

/** First slice of its picture; PPS 0. The rest counts up. */
const slice = (type: number, seed: number, sizeBytes = 2500): Uint8Array =>
  Uint8Array.from({ length: sizeBytes }, (_, i) => [type << 1, 1, type >= 16 ? 0xa0 : 0xc0][i] ?? (seed + i) & 0xff);

const idr = (seed: number): Uint8Array[] => [VPS, SPS, PPS, slice(TYPE.idr, seed)];
const inter = (seed: number): Uint8Array[] => [slice(TYPE.trail, seed)];

const send = (pictures: Uint8Array[][]): OrderedPacket[][] => {
  let sequenceNumber = 65_530;
  return pictures.map((nalus, index) => {
    const payloads = packetizeH265(nalus);
    return payloads.map((payload, i) => ({
      sequenceNumber: sequenceNumber++,
      rtpTimestamp: index * 3000,
      marker: i === payloads.length - 1,
      payload,
      arrivalMs: index * 33 + i,
    }));
  });
};

const receive = (packets: OrderedPacket[]): DepacketizerOutput[] => {
  const depacketizer = createDepacketizer('H265');
  return [...packets.flatMap((packet) => depacketizer.push(packet)), ...depacketizer.flush()];
};

const without = (pictures: OrderedPacket[][], lost: (picture: number, packet: number) => boolean): OrderedPacket[] =>
  pictures.flatMap((packets, f) => packets.filter((_, p) => !lost(f, p)));

const inShort = (outputs: DepacketizerOutput[]): string[] =>
  outputs.map((output) =>
    output.kind === 'frame'
      ? `${output.frame.rtpTimestamp / 3000}`
      : `${output.reason} ${output.rtpTimestamp / 3000}${output.needsKeyFrame ? '!' : ''}`,
  );

const lengthPrefixed = (nalus: Uint8Array[]): Uint8Array =>
  Uint8Array.from(nalus.flatMap((nalu) => [0, 0, nalu.length >> 8, nalu.length & 0xff, ...nalu]));

test('pictures come out behind lengths, key frames with parameter sets and size', () => {
  const sei = Uint8Array.of(TYPE.sei << 1, 1, 5, 1);
  const pictures = [idr(1), inter(2), [sei, slice(TYPE.trail, 3, 900), slice(TYPE.trail, 4)]];
  const outputs = receive(send(pictures).flat());
  assert.deepEqual(inShort(outputs), ['0', '1', '2']);
  outputs.forEach((output, i) => {
    assert.ok(output.kind === 'frame' && output.frame.kind === 'video');
    assert.deepEqual(output.frame.data, lengthPrefixed(pictures[i] ?? []));
    assert.deepEqual(output.frame.size, i === 0 ? SMALL : undefined);
    const sets = { kind: 'H265', vps: VPS, sps: SPS, pps: [PPS] };
    assert.deepEqual(output.frame.parameterSets, i === 0 ? sets : undefined);
  });
});

test('the fixtures go through all three kinds of payload', () => {
  const types = send([idr(1), [slice(TYPE.trail, 2, 500)]])
    .flat()
    .map((packet) => (packet.payload[0] ?? 0) >> 1);
  assert.deepEqual(types, [48, 49, 49, 49, 1]);
});

test('an IRAP picture without all its parameter sets known is no key frame', () => {
  const pictures = [[slice(TYPE.idr, 1)], [VPS, PPS, slice(TYPE.idr, 2)], [SPS, slice(TYPE.idr, 3)], inter(4)];
  assert.deepEqual(inShort(receive(send(pictures).flat())), [
    ...['waitingForKeyFrame 0!', 'waitingForKeyFrame 1!', '2', '3'],
  ]);
});

test('a change of the picture size is on the key frame', () => {
  const pictures = [idr(1), [LARGE_VPS, LARGE_SPS, PPS, slice(TYPE.idr, 2)]];
  const sizes = receive(send(pictures).flat()).map(
    (output) => output.kind === 'frame' && output.frame.kind === 'video' && output.frame.size,
  );
  assert.deepEqual(sizes, [SMALL, LARGE]);
});

for (const lost of [0, 1, 2]) {
  test(`after losing packet ${lost} of a picture nothing comes out until a key frame`, () => {
    const pictures = send([idr(0), inter(1), inter(2), inter(3), idr(4), inter(5)]);
    const next = lost === 2 ? 'incomplete 3!' : 'waitingForKeyFrame 3!';
    assert.deepEqual(inShort(receive(without(pictures, (f, p) => f === 2 && p === lost))), [
      ...['0', '1', 'incomplete 2!', next, '4', '5'],
    ]);
  });
}

test('pictures that lean on what lies before a clean random access go only where that is missing', () => {
  const pictures = [idr(0), [slice(TYPE.cra, 1)], [slice(TYPE.rasl, 2)], inter(3)];
  assert.deepEqual(inShort(receive(send(pictures).flat())), ['0', '1', '2', '3']);
  const first = [[VPS, SPS, PPS, slice(TYPE.cra, 1)], [slice(TYPE.rasl, 2)], inter(3)];
  assert.deepEqual(inShort(receive(send(first).flat())), ['0', 'waitingForKeyFrame 1', '2']);
});

test('upper layers of a multi-layer stream are left out', () => {
  const upper = slice(TYPE.trail, 5, 60);
  upper[1] = (1 << 3) | 1;
  const [output] = receive(send([[...idr(1), upper]]).flat());
  assert.ok(output?.kind === 'frame');
  assert.deepEqual(output.frame.data, lengthPrefixed(idr(1)));
});

test('payloads of other forms, damaged units and broken aggregates are malformed', () => {
  const broken = [
    [50 << 1, 1, 0],
    [63 << 1, 1, 0],
    [0x82, 1, 0],
    [2, 0, 1],
    [2],
    [96, 1, 0],
    [96, 1, 0, 9, 2, 1],
    [96, 1, 0, 1, 2],
    [98, 1, 0x81],
    [98, 1, 0xb0, 1],
    [98, 1, 0x41, 1],
  ];
  for (const payload of broken.map((each) => Uint8Array.from(each))) {
    const packets = send([idr(0), inter(1), inter(2)]);
    for (const packet of packets[1] ?? []) packet.payload = payload;
    assert.deepEqual(inShort(receive(packets.flat())), ['0', 'malformed 1!', 'waitingForKeyFrame 2!'], String(payload));
  }
});

test('the hvcC says what the SPS says, and holds all sets', () => {
  const record = decoderConfiguration({ kind: 'H265', vps: VPS, sps: SPS, pps: [PPS] }) ?? assert.fail();
  const hex = Buffer.from(record).toString('hex');
  // Main profile, level 2: as FFmpeg's own muxer writes it for this stream, but for what is not told.
  assert.equal(hex.slice(0, 46), '010160000000900000000000' + '3cf000fcfdf8f800000f03');
  assert.ok(
    hex.endsWith(
      `2000010018${Buffer.from(VPS).toString('hex')}2100010028${Buffer.from(SPS).toString('hex')}22000100064401c0718112`,
    ),
  );
  assert.equal(decoderConfiguration({ kind: 'H265', vps: VPS, sps: PPS, pps: [PPS] }), undefined);
});

test('an SPS cut short anywhere is none, or says the same', () => {
  for (let length = 0; length <= SPS.length; length++) {
    const parsed = parseH265SequenceParameterSet(SPS.subarray(0, length));
    assert.ok(parsed === undefined || (parsed.width === 320 && parsed.height === 180));
  }
  assert.partialDeepStrictEqual(parseH265SequenceParameterSet(LARGE_SPS), {
    ...LARGE,
    chromaFormat: 1,
    lumaBitDepth: 8,
  });
});

test('under any loss only whole pictures come out, byte for byte, and none that leans on a lost one', () => {
  const scenario = fc.record({
    keys: fc.uniqueArray(fc.integer({ min: 1, max: 19 }), { maxLength: 4 }),
    lost: fc.uniqueArray(fc.integer({ min: 0, max: 79 }), { maxLength: 12 }),
  });
  fc.assert(
    fc.property(scenario, ({ keys, lost }) => {
      const isKey = (f: number) => f === 0 || keys.includes(f);
      const pictures = Array.from({ length: 20 }, (_, f) => (isKey(f) ? idr(f) : inter(f)));
      const sent = send(pictures);
      const isLost = (f: number, p: number) => lost.includes(f * 4 + p);
      let decodable = false;
      const expected = pictures.flatMap((nalus, f) => {
        const whole = !(sent[f] ?? []).some((_, p) => isLost(f, p));
        decodable = whole && (decodable || isKey(f));
        return decodable ? [lengthPrefixed(nalus)] : [];
      });
      assert.deepEqual(
        receive(without(sent, isLost)).flatMap((output) => (output.kind === 'frame' ? [output.frame.data] : [])),
        expected,
      );
    }),
    { numRuns: 60 },
  );
});

test('hostile packets never throw, and yield no more than came', () => {
  const start = fc.constantFrom(0x02, 0x26, 0x40, 0x42, 0x44, 0x60, 0x62, 0x64, 0xff);
  const payload = fc
    .tuple(start, fc.constantFrom(1, 0, 9), fc.uint8Array({ maxLength: 24 }))
    .map(([first, second, rest]) => Uint8Array.of(first, second, ...rest));
  const packet = fc.record({
    sequenceNumber: fc.integer({ min: 0, max: 20 }),
    rtpTimestamp: fc.integer({ min: 0, max: 3 }),
    marker: fc.boolean(),
    payload: fc.oneof(payload, fc.constant(new Uint8Array(0))),
    arrivalMs: fc.constant(0),
  });
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 60 }), (packets) => {
      const outputs = receive(packets);
      assert.ok(outputs.length <= 3 * packets.length);
      const out = outputs.reduce((sum, each) => sum + (each.kind === 'frame' ? each.frame.data.length : 0), 0);
      assert.ok(out <= packets.reduce((sum, each) => sum + 5 * each.payload.length, 0));
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (nalu) => {
      const sps = parseH265SequenceParameterSet(nalu);
      assert.ok(sps === undefined || (sps.width > 0 && sps.width <= 16_384 && sps.height > 0 && sps.height <= 16_384));
      parseH265PictureParameterSet(nalu);
    }),
    { numRuns: 1000 },
  );
});
