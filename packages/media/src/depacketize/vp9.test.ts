import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packetizeVp9, type Vp9PacketizeOptions } from '@callreel/synthetic/packetize/vp9.ts';
import fc from 'fast-check';
import type { OrderedPacket } from '../reorder/ordered-packet.ts';
import { createDepacketizer } from './create.ts';
import type { DepacketizerOutput } from './depacketizer.ts';
import { parseVp9Descriptor } from './vp9-descriptor.ts';
import { parseVp9FrameHeader, splitSuperframe, superframeIndex } from './vp9-frame.ts';

const fromBits = (...fields: [width: number, value: number][]): number[] => {
  const bits = fields.map(([width, value]) => value.toString(2).padStart(width, '0')).join('');
  return (bits.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2));
};

/** Profile 0, shown (VP9 bitstream specification section 6.2). */
const keyHeader = (width: number, height: number): number[] =>
  fromBits([2, 2], [3, 0], [1, 0], [1, 1], [1, 0], [24, 0x498342], [3, 2], [1, 0], [16, width - 1], [16, height - 1]);
const INTER: [number, number][] = [
  ...([
    [2, 2],
    [3, 0],
    [1, 1],
    [1, 1],
    [1, 1],
    [8, 1],
    [12, 0],
  ] as [number, number][]), // error resilient: no reset bits
];
const interHeader = (size?: { width: number; height: number }): number[] =>
  size ? fromBits(...INTER, [3, 0], [16, size.width - 1], [16, size.height - 1]) : fromBits(...INTER, [1, 1]);

/** Only the header is real, the rest counts up from `seed`; no byte looks like a superframe's marker. */
const frameBytes = (seed: number, header: readonly number[], sizeBytes: number): Uint8Array => {
  const bytes = Uint8Array.from({ length: sizeBytes }, (_, i) => (seed + i) & 0x7f);
  bytes.set(header);
  return bytes;
};

const SMALL = { width: 320, height: 180 };
const LARGE = { width: 640, height: 360 };

type Sent = { layers: Uint8Array[]; packets: OrderedPacket[] };
type Sending = Vp9PacketizeOptions & { key?: boolean; layers?: 1 | 2; bytes?: number };

const sendPictures = (count: number, options: (index: number) => Sending): Sent[] => {
  let sequenceNumber = 65_530;
  return Array.from({ length: count }, (_, index) => {
    const { key = index === 0, layers: layerCount = 1, bytes = 2500, ...rest } = options(index);
    const base = frameBytes(index, key ? keyHeader(320, 180) : interHeader(), bytes);
    const layers = [base];
    if (layerCount === 2) layers.push(frameBytes(index + 50, key ? interHeader(LARGE) : interHeader(), bytes));
    const references = key ? [] : [1];
    const payloads = packetizeVp9(layers, { references, ...rest });
    const packets = payloads.map((payload, i) => ({
      sequenceNumber: sequenceNumber++,
      rtpTimestamp: index * 3000,
      marker: i === payloads.length - 1,
      payload,
      arrivalMs: index * 33 + i,
    }));
    return { layers, packets };
  });
};

const withPictureId = (index: number) => ({ pictureId: (0x7ffe + index) & 0x7fff });

const receive = (packets: OrderedPacket[]): DepacketizerOutput[] => {
  const depacketizer = createDepacketizer('VP9');
  return [...packets.flatMap((packet) => depacketizer.push(packet)), ...depacketizer.flush()];
};

const inShort = (outputs: DepacketizerOutput[]): string[] =>
  outputs.map((output) =>
    output.kind === 'frame'
      ? `${output.frame.rtpTimestamp / 3000}`
      : `${output.reason} ${output.rtpTimestamp / 3000}${output.needsKeyFrame ? '!' : ''}`,
  );

const without = (pictures: Sent[], lost: (picture: number, packet: number) => boolean): OrderedPacket[] =>
  pictures.flatMap(({ packets }, p) => packets.filter((_, i) => !lost(p, i)));

const all = (pictures: Sent[]): OrderedPacket[] => without(pictures, () => false);

const frameOf = (output: DepacketizerOutput | undefined) => {
  assert.ok(output?.kind === 'frame' && output.frame.kind === 'video');
  return output.frame;
};

test('pictures of one layer come out as they went in, key frames with their size', () => {
  const pictures = sendPictures(3, withPictureId);
  const outputs = receive(all(pictures));
  assert.deepEqual(inShort(outputs), ['0', '1', '2']);
  for (const [index, output] of outputs.entries()) {
    const frame = frameOf(output);
    assert.deepEqual(frame.data, pictures[index]?.layers[0]);
    assert.deepEqual([frame.keyFrame, frame.size], index === 0 ? [true, SMALL] : [false, undefined]);
  }
});

test('spatial layers of one picture are one block with a superframe index; its size is the top layer’s', () => {
  for (const sizes of [[SMALL, LARGE], [SMALL, LARGE, { width: 1280, height: 720 }], undefined]) {
    const options = (index: number) => ({ layers: 2 as const, ...(index === 0 && sizes && { sizes }) });
    const pictures = sendPictures(2, options);
    const outputs = receive(all(pictures));
    assert.deepEqual(inShort(outputs), ['0', '1']);
    const [key, inter] = outputs.map(frameOf);
    assert.deepEqual(splitSuperframe(key?.data ?? new Uint8Array(0)), pictures[0]?.layers);
    assert.deepEqual(splitSuperframe(inter?.data ?? new Uint8Array(0)), pictures[1]?.layers);
    assert.deepEqual([key?.keyFrame, key?.size, inter?.keyFrame], [true, LARGE, false]);
  }
});

test('a top layer that goes and comes back between key frames is told by the size', () => {
  const layersAt = [2, 2, 1, 1, 2] as const;
  const options = (index: number) => ({ layers: layersAt[index] ?? 1, ...(index === 0 && { sizes: [SMALL, LARGE] }) });
  const frames = receive(all(sendPictures(5, options))).map(frameOf);
  assert.deepEqual(
    frames.map(({ size }) => size),
    [LARGE, undefined, SMALL, undefined, LARGE],
  );
});

test('a size that one layer takes between key frames is told', () => {
  const pictures = [keyHeader(320, 180), interHeader(), interHeader(LARGE), interHeader()];
  const packets = pictures.flatMap((header, index) =>
    packetizeVp9([frameBytes(index, header, 50)], { references: index === 0 ? [] : [1] }).map((payload) => ({
      ...{ sequenceNumber: index, rtpTimestamp: 3000 * index, marker: true, payload, arrivalMs: 33 * index },
    })),
  );
  assert.deepEqual(
    receive(packets).map((output) => frameOf(output).size),
    [SMALL, undefined, LARGE, undefined],
  );
});

test('a picture is a key frame only where its base layer is', () => {
  const layers = [frameBytes(0, interHeader(), 50), frameBytes(1, keyHeader(640, 360), 50)];
  const packets = packetizeVp9(layers).map((payload, i) => ({
    ...{ sequenceNumber: i, rtpTimestamp: 0, marker: i === 1, payload, arrivalMs: 0 },
  }));
  assert.deepEqual(inShort(receive(packets)), ['waitingForKeyFrame 0!']);
});

test('a layer that is a superframe itself gives its frames, for indexes do not nest', () => {
  const hidden = frameBytes(9, interHeader(), 40);
  const shown = frameBytes(8, interHeader(), 30);
  const nested = Uint8Array.of(...hidden, ...shown, ...superframeIndex([40, 30]));
  const base = frameBytes(0, keyHeader(320, 180), 50);
  const packets = packetizeVp9([base, nested], { sizes: [SMALL, LARGE] }).map((payload, i, { length }) => ({
    ...{ sequenceNumber: i, rtpTimestamp: 0, marker: i === length - 1, payload, arrivalMs: 0 },
  }));
  assert.deepEqual(splitSuperframe(frameOf(receive(packets)[0]).data), [base, hidden, shown]);
});

for (const lost of [0, 1, 2, 3, 4, 5]) {
  test(`losing packet ${lost} of a picture of two layers leaves out everything until a key frame`, () => {
    const pictures = sendPictures(5, (index) => ({ ...withPictureId(index), layers: 2, key: index % 3 === 0 }));
    const outputs = receive(without(pictures, (p, i) => p === 1 && i === lost));
    assert.deepEqual(inShort(outputs), ['0', 'incomplete 1!', 'waitingForKeyFrame 2!', '3', '4']);
  });
}

test('a picture that is lost whole is seen by the sequence numbers', () => {
  const pictures = sendPictures(4, withPictureId);
  assert.deepEqual(inShort(receive(without(pictures, (p) => p === 2))), [
    ...['0', '1', 'incomplete 3!', 'waitingForKeyFrame 3!'],
  ]);
});

/** Layers 0 2 1 2; every base picture is a switching up point, and the first of layer 1 after it is one for layer 2. */
const layered = (index: number): Sending => ({
  ...withPictureId(index),
  layering: {
    temporalLayer: [0, 2, 1, 2][index % 4] ?? 0,
    switchingUpPoint: index % 4 === 0 || index % 4 === 2,
    tl0PictureIndex: Math.floor(index / 4) + 254,
  },
});

test('a lost picture of an upper temporal layer costs what may lean on it, until a switching up point', () => {
  const pictures = sendPictures(9, layered);
  const lostMiddle = inShort(receive(without(pictures, (p, i) => p === 2 && i === 1)));
  assert.deepEqual(lostMiddle, ['0', '1', 'incomplete 2', 'incomplete 3', '4', '5', '6', '7', '8']);
  const lostTop = inShort(receive(without(pictures, (p) => p === 1)));
  // That picture 1 was of an upper layer shows in the base layer's count, and 2 may lean on it as far as that tells.
  assert.deepEqual(lostTop, ['0', 'incomplete 2', 'incomplete 2', 'incomplete 3', '4', '5', '6', '7', '8']);
});

test('a lost picture of the base layer needs a key frame, and so does any lost whole in flexible mode', () => {
  const pictures = sendPictures(8, layered);
  assert.equal(inShort(receive(without(pictures, (p) => p === 4)))[4], 'incomplete 5!');
  const flexible = sendPictures(4, (index) => ({
    ...withPictureId(index),
    layering: { temporalLayer: index % 2, switchingUpPoint: true },
    references: index === 0 ? [] : [2, 1],
  }));
  assert.deepEqual(inShort(receive(all(flexible))), ['0', '1', '2', '3']);
  assert.deepEqual(inShort(receive(without(flexible, (p, i) => p === 1 && i === 1))), ['0', 'incomplete 1', '2', '3']);
  assert.equal(inShort(receive(without(flexible, (p) => p === 1)))[1], 'incomplete 2!');
});

test('every field of the descriptor is read (RFC 9628 section 4.2)', () => {
  const structure = [0x38, 0x01, 0x40, 0x00, 0xb4, 0x02, 0x80, 0x01, 0x68, 2, 0x04, 1, 0x30 | (2 << 2), 1, 2];
  const flexible = parseVp9Descriptor(Uint8Array.of(0xfa, 0x81, 0x02, 0x53, 0x03, 0x04, ...structure, 0x80));
  assert.partialDeepStrictEqual(flexible, {
    ...{ sizeBytes: 6 + structure.length, pictureId: { value: 258, bits: 15 }, interPredicted: true },
    ...{ temporalLayer: 2, switchingUpPoint: true, spatialLayer: 1, startsLayer: true, startsPicture: false },
    layerSizes: [SMALL, LARGE],
  });
  assert.equal(flexible?.tl0PictureIndex, undefined);
  assert.partialDeepStrictEqual(parseVp9Descriptor(Uint8Array.of(0xac, 0x05, 0x20, 0x07, 0x80)), {
    ...{ sizeBytes: 4, pictureId: { value: 5, bits: 7 }, tl0PictureIndex: 7, temporalLayer: 1, startsPicture: true },
  });
  for (const cut of [[], [0x08], [0x80, 0x81], [0x20, 0x00], [0x50, 0x03, 0x05], [0x02, 0x18, 0, 1, 0, 1, 255, 0x0c]]) {
    assert.equal(parseVp9Descriptor(Uint8Array.from(cut)), undefined, String(cut));
  }
});

test('frame headers of every profile', () => {
  const rest: [number, number][] = [
    [1, 0],
    [16, 1279],
    [16, 719],
  ];
  const high = (low: number, upper: number, color: [number, number][]) =>
    fromBits([2, 2], [1, low], [1, upper], [1, 0], [1, 0], [1, 1], [1, 0], [24, 0x498342], ...color, ...rest);
  const size = { width: 1280, height: 720 };
  assert.deepEqual(
    parseVp9FrameHeader(
      Uint8Array.from(
        high(0, 1, [
          [1, 0],
          [3, 2],
        ]),
      ),
    ),
    { keyFrame: true, size },
  );
  assert.deepEqual(
    parseVp9FrameHeader(
      Uint8Array.from(
        high(1, 0, [
          [3, 2],
          [1, 0],
          [2, 0],
        ]),
      ),
    ),
    { keyFrame: true, size },
  );
  const existing = Uint8Array.from(fromBits([2, 2], [2, 0], [1, 1], [3, 5]));
  assert.deepEqual(parseVp9FrameHeader(existing), { keyFrame: false, size: undefined });
  assert.equal(parseVp9FrameHeader(Uint8Array.of(0x02, 0, 0)), undefined);
  assert.equal(parseVp9FrameHeader(Uint8Array.from(keyHeader(64, 64).slice(0, 6))), undefined);
});

test('only what adds up is a superframe', () => {
  const index = superframeIndex([3, 2]);
  assert.deepEqual(splitSuperframe(Uint8Array.of(1, 2, 3, 4, 5, ...index)), [
    ...[Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5)],
  ]);
  const lying = Uint8Array.of(1, 2, 3, 4, ...index);
  assert.deepEqual(splitSuperframe(lying), [lying]);
  assert.deepEqual(splitSuperframe(Uint8Array.of(0xc0)), [Uint8Array.of(0xc0)]);
});

test('under any loss only whole pictures come out, byte for byte, and none that leans on a lost one', () => {
  const scenario = fc.record({
    keys: fc.uniqueArray(fc.integer({ min: 1, max: 29 }), { maxLength: 4 }),
    lost: fc.uniqueArray(fc.integer({ min: 0, max: 119 }), { maxLength: 12 }),
    pictureIds: fc.boolean(),
  });
  fc.assert(
    fc.property(scenario, ({ keys, lost, pictureIds }) => {
      const isKey = (index: number): boolean => index === 0 || keys.includes(index);
      const pictures = sendPictures(30, (index) => ({
        ...(pictureIds ? withPictureId(index) : {}),
        ...{ layers: 2, bytes: 1500, key: isKey(index) },
      }));
      const outputs = receive(without(pictures, (p, i) => lost.includes(p * 4 + i)));
      let decodable = false;
      const expected = pictures.flatMap(({ layers }, p) => {
        const whole = ![0, 1, 2, 3].some((i) => lost.includes(p * 4 + i));
        decodable = whole && (decodable || isKey(p));
        return decodable ? [layers] : [];
      });
      const came = outputs.flatMap((output) => (output.kind === 'frame' ? [splitSuperframe(output.frame.data)] : []));
      assert.deepEqual(came, expected);
    }),
    { numRuns: 60 },
  );
});

test('hostile packets never throw, and yield no more than came and an index', () => {
  const packet = fc.record({
    sequenceNumber: fc.integer({ min: 0, max: 20 }),
    rtpTimestamp: fc.integer({ min: 0, max: 3 }),
    marker: fc.boolean(),
    payload: fc.uint8Array({ maxLength: 40 }),
    arrivalMs: fc.constant(0),
  });
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 60 }), (packets) => {
      const outputs = receive(packets);
      assert.ok(outputs.length <= 3 * packets.length);
      for (const output of outputs) {
        if (output.kind === 'frame') assert.ok(output.frame.data.length <= 40 * packets.length + 34);
      }
    }),
    { numRuns: 500 },
  );
});
