import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packetizeH264 } from '@callreel/synthetic/packetize/h264.ts';
import fc from 'fast-check';
import type { OrderedPacket } from '../reorder/ordered-packet.ts';
import { createDepacketizer } from './create.ts';
import type { DepacketizerOutput } from './depacketizer.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

/** x264's, of 1280x720 and of 1920x1080 (see h264-parameter-sets.test.ts), and its PPS. */
const SPS = bytes('6742c01fd9005005bb0110000003001000000300a0f1832480');
const LARGE_SPS = bytes('6742c028d900780227e5c044000003000400000300283c60c920');
const PPS = bytes('68cb83cb20');

/** A slice whose first three numbers are real (0x88: first_mb 0, slice type 7, PPS 0) and the rest counts up. */
const slice = (header: number, seed: number, sizeBytes = 2500): Uint8Array =>
  Uint8Array.from({ length: sizeBytes }, (_, i) => [header, 0x88, 0x84][i] ?? (seed + i) & 0xff);

const idr = (seed: number): Uint8Array[] => [SPS, PPS, slice(0x65, seed)];
const inter = (seed: number): Uint8Array[] => [slice(0x41, seed)];
const disposable = (seed: number): Uint8Array[] => [slice(0x01, seed)];

/** Pictures 3000 ticks apart; `parts` says which payloads each had. */
const send = (pictures: Uint8Array[][]): OrderedPacket[][] => {
  let sequenceNumber = 100;
  return pictures.map((nalus, index) => {
    const payloads = packetizeH264(nalus);
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
  const depacketizer = createDepacketizer('H264');
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
  const pictures = [idr(1), inter(2), [Uint8Array.of(0x06, 1, 2), slice(0x41, 3, 900), slice(0x41, 4)]];
  const outputs = receive(send(pictures).flat());
  assert.deepEqual(inShort(outputs), ['0', '1', '2']);
  outputs.forEach((output, i) => {
    assert.ok(output.kind === 'frame' && output.frame.kind === 'video');
    assert.deepEqual(output.frame.data, lengthPrefixed(pictures[i] ?? []));
    assert.equal(output.frame.keyFrame, i === 0);
    assert.deepEqual(output.frame.size, i === 0 ? { width: 1280, height: 720 } : undefined);
    assert.deepEqual(output.frame.parameterSets, i === 0 ? { kind: 'H264', sps: SPS, pps: [PPS] } : undefined);
  });
});

test('the fixtures go through all three kinds of payload', () => {
  const types = send([idr(1), [slice(0x41, 2, 500)]])
    .flat()
    .map((packet) => (packet.payload[0] ?? 0) & 0x1f);
  assert.deepEqual(types, [24, 28, 28, 28, 1]);
});

test('mode 0: each NAL unit is a packet of its own, as long as it may be', () => {
  const units = [
    [SPS, PPS, slice(0x65, 1, 900), slice(0x65, 2, 900)],
    [slice(0x41, 3, 1400), slice(0x41, 4)],
  ];
  let sequenceNumber = 0;
  const packets = units.flatMap((nalus, index) =>
    nalus.map((payload, i) => ({
      ...{ sequenceNumber: sequenceNumber++, rtpTimestamp: index * 3000, arrivalMs: 0 },
      ...{ marker: i === nalus.length - 1, payload },
    })),
  );
  assert.deepEqual(
    receive(packets).map((output) => output.kind === 'frame' && output.frame.data),
    units.map(lengthPrefixed),
  );
});

test('all picture parameter sets of an SPS are told: slices of later pictures may name any of them', () => {
  // pic_parameter_set_id 1, of SPS 0: bits 010 1.
  const other = Uint8Array.of(0x68, 0x5b, 0x20);
  const [, key] = receive(send([[SPS, other, PPS], [slice(0x65, 1)], [slice(0x65, 2)]]).flat());
  assert.ok(key?.kind === 'frame' && key.frame.kind === 'video');
  assert.deepEqual(key.frame.parameterSets, { kind: 'H264', sps: SPS, pps: [PPS, other] });
});

test('parameter sets of an earlier picture serve a key frame without its own', () => {
  const outputs = receive(send([idr(1), inter(2), [slice(0x65, 3)]]).flat());
  const last = outputs[2];
  assert.ok(last?.kind === 'frame' && last.frame.kind === 'video' && last.frame.keyFrame);
  assert.deepEqual(last.frame.parameterSets, { kind: 'H264', sps: SPS, pps: [PPS] });
});

test('an IDR picture without known parameter sets is no key frame', () => {
  const outputs = receive(send([[slice(0x65, 1)], inter(2), [PPS, slice(0x65, 3)], idr(4)]).flat());
  assert.deepEqual(inShort(outputs), [...[0, 1, 2].map((i) => `waitingForKeyFrame ${i}!`), '3']);
});

test('a change of the picture size is on the key frame', () => {
  const outputs = receive(send([idr(1), [LARGE_SPS, PPS, slice(0x65, 2)]]).flat());
  const sizes = outputs.map((output) => output.kind === 'frame' && output.frame.kind === 'video' && output.frame.size);
  assert.deepEqual(sizes, [
    { width: 1280, height: 720 },
    { width: 1920, height: 1080 },
  ]);
});

for (const lost of [0, 1, 2]) {
  test(`after losing packet ${lost} of a picture nothing comes out until a key frame`, () => {
    const pictures = send([idr(0), inter(1), inter(2), inter(3), idr(4), inter(5)]);
    const outputs = receive(without(pictures, (f, p) => f === 2 && p === lost));
    // Without the marker nobody knows whether the hole reached into the next picture.
    const next = lost === 2 ? 'incomplete 3!' : 'waitingForKeyFrame 3!';
    assert.deepEqual(inShort(outputs), ['0', '1', 'incomplete 2!', next, '4', '5']);
  });
}

test('a wholly lost picture is told at the one behind it', () => {
  const pictures = send([idr(0), inter(1), [slice(0x41, 2, 100)], inter(3), idr(4)]);
  assert.deepEqual(inShort(receive(without(pictures, (f) => f === 2))), ['0', '1', 'incomplete 3!', '4']);
  const beforeKey = receive(without(pictures, (f) => f === 3));
  assert.deepEqual(inShort(beforeKey), ['0', '1', '2', 'incomplete 4!', '4']);
});

test('a key frame right behind a hole needs to begin with its SPS: what was lost may be a new one', () => {
  const pictures = send([idr(0), [LARGE_SPS, PPS, slice(0x65, 1)], inter(2)]);
  const outputs = receive(without(pictures, (f, p) => f === 1 && p === 0));
  assert.deepEqual(inShort(outputs), ['0', 'incomplete 1!', 'waitingForKeyFrame 2!']);
});

test('a hole within a picture that none leans on costs that picture alone', () => {
  const pictures = send([idr(0), disposable(1), inter(2)]);
  assert.deepEqual(inShort(receive(without(pictures, (f, p) => f === 1 && p === 1))), ['0', 'incomplete 1', '2']);
  assert.deepEqual(inShort(receive(without(pictures, (f, p) => f === 1 && p === 2))).slice(1), [
    'incomplete 1!',
    'incomplete 2!',
  ]);
});

test('markers behind parameter sets part no picture', () => {
  const packets = [SPS, PPS, slice(0x65, 1, 500)].map((payload, i) => ({
    ...{ sequenceNumber: i, rtpTimestamp: 0, marker: true, arrivalMs: 0 },
    payload,
  }));
  const [output, ...rest] = receive(packets);
  assert.ok(output?.kind === 'frame' && rest.length === 0);
  assert.deepEqual(output.frame.data, lengthPrefixed(packets.map((packet) => packet.payload)));
});

test('parameter sets on a timestamp of their own are kept and are no frame', () => {
  assert.deepEqual(inShort(receive(send([[SPS, PPS], [slice(0x65, 1)], inter(2)]).flat())), ['1', '2']);
});

test('a sender that sets no markers is parted by timestamps', () => {
  const packets = send([idr(0), inter(1), inter(2)]).flat();
  const unmarked = packets.map((packet) => ({ ...packet, marker: false }));
  assert.deepEqual(inShort(receive(unmarked)), ['0', '1', 'incomplete 2!']);
});

test('a sender that marks every slice is found out, and parted by timestamps from then on', () => {
  const pictures = [idr(0), inter(1), [slice(0x41, 2, 500), slice(0x41, 3, 500)], idr(3), idr(4), inter(5)];
  const packets = send(pictures)
    .flat()
    .map((packet) => ({ ...packet, marker: packet.marker || packet.payload.length === 500 }));
  assert.deepEqual(inShort(receive(packets)), ['0', '1', '2', 'incomplete 2!', '3', '4', 'incomplete 5!']);
});

test('other packetization modes, damaged units and broken aggregates are malformed', () => {
  const broken = [
    [25, 0, 0, 0, 2, 0x41, 1],
    [26, 0],
    [29, 0x85, 1],
    [0, 1],
    [30],
    [0xc1, 0x88],
    [24, 0, 0],
    [24, 0, 9, 1],
    [24, 0, 2, 24, 1],
    [28, 0x85],
    [28, 0x9c, 1],
    [28, 0x45, 1],
  ];
  for (const payload of broken.map((each) => Uint8Array.from(each))) {
    const packets = send([idr(0), inter(1), inter(2)]);
    for (const packet of packets[1] ?? []) packet.payload = payload;
    assert.deepEqual(inShort(receive(packets.flat())), ['0', 'malformed 1!', 'waitingForKeyFrame 2!']);
  }
});

test('a picture whose last fragment never comes is not whole', () => {
  const pictures = send([idr(0), inter(1), inter(2)]);
  const last = pictures[1]?.at(-1);
  assert.ok(last);
  last.payload[1] = (last.payload[1] ?? 0) & 0x3f;
  assert.deepEqual(inShort(receive(pictures.flat())), ['0', 'incomplete 1!', 'waitingForKeyFrame 2!']);
});

test('a picture that never ends is given up, and costs bounded memory', () => {
  const depacketizer = createDepacketizer('H264');
  const outputs: DepacketizerOutput[] = [];
  for (let sequenceNumber = 0; sequenceNumber < 20_000; sequenceNumber++) {
    const payload = Uint8Array.of(0x41, 0x88);
    const marker = sequenceNumber === 19_999;
    outputs.push(...depacketizer.push({ sequenceNumber, rtpTimestamp: 0, marker, payload, arrivalMs: 0 }));
  }
  assert.deepEqual(inShort(outputs), ['malformed 0!']);
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
  );
});

test('hostile packets never throw, and yield no more than came', () => {
  const start = fc.constantFrom(0x41, 0x65, 0x67, 0x68, 0x78, 0x7c, 0x5c, 0x00, 0xff);
  const payload = fc
    .tuple(start, fc.uint8Array({ maxLength: 24 }))
    .map(([first, rest]) => Uint8Array.of(first, ...rest));
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
});
