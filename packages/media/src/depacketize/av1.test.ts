import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Av1PacketizeOptions, packetizeAv1, splitTemporalUnit } from '@callreel/synthetic/packetize/av1.ts';
import fc from 'fast-check';
import { decoderConfiguration } from '../mp4/decoder-configuration.ts';
import type { OrderedPacket } from '../reorder/ordered-packet.ts';
import { encodeObu, parseObu, readLeb128, writeLeb128 } from './av1-obu.ts';
import { parseAv1SequenceHeader } from './av1-sequence-header.ts';
import { createDepacketizer } from './create.ts';
import type { DepacketizerOutput } from './depacketizer.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

/** Sequence headers of SVT-AV1 3.1.2 (node-av 6.1.1), of 320x180 and of 640x360, with their sizes. */
const SMALL_HEADER = bytes('0a0b000000043cfecc4af90040');
const LARGE_HEADER = bytes('0a0b0000000cc4ff6712be4010');
const SMALL = { width: 320, height: 180 };
const LARGE = { width: 640, height: 360 };

const KEY = 0x10;
const INTER = 0x30;
const DELIMITER = Uint8Array.of(0x12, 0);
const PADDING = Uint8Array.of(0x7a, 3, 1, 2, 0x80);
const METADATA = Uint8Array.of(0x2a, 2, 4, 0x80);

/** OBU_FRAME with its size; only the first byte of its header is real, the rest counts up. */
const frame = (first: number, seed: number, sizeBytes = 2500, extension?: number): Uint8Array => {
  const payload = Uint8Array.from({ length: sizeBytes }, (_, i) => (i === 0 ? first : (seed + i) & 0xff));
  const header = extension === undefined ? Uint8Array.of(0x30) : Uint8Array.of(0x34, extension);
  return encodeObu({ type: 6, header, payload });
};

const key = (seed: number): Uint8Array[] => [DELIMITER, SMALL_HEADER, frame(KEY, seed)];
const inter = (seed: number): Uint8Array[] => [DELIMITER, frame(INTER, seed)];

const joined = (obus: readonly Uint8Array[]): Uint8Array => Uint8Array.from(obus.flatMap((obu) => [...obu]));

const send = (
  units: Uint8Array[][],
  options: (index: number) => Av1PacketizeOptions = (index) => ({ startsSequence: units[index]?.[1] === SMALL_HEADER }),
): OrderedPacket[][] => {
  let sequenceNumber = 65_530;
  return units.map((obus, index) => {
    const payloads = packetizeAv1(splitTemporalUnit(joined(obus)), options(index));
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
  const depacketizer = createDepacketizer('AV1');
  return [...packets.flatMap((packet) => depacketizer.push(packet)), ...depacketizer.flush()];
};

const without = (units: OrderedPacket[][], lost: (unit: number, packet: number) => boolean): OrderedPacket[] =>
  units.flatMap((packets, u) => packets.filter((_, p) => !lost(u, p)));

const inShort = (outputs: DepacketizerOutput[]): string[] =>
  outputs.map((output) =>
    output.kind === 'frame'
      ? `${output.frame.rtpTimestamp / 3000}`
      : `${output.reason} ${output.rtpTimestamp / 3000}${output.needsKeyFrame ? '!' : ''}`,
  );

const frameOf = (output: DepacketizerOutput | undefined) => {
  assert.ok(output?.kind === 'frame' && output.frame.kind === 'video');
  return output.frame;
};

for (const sizesAlways of [false, true]) {
  for (const maxBytes of [8, 40, 1100, 9000]) {
    test(`OBUs are joined and bear their sizes, from packets of ${maxBytes} bytes, W ${sizesAlways ? 0 : 'told'}`, () => {
      const units = [key(1), inter(2), [DELIMITER, METADATA, frame(INTER, 3, 130), frame(INTER, 4, 20)]];
      const outputs = receive(send(units, (i) => ({ maxBytes, sizesAlways, startsSequence: i === 0 })).flat());
      assert.deepEqual(inShort(outputs), ['0', '1', '2']);
      outputs.forEach((output, i) => {
        const { data, size, keyFrame } = frameOf(output);
        assert.deepEqual(data, joined(units[i]?.slice(1) ?? []));
        assert.deepEqual([keyFrame, size], i === 0 ? [true, SMALL] : [false, undefined]);
      });
    });
  }
}

test('delimiters and padding are left out, and OBUs that tell their size on the way are none the longer', () => {
  const unit = [DELIMITER, SMALL_HEADER, PADDING, METADATA, frame(KEY, 1, 50)];
  const payload = Uint8Array.of(0x08, ...unit.flatMap((obu) => [...writeLeb128(obu.length), ...obu]));
  const [output] = receive([{ sequenceNumber: 1, rtpTimestamp: 0, marker: true, payload, arrivalMs: 0 }]);
  assert.deepEqual(frameOf(output).data, joined([SMALL_HEADER, METADATA, frame(KEY, 1, 50)]));
});

test('the sequence header stands first in every key frame, whether it came with it or not', () => {
  const late = [DELIMITER, METADATA, SMALL_HEADER, frame(KEY, 1, 50)];
  const outputs = receive(send([late, [DELIMITER, frame(KEY, 2, 60)]]).flat());
  assert.deepEqual(
    outputs.map(frameOf).map(({ data }) => data),
    [joined([SMALL_HEADER, METADATA, frame(KEY, 1, 50)]), joined([SMALL_HEADER, frame(KEY, 2, 60)])],
  );
});

test('a change of the picture size is on the key frame, with its own sequence header', () => {
  const outputs = receive(send([key(1), [DELIMITER, LARGE_HEADER, frame(KEY, 2)]]).flat()).map(frameOf);
  assert.deepEqual(
    outputs.map(({ size }) => size),
    [SMALL, LARGE],
  );
  assert.deepEqual(
    outputs.map(({ parameterSets }) => parameterSets),
    [
      { kind: 'AV1', sequenceHeader: SMALL_HEADER },
      { kind: 'AV1', sequenceHeader: LARGE_HEADER },
    ],
  );
});

test('all spatial layers of one temporal unit are one block', () => {
  const layers = [DELIMITER, SMALL_HEADER, frame(KEY, 1, 1500, 0x00), frame(INTER, 2, 1500, 0x08)];
  const [output] = receive(send([layers]).flat());
  assert.deepEqual(frameOf(output).data, joined(layers.slice(1)));
});

test('nothing comes out before a key frame with a sequence header', () => {
  const units = [inter(0), [DELIMITER, frame(KEY, 1)], key(2), inter(3)];
  assert.deepEqual(inShort(receive(send(units).flat())), ['waitingForKeyFrame 0!', 'waitingForKeyFrame 1!', '2', '3']);
});

test('shown again, or not shown, is no key frame', () => {
  for (const first of [0x80, 0x00, 0x20, 0x40, 0x60]) {
    assert.deepEqual(inShort(receive(send([[DELIMITER, SMALL_HEADER, frame(first, 1)]]).flat())), [
      'waitingForKeyFrame 0!',
    ]);
  }
});

for (const lost of [0, 1, 2]) {
  test(`after losing packet ${lost} of a temporal unit nothing comes out until a key frame`, () => {
    const units = send([key(0), inter(1), inter(2), inter(3), key(4), inter(5)]);
    const next = lost === 2 ? 'incomplete 3!' : 'waitingForKeyFrame 3!';
    assert.deepEqual(inShort(receive(without(units, (u, p) => u === 2 && p === lost))), [
      ...['0', '1', 'incomplete 2!', next, '4', '5'],
    ]);
  });
}

test('a key frame right behind a hole counts where it says that a sequence starts with it', () => {
  const units = [key(0), inter(1), key(2), inter(3)];
  assert.deepEqual(inShort(receive(without(send(units), (u) => u === 1))), ['0', 'incomplete 2!', '2', '3']);
  const silent = send(units, () => ({}));
  assert.deepEqual(inShort(receive(without(silent, (u) => u === 1))).slice(1), [
    ...['incomplete 2!', 'waitingForKeyFrame 3!'],
  ]);
});

test('a fragment that goes on with nothing, or never ends, is malformed', () => {
  const units = send([key(0), inter(1), inter(2)]);
  const [first] = units[1] ?? [];
  assert.ok(first);
  first.payload[0] = (first.payload[0] ?? 0) & ~0x40;
  assert.deepEqual(inShort(receive(units.flat())), ['0', 'malformed 1!', 'waitingForKeyFrame 2!']);
  const endless = send([key(0), inter(1)]);
  const last = endless[1]?.at(-1);
  assert.ok(last);
  last.payload[0] = (last.payload[0] ?? 0) | 0x40;
  assert.deepEqual(inShort(receive(endless.flat())), ['0', 'malformed 1!']);
});

test('lengths that lie are malformed', () => {
  for (const payload of [
    [0x10],
    [0x00],
    [0x20, 5, 0x30],
    [0x00, 0x80],
    [0x00, 9, 0x30],
    [0x30, 1, 0x30],
    [0x10, 0x32, 9, 1],
  ]) {
    const units = send([key(0), inter(1)]);
    for (const packet of units[1] ?? []) packet.payload = Uint8Array.from(payload);
    assert.deepEqual(inShort(receive(units.flat())).slice(0, 2), ['0', 'malformed 1!'], String(payload));
  }
});

test('a temporal unit that never ends is given up, and costs bounded memory', () => {
  const depacketizer = createDepacketizer('AV1');
  const payload = Uint8Array.of(0x00, ...Array.from({ length: 200 }, () => [1, 0x28]).flat());
  const outputs: DepacketizerOutput[] = [];
  for (let sequenceNumber = 0; sequenceNumber < 1000; sequenceNumber++) {
    const marker = sequenceNumber === 999;
    outputs.push(...depacketizer.push({ sequenceNumber, rtpTimestamp: 0, marker, payload, arrivalMs: 0 }));
  }
  assert.deepEqual(inShort(outputs), ['malformed 0!']);
});

test('the av1C says what the sequence header says, and holds it', () => {
  const record = decoderConfiguration({ kind: 'AV1', sequenceHeader: SMALL_HEADER }) ?? assert.fail();
  // Profile 0, level 2.0, main tier, 8 bits, 4:2:0.
  assert.equal(Buffer.from(record).toString('hex'), `81000c00${Buffer.from(SMALL_HEADER).toString('hex')}`);
  assert.equal(decoderConfiguration({ kind: 'AV1', sequenceHeader: Uint8Array.of(0x0a, 0) }), undefined);
});

test('a sequence header cut short anywhere is none', () => {
  const payload = parseObu(LARGE_HEADER)?.payload ?? assert.fail();
  assert.partialDeepStrictEqual(parseAv1SequenceHeader(payload), { size: LARGE, profile: 0, subsamplingX: 1 });
  for (let length = 0; length < payload.length - 1; length++) {
    assert.equal(parseAv1SequenceHeader(payload.subarray(0, length)), undefined);
  }
});

test('a size is written as it is read', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (value) => {
      const written = Uint8Array.from(writeLeb128(value));
      assert.deepEqual(readLeb128(written, 0), { value, sizeBytes: written.length });
    }),
  );
});

test('under any loss only whole units come out, byte for byte, and none that leans on a lost one', () => {
  const scenario = fc.record({
    keys: fc.uniqueArray(fc.integer({ min: 1, max: 19 }), { maxLength: 4 }),
    lost: fc.uniqueArray(fc.integer({ min: 0, max: 79 }), { maxLength: 12 }),
    maxBytes: fc.constantFrom(700, 1100, 4000),
  });
  fc.assert(
    fc.property(scenario, ({ keys, lost, maxBytes }) => {
      const isKey = (u: number) => u === 0 || keys.includes(u);
      const units = Array.from({ length: 20 }, (_, u) => (isKey(u) ? key(u) : inter(u)));
      const sent = send(units, (u) => ({ maxBytes, startsSequence: isKey(u) }));
      const isLost = (u: number, p: number) => lost.includes(u * 4 + p);
      let decodable = false;
      const expected = units.flatMap((obus, u) => {
        const whole = !(sent[u] ?? []).some((_, p) => isLost(u, p));
        decodable = whole && (decodable || isKey(u));
        return decodable ? [joined(obus.slice(1))] : [];
      });
      assert.deepEqual(
        receive(without(sent, isLost)).flatMap((output) => (output.kind === 'frame' ? [output.frame.data] : [])),
        expected,
      );
    }),
    { numRuns: 60 },
  );
});

test('hostile packets never throw, and yield little more than came', () => {
  const start = fc.constantFrom(0x00, 0x08, 0x10, 0x18, 0x20, 0x40, 0x80, 0xc0, 0x50, 0x90);
  const obu = fc.constantFrom(SMALL_HEADER, frame(KEY, 1, 9), frame(INTER, 2, 9), DELIMITER, PADDING);
  const body = fc.oneof(fc.uint8Array({ maxLength: 24 }), fc.array(obu, { maxLength: 3 }).map(joined));
  const packet = fc.record({
    sequenceNumber: fc.integer({ min: 0, max: 20 }),
    rtpTimestamp: fc.integer({ min: 0, max: 3 }),
    marker: fc.boolean(),
    payload: fc.tuple(start, body).map(([first, rest]) => Uint8Array.of(first, ...rest)),
    arrivalMs: fc.constant(0),
  });
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 60 }), (packets) => {
      const outputs = receive(packets);
      assert.ok(outputs.length <= 3 * packets.length);
      const out = outputs.reduce((sum, each) => sum + (each.kind === 'frame' ? each.frame.data.length : 0), 0);
      assert.ok(out <= packets.reduce((sum, each) => sum + 20 + 3 * each.payload.length, 0));
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (payload) => {
      const header = parseAv1SequenceHeader(payload);
      assert.ok(header === undefined || (header.size.width <= 65_536 && header.profile <= 2));
    }),
    { numRuns: 1000 },
  );
});
